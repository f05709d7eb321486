"""Finds who is quoted: the speaker of a sentence that relays somebody's words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from leitmotif.domain import Sentence

_VERBS = (
    "said|says|say|told|tells|claimed|claims|claim|stated|states|warned|warns|accused|accuses|alleged|alleges|argued|argues|"
    "insisted|insists|added|adds|noted|notes|declared|declares|announced|announces|asserted|asserts|charged|complained|"
    "complains|described|describes|called|calls|denounced|denounces|condemned|condemns|blamed|blames|maintained|maintains|"
    "stressed|stresses|emphasi[sz]ed|emphasi[sz]es|suggested|suggests|wrote|writes|tweeted|posted|explained|explains|"
    "highlighted|highlights|remarked|remarks|commented|thundered|raged|recalled|replied|responded|reiterated|believes|"
    "believed|has spoken|spoke|speaks|has said|had said|has accused|has claimed|has warned|has called"
)
_TITLE_WORD = r"(?:[A-ZÀ-ÖØ-ÞА-ЯЁІЇЄҐŁŚŻŹČŠŽĆĐ][\w’'.-]*)"
_PARTICLE = r"(?:(?:of|the|de|von|van|der|al|bin|for|and)\s+)"
_NAME = rf"{_TITLE_WORD}(?:\s+{_PARTICLE}{{0,2}}{_TITLE_WORD}){{0,5}}"

_BEFORE_VERB = re.compile(rf"(?P<name>{_NAME})(?:,[^,.;]{{3,80}},)?\s+(?:also\s+|has\s+|had\s+|later\s+)?(?:{_VERBS})\b")
_AFTER_VERB = re.compile(rf"\b(?:{_VERBS})\s+(?P<name>{_NAME})")
_ACCORDING = re.compile(rf"\b(?i:according to|in the words of|as quoted by|in the view of)\s+(?:the\s+)?(?P<name>{_NAME})")
_HEADLINE = re.compile(rf"^(?P<name>{_NAME})\s*:\s+\S")
_TAIL = re.compile(rf"\s[-–—]\s*(?P<name>{_NAME})\s*$")
_PATTERNS = (_HEADLINE, _ACCORDING, _AFTER_VERB, _BEFORE_VERB, _TAIL)
_PRONOUN = re.compile(r"\b(?:he|she|they|it|the (?:minister|president|spokes\w+|diplomat|official|leader))\s+(?:\w+\s+)?(?:" + _VERBS + r")\b", re.I)
_NO_NAMES = frozenset(
    "He She They It We I You The A An This That These Those There But And In On At By For From When While As If Yet "
    "According Earlier Later Meanwhile However Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
)
_LOOK_BACK = 6


def find_speaker(text: str, sentences: Sequence[Sentence], index: int) -> str | None:
    """Name of whoever the sentence quotes, as the text writes it, or None.

    A sentence without a name of its own (`he said`, a bare quotation) takes the last name that spoke before it in
    the same paragraph or, behind a pronoun or inside running quotes, in the sentences just before.
    """
    own = speaker_in(sentences[index].text)
    if own:
        return own
    for back in range(index - 1, max(-1, index - 1 - _LOOK_BACK), -1):
        name = speaker_in(sentences[back].text)
        if name:
            return _fullest(name, sentences[: back + 1])
    after = sentences[index + 1] if index + 1 < len(sentences) else None
    if after and after.paragraph == sentences[index].paragraph:
        return speaker_in(after.text)
    return None


def speaker_in(sentence: str) -> str | None:
    """The name that a reporting verb or phrase of this sentence belongs to, or None."""
    for pattern in _PATTERNS:
        for match in pattern.finditer(sentence):
            name = _cleaned(match["name"])
            if name:
                return name
    return None


def _cleaned(name: str) -> str | None:
    words = name.split()
    while words and words[0].rstrip(".,’'") in _NO_NAMES:
        words = words[1:]
    return " ".join(words).rstrip(".,:;’'") or None


def _fullest(name: str, sentences: Sequence[Sentence]) -> str:
    """The longest form in which these sentences name the same speaker: `Sergey Lavrov` for `Lavrov`."""
    found = [speaker_in(sentence.text) or "" for sentence in sentences]
    return max([name, *(f for f in found if f.endswith(name))], key=len)
