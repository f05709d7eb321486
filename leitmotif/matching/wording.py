"""What the words of a text say: its stems, names, numbers, dates, and whether it is negated."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from leitmotif.text.normalise import match_key, normalise

_LINK = re.compile(r"https?://\S+|\bwww\.\S+|(?:\b|(?<=\w))pic\.twitter\.com/\w+")
_TAG = re.compile(r"[#@](\w+)")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=[A-Z])(?=[A-Z][a-z])")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf]")
_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<!^)(?<![.!?…:\"]\s)(?<![\"'(])\b[A-ZÀ-ÞА-ЯЁІЇЄҐ][\w'-]+|\b[A-Z]{2,}\b")
_NEGATION = re.compile(r"\b(?:not|no|never|nobody|none|without|cannot|refused?|denie[sd])\b|n't\b", re.IGNORECASE)
_MONTHS = {
    name: number
    for number, names in enumerate(
        "jan january|feb february|mar march|apr april|may|jun june|jul july|aug august|sep sept september|oct october"
        "|nov november|dec december".split("|"),
        1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"(?P<iso>\b(?:19|20)\d\d-\d\d(?:-\d\d)?\b)"
    rf"|\b(?:(?P<day1>\d{{1,2}})(?:st|nd|rd|th)?\s+)?(?P<month>{_MONTH})\.?(?:\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?)?,?"
    rf"\s+(?P<year>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_ENDINGS = "ations ation ments ment ingly edly ions ion ings ing ers ed es er ly s e".split()
_SHORTEST_STEM = 3
_FEWEST_SMALL = 0.25
_STOP_WORDS = frozenset(
    """a an and are as at be been by for from had has have he her his in is it its of on or she that the their them
    they this to was were will with which who would into about than then there these those""".split()
)


@dataclass(frozen=True, slots=True)
class Wording:
    """A text taken apart.

    Attributes:
        stems: how often each stem stands in it, stop words left out.
        forms: a word of the text for each stem, as the store counts words.
        names: stems of words that are capitalised within a sentence.
        numbers: figures, without marks between thousands; those of dates are left out.
        dates: days, each the middle of what is stated (a month, a year).
        negated: whether a word of negation stands in it.
    """

    stems: Mapping[str, int]
    forms: Mapping[str, str]
    names: frozenset[str]
    numbers: frozenset[str]
    dates: tuple[date, ...]
    negated: bool


def clean(text: str) -> str:
    """A post as plain words: no links and emoji, hashtags and handles split into words. Empty if nothing is left."""
    text = _LINK.sub(" ", normalise(text))
    text = _TAG.sub(lambda found: _HUMP.sub(" ", found[1]).replace("_", " "), text)
    return _SPACE.sub(" ", _EMOJI.sub(" ", text)).strip()


def stem(word: str) -> str:
    """A word without its English ending, roughly: `attacks`, `attacked` and `attacking` become `attack`."""
    if len(word) <= _SHORTEST_STEM or not word.isascii() or word[-1].isdigit():
        return word
    if word.endswith(("ies", "ied")) and len(word) > 4:
        return word[:-3] + "y"
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word[: -len(ending)]
            break
    doubled = len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "sl"
    return word[:-1] if doubled else word


def read(text: str, stem: Callable[[str], str] = stem) -> Wording:
    """Take a text apart; a caller that reads many texts may bring a `stem` that remembers words."""
    dates = list(_DATE.finditer(text)) if _YEAR.search(text) else []
    bare = _DATE.sub(" ", text) if dates else text
    words = [word for word in match_key(bare).split() if word not in _STOP_WORDS]
    stems = [stem(word) for word in words]
    return Wording(
        stems=Counter(stems),
        forms=dict(zip(stems, words, strict=True)),
        names=_names(bare, stem),
        numbers=frozenset(number.replace(",", "").rstrip(".") for number in _NUMBER.findall(bare)),
        dates=tuple(day for found in dates if (day := _day(found))),
        negated=bool(_NEGATION.search(text)),
    )


def middle(reduced: str) -> date | None:
    """The middle of an ISO 8601 date that may be a month or a year; None if it is no date."""
    try:
        year, month, day = (*map(int, reduced.split("-")), 0, 0)[:3]
        return date(year, month or 7, day or 15)
    except ValueError:
        return None


def _day(found: re.Match[str]) -> date | None:
    if found["iso"]:
        return middle(found["iso"])
    month, day = _MONTHS[found["month"].lower()], found["day1"] or found["day2"] or 0
    return middle(f"{found['year']}-{month}-{day}")


def _names(text: str, stem: Callable[[str], str]) -> frozenset[str]:
    """None in a text where nearly every word is capitalised: such a headline tells no names from other words."""
    words = [word for word in text.split() if len(word) > 3 and word[0].isalpha()]
    if sum(word[0].islower() for word in words) < len(words) * _FEWEST_SMALL:
        return frozenset()
    found = (match_key(name).split() for name in _NAME.findall(text))
    return frozenset(stem(name[0]) for name in found if name and name[0] not in _STOP_WORDS)
