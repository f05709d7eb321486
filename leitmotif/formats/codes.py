"""Names of languages, countries and regions, and dates in many shapes, to ISO codes."""

from __future__ import annotations

import re
from datetime import datetime

import pycountry

_ISO_DATE = re.compile(r"(19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_DATE_SHAPES = ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %B %Y", "%B %d, %Y", "%d %b %Y", "%b %d, %Y", "%B %Y", "%m/%Y")
_REDUCED_SHAPES = {"%B %Y", "%m/%Y"}

_LANGUAGES = {
    "castilian": ["es"],
    "spanish, castilian": ["es"],
    "moldavian": ["ro"],
    "moldovan": ["ro"],
    "montenegrin": ["sr"],
    "greek": ["el"],
    "farsi": ["fa"],
    "kyrgyz": ["ky"],
    "mandarin": ["zh"],
    "dari": ["fa"],
    "pashto": ["ps"],
    "swahili": ["sw"],
    "malay": ["ms"],
    "slovene": ["sl"],
    "punjabi": ["pa"],
    "filipino": ["tl"],
}
_COUNTRIES = {
    "us": ["US"],
    "usa": ["US"],
    "uk": ["GB"],
    "great britain": ["GB"],
    "britain": ["GB"],
    "england": ["GB"],
    "scotland": ["GB"],
    "wales": ["GB"],
    "northern ireland": ["GB"],
    "america": ["US"],
    "uae": ["AE"],
    "bosnia": ["BA"],
    "macedonia": ["MK"],
    "ivory coast": ["CI"],
    "burma": ["MM"],
    "cape verde": ["CV"],
    "swaziland": ["SZ"],
    "brunei": ["BN"],
    "the gambia": ["GM"],
    "holy see": ["VA"],
    "dr congo": ["CD"],
    "democratic republic of the congo": ["CD"],
    "eu": ["EU"],
    "european union": ["EU"],
    "russia": ["RU"],
    "turkey": ["TR"],
    "the netherlands": ["NL"],
    "kosovo": ["XK"],
    "vatican": ["VA"],
    "the vatican": ["VA"],
    "kirgizstan": ["KG"],
    "fyrom": ["MK"],
    "baltic states": ["EE", "LV", "LT"],
    "hong kong": ["HK"],
    "palestine": ["PS"],
    "xk": ["XK"],
}
# Regions and former states that have no ISO 3166-1 code: read, and left out of `countries`.
_REGIONS = frozenset(
    [
        "africa",
        "asia",
        "balkans",
        "caucasus",
        "cee",
        "central asia",
        "central europe",
        "cis",
        "eastern europe",
        "eurasia",
        "europe",
        "islam",
        "kurdistan",
        "latin america",
        "middle east",
        "middle east and africa",
        "nagorno-karabakh",
        "nan",
        "see",
        "soviet union",
        "south caucasus",
        "the west",
        "ussr",
        "west",
        "western europe",
        "world",
        "yugoslavia",
        "transcarpathia",
        "chechnya",
        "austria-hungary",
        "crimea",
        "donbas",
        "scandinavia",
        "georgian region of abkhazia",
        "georgian region of south ossetia",
    ]
)


def language_codes(name: str) -> list[str] | None:
    """ISO 639-1 codes for a code or an English name; None if it is neither, [] if it means nothing."""
    key = re.sub(r"\s*\(.*\)$", "", name.strip()).casefold()
    if key in {"", "nan"}:
        return []
    if key in _LANGUAGES:
        return _LANGUAGES[key]
    if len(key) == 2:
        return [key] if pycountry.languages.get(alpha_2=key) else None
    try:
        return [pycountry.languages.lookup(key).alpha_2]
    except (LookupError, AttributeError):
        return None


def country_codes(name: str) -> list[str] | None:
    """ISO 3166-1 alpha-2 codes (and `EU`) for a code or a name; None if it is neither, [] for regions without code."""
    key = name.strip().casefold()
    if not key or key in _REGIONS:
        return []
    if key in _COUNTRIES:
        return _COUNTRIES[key]
    try:
        return [pycountry.countries.lookup(key).alpha_2]
    except LookupError:
        return None


def iso_date(value: str) -> str | None:
    """ISO 8601 date, possibly reduced (`2021-03`), for ISO or European dates; None if it is no date."""
    value = value.strip()
    if not value:
        return ""
    bare = value[:10] if re.match(r"\d{4}-\d\d-\d\d[T ]", value) else value
    if _ISO_DATE.fullmatch(bare):
        return bare if len(bare) < 10 else _checked(bare)
    for shape in _DATE_SHAPES:
        try:
            parsed = datetime.strptime(value, shape)
        except ValueError:
            continue
        date = f"{parsed.year:04}-{parsed.month:02}" + ("" if shape in _REDUCED_SHAPES else f"-{parsed.day:02}")
        return date if _ISO_DATE.fullmatch(date) else None
    return None


def _checked(date: str) -> str | None:
    try:
        return datetime.strptime(date, "%Y-%m-%d").strftime("%Y-%m-%d")
    except ValueError:
        return None
