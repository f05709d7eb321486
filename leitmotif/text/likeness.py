"""Which texts are nearly the same words: copies with a word changed, a headline added, an end cut off."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from leitmotif.text.normalise import match_key

NEARLY_EQUAL = 0.6
"""Resemblance from which two texts count as copies of each other."""

_WIDTH = 3


def shingles(text: str) -> frozenset[str]:
    """The runs of three words of a text's match key; of a shorter text, the whole key."""
    words = match_key(text).split()
    return frozenset(" ".join(words[i : i + _WIDTH]) for i in range(max(1, len(words) - _WIDTH + 1)))


def near_equal_groups(texts: Sequence[str]) -> list[int]:
    """For each text the place of the first one that it is nearly equal to, or its own.

    Resemblance is the Jaccard index of shingles (Broder 1997, "On the resemblance and containment of documents").
    Groups are named by their first text, so more texts at the end change no group of those before.
    """
    holders: dict[str, list[int]] = defaultdict(list)
    sets: list[frozenset[str]] = []
    groups: list[int] = []
    for place, text in enumerate(texts):
        own = shingles(text)
        shared = Counter(other for shingle in own for other in holders[shingle])
        like = [i for i, count in shared.items() if count >= NEARLY_EQUAL * (len(own) + len(sets[i]) - count)]
        groups.append(groups[min(like)] if like else place)
        sets.append(own)
        for shingle in own:
            holders[shingle].append(place)
    return groups
