"""Reads public dumps of the EUvsDisinfo database: one CSV row a case, labelled weakly by keywords and by responses.

Dumps come from scrapers and are read tolerantly: what cannot be made an ISO code or a date is left out of its row with
a warning, and a row that stands twice is taken once. Nobody has read the cases for their narratives, so every case is
marked as weakly labelled.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from leitmotif.domain import LabelSource, Narrative
from leitmotif.errors import Problem
from leitmotif.formats.codes import country_codes, iso_date, language_codes
from leitmotif.formats.record import Reading, derived_id, read_records
from leitmotif.formats.tables import read_csv

_TEXTS = ("title", "summary", "response")
_LISTS = ("keywords", "outlets")
_ADDRESS = re.compile(r"https?://\S+")
_MISSING = {"", "nan", "none", "null"}

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*")
_STATEMENT = re.compile(
    r"(?:kremlin|disinformation|propagandistic|recurr\w+|conspiracy|common)\b[^.]{0,80}?\bnarratives?\b(?P<told>.*)"
    r"|\bnarratives?\s+(?P<accusing>(?:accus|alleg|claim|cast|deny|depict|paint|portray|present)\w*\b.*)",
    re.IGNORECASE,
)
_POINTS_ELSEWHERE = re.compile(r"\s*(?:[•*-]\s*)?(?:you can )?(?:see|read|similar|examples)\b", re.IGNORECASE)

# How responses name a narrative, looked for after the words "narrative about", "narrative claiming" and their like.
_PHRASES: tuple[tuple[str, str], ...] = (
    ("encirclement", r"encircl|enlargement|aggressive nato|(?:nato|west\w*|us)\b.{0,15}(?:belliger|aggressi)"),
    ("colour_revolution", r"colou?r revolution|regime change|coup\b|euromaidan|maidan|orchestrat\w+ (?:the )?protest"),
    ("sanctions_blackmail", r"sanctions.{0,60}(?:blackmail|pretext|punish|contain|illegal)"),
    ("russophobia", r"russophob|anti-russian|demoni[sz]\w+ russia"),
    (
        "terror_sponsor",
        r"support\w*.{0,60}(?:isis|daesh|terroris)|(?:isis|daesh|terroris\w+)\b.{0,60}(?:creat|us\b|west)",
    ),
    ("information_war", r"information war|censor|(?:western|mainstream) media"),
    ("nazi_ukraine", r"nazi|fascis|genocide"),
    ("puppet_state", r"puppet|lost sovereignty|external (?:control|governance)|vassal|colon(?:y|ies|isation)"),
    ("failed_state", r"(?:ukrain\w+.{0,30}\bstatehood|statehood of ukrain\w+)|failed state|disintegration of ukraine"),
    (
        "russia_not_aggressor",
        r"annex\w+ of crimea|crimea\w* (?:is|was|joined|chose|citizens)|(?<!syrian )civil war"
        r"|den(?:y|ies|ying).{0,40}(?:involvement|aggression|presence)|russia\w*.{0,30}aggression against ukraine",
    ),
    (
        "false_flag",
        r"mh-?17|skripal|white helmets|douma|false flag|staged|navalny.{0,30}poison|poison\w*.{0,30}navalny",
    ),
    (
        "historical_revisionism",
        r"(?:second world war|world war (?:ii|2|two)|wwii)|molotov|historical revision|holodomor",
    ),
    (
        "sanctions_backfire",
        r"sanctions.{0,60}(?:backfire|useless|harm\w* (?:the )?(?:eu|west)|do not work|ineffective)",
    ),
    ("moral_decay", r"(?:western|european|liberal|traditional) values|moral (?:decay|decadence)|lgbt|islami[sz]ation"),
    (
        "western_collapse",
        r"(?:disintegration|collapse|end) of (?:the )?(?:eu\b|european union|west|nato)"
        r"|(?:eu|west|nato|europe)\W{0,3}s? (?:imminent |alleged )?(?:collapse|disintegration|decline)"
        r"|imminent collapse",
    ),
    ("global_elites", r"secret elites?|global elites?|deep state|shadow government|new world order|soros"),
    ("bioweapons", r"biological weapon|bio-?weapon|bio-?labs?\b|secret labs?|lugar|man-made|anti-vacc"),
    (
        "election_denial",
        r"election\w*.{0,40}(?:rigg|meddl|interfer|fraud)|(?:meddl|interfer)\w*.{0,40}election|rigged vote",
    ),
)


def read_dump(text: str, narratives: Sequence[Narrative], mapping: Mapping[str, str] | None = None) -> Reading:
    """The cases of a dump with their weak labels; what was left out of them is in `warnings`.

    Args:
        text: a CSV with a header; other columns than those of docs/formats.md are ignored.
        narratives: the codebook's, with the keywords that point to each.
        mapping: {field: column} where columns have other names.
    """
    warnings: list[Problem] = []
    reading = read_records(_records(text, narratives, mapping, warnings), [narrative.id for narrative in narratives])
    return replace(reading, warnings=tuple(warnings))


def weak_labels(keywords: Sequence[str], response: str, narratives: Sequence[Narrative]) -> list[str]:
    """Narratives that a response names, as it names them, then those that keywords point to, most keywords first."""
    known = [narrative.id for narrative in narratives]
    stated = [name for name in stated_narratives(response) if name in known]
    given = {keyword.casefold() for keyword in keywords}
    hits = Counter({n.id: len(given & {keyword.casefold() for keyword in n.keywords}) for n in narratives})
    return list(dict.fromkeys([*stated, *(name for name, count in hits.most_common() if count)]))


def stated_narratives(response: str) -> list[str]:
    """Narratives that sentences such as "a recurring disinformation narrative about …" state, in order."""
    found: dict[str, None] = {}
    for sentence in _SENTENCE.findall(response.replace("\xa0", " ")):
        statement = None if _POINTS_ELSEWHERE.match(sentence) else _STATEMENT.search(sentence)
        if statement:
            told = statement["told"] or statement["accusing"] or ""
            places = {name: re.search(phrase, told, re.IGNORECASE) for name, phrase in _PHRASES}
            named = [(place.start(), name) for name, place in places.items() if place]
            found |= dict.fromkeys(name for _, name in sorted(named))
    return list(found)


def _records(
    text: str, narratives: Sequence[Narrative], mapping: Mapping[str, str] | None, warnings: list[Problem]
) -> Iterator[tuple[int, dict[str, Any] | Problem]]:
    seen: dict[str, int] = {}
    for row, raw in read_csv(text, mapping):
        if isinstance(raw, Problem):
            yield row, raw
            continue
        if "title" not in raw:
            yield 1, Problem("row 1", "the file has no column 'title': name the one that holds it, as in title=COLUMN")
            return
        record = _record(raw, row, warnings)
        first = seen.setdefault(derived_id(record["title"], record["url"]), row)
        if first != row:
            warnings.append(Problem(f"row {row}", f"title and URL are those of row {first}; the row is left out"))
            continue
        labels = weak_labels(record["keywords"], record["response"], narratives)
        yield row, record | {"narratives": labels, "label_source": LabelSource.WEAK}


def _record(raw: Mapping[str, Any], row: int, warnings: list[Problem]) -> dict[str, Any]:
    """The fields of a case out of a row of the dump."""

    def warn(name: str, value: str, wanted: str) -> None:
        warnings.append(Problem(f"row {row}, {name}", f"{value!r} is no {wanted} and is left out"))

    record: dict[str, Any] = {name: _text(raw.get(name)) for name in _TEXTS}
    record |= {name: [part for part in _parts(raw.get(name)) if not _is_missing(part)] for name in _LISTS}
    record["languages"] = _codes(
        _parts(raw.get("languages")), language_codes, lambda v: warn("languages", v, "language")
    )
    record["countries"] = _codes(_parts(raw.get("countries")), country_codes, lambda v: warn("countries", v, "country"))
    url, date = _text(raw.get("url")), _text(raw.get("date"))
    record["url"] = url if _ADDRESS.fullmatch(url) else ""
    record["date"] = iso_date(date) or ""
    if url and not record["url"]:
        warn("url", url, "address")
    if date and not record["date"]:
        warn("date", date, "date")
    return record


def _text(value: object) -> str:
    text = str(value or "").strip()
    return "" if _is_missing(text) else text


def _is_missing(value: str) -> bool:
    """Whether a cell holds nothing, as scripts write it."""
    return value.casefold() in _MISSING


def _parts(value: object) -> list[str]:
    """Entries of a list that `read_csv` split; one that a Python script printed loses its brackets and quotes."""
    parts = [str(part) for part in value] if isinstance(value, list) else []
    if parts and parts[0].startswith("[") and parts[-1].endswith("]"):
        parts = [part.strip("[]'\" ") for part in parts]
    return [part for part in parts if part]


def _codes(names: Sequence[str], to_codes: Callable[[str], list[str] | None], warn: Callable[[str], None]) -> list[str]:
    codes: list[str] = []
    for name in names:
        found = to_codes(name)
        if found is None or _is_missing(name):
            warn(name)
        codes += found or []
    return codes
