"""The nouns that every part of Leitmotif shares: frozen dataclasses and enums, no behaviour beyond derived facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Stance(StrEnum):
    """How a passage stands to a narrative."""

    ASSERTED = "asserted"
    ATTRIBUTED = "attributed"
    REFUTED = "refuted"

    @property
    def carries(self) -> bool:
        """Whether a passage of this stance carries the narrative, and so can assign its label."""
        return self is not Stance.REFUTED


class Outcome(StrEnum):
    """What an analysis came to: labels, a confident none, or a deliberate "unsure" (abstention)."""

    LABELLED = "labelled"
    NONE = "none"
    UNSURE = "unsure"


class Verdict(StrEnum):
    """What a claim check came to. `NO_MATCH` says "not in this database", never "true"."""

    MATCH = "match"
    POSSIBLE = "possible"
    NO_MATCH = "no_match"


class LabelSource(StrEnum):
    """Who labelled a case. `WEAK` labels come from keywords and never override human ones."""

    HUMAN = "human"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Theme:
    """A group of narratives."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Narrative:
    """A recurring storyline of the codebook. `keywords` are weak evidence only."""

    id: str
    theme: str
    name: str
    definition: str
    include: str = ""
    exclude: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Codebook:
    """The narratives in order; `ids` is the label order of everything trained on it."""

    version: int
    themes: tuple[Theme, ...]
    narratives: tuple[Narrative, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(narrative.id for narrative in self.narratives)

    def find(self, narrative_id: str) -> Narrative | None:
        return next((n for n in self.narratives if n.id == narrative_id), None)


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of Unicode code points of a text: `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it stands in its text: `text == document[start:end]`."""

    start: int
    end: int
    text: str
    paragraph: int = 0


@dataclass(frozen=True, slots=True)
class Language:
    """An identified language (ISO 639-1) with its probability, and whether the encoder covers it."""

    code: str
    confidence: float
    supported: bool


@dataclass(frozen=True, slots=True)
class Article:
    """A text as a user sends it."""

    text: str
    title: str = ""
    url: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Appearance:
    """Where a claim was published. `date` is ISO 8601, possibly reduced (`2021`, `2021-03`)."""

    url: str = ""
    outlet: str = ""
    date: str = ""
    language: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One documented disinformation item with its response.

    `date` is ISO 8601, possibly reduced; `languages` are ISO 639-1, `countries` ISO 3166-1 alpha-2 (and `EU`).
    `narratives` holds the primary narrative first.
    """

    id: str
    title: str
    summary: str = ""
    response: str = ""
    narratives: tuple[str, ...] = ()
    url: str = ""
    date: str = ""
    languages: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    appearances: tuple[Appearance, ...] = ()
    label_source: LabelSource = LabelSource.HUMAN

    @property
    def claim_text(self) -> str:
        """Title and summary as one text, the title left out where the summary repeats it."""
        if not self.summary or self.summary.startswith(self.title):
            return self.summary or self.title
        stop = "" if self.title.endswith((".", "!", "?", "…", "”", '"')) else "."
        return f"{self.title}{stop} {self.summary}"


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases count. Empty fields let everything through; values within a field are alternatives."""

    narratives: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    date_from: str = ""
    date_to: str = ""

    @property
    def is_empty(self) -> bool:
        return self == CaseFilter()


@dataclass(frozen=True, slots=True)
class Resemblance:
    """The known case of the same narrative that a sentence is nearest to; cosine `similarity` in [-1, 1]."""

    case_id: str
    title: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that carries a narrative; offsets count code points of the text as sent."""

    start: int
    end: int
    exact: str
    probability: float
    stance: Stance
    speaker: str | None = None
    resembles: Resemblance | None = None


@dataclass(frozen=True, slots=True)
class NarrativeScore:
    """What an article's analysis says of one narrative. `probability` is calibrated, in [0, 1].

    `why_not` says, of a narrative that came near its threshold, what keeps it from being assigned; its `evidence` is
    then the sentence that came nearest.
    """

    narrative: str
    theme: str
    probability: float
    threshold: float
    assigned: bool
    stance: Stance | None = None
    evidence: tuple[Evidence, ...] = ()
    why_not: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class NearestCase:
    """A known case beside a text: cosine `similarity` in [-1, 1] to the passage at `span`."""

    case: Case
    similarity: float
    span: Span
    exact: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """The whole answer on one article. `scores` holds every narrative, highest first."""

    model_version: str
    encoder: str
    language: Language
    outcome: Outcome
    scores: tuple[NarrativeScore, ...]
    nearest_cases: tuple[NearestCase, ...]
    characters: int
    sentences: int
    warnings: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(score.narrative for score in self.scores if score.assigned)


@dataclass(frozen=True, slots=True)
class Match:
    """A known case with its calibrated probability of answering the claim.

    `semantic` is a cosine in [-1, 1], `lexical` a word overlap in [0, 1].
    """

    case: Case
    probability: float
    semantic: float
    lexical: float
    exact: bool
    tier: Verdict
    explanation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """The answer on one claim."""

    verdict: Verdict
    matches: tuple[Match, ...]
    match_threshold: float
    possible_threshold: float
    narratives: tuple[NarrativeScore, ...]
    model_version: str
    encoder: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What an import did, or with `dry_run` would do."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of cases. `cursor` opens the next page and is None on the last; `total` counts the whole listing."""

    cases: tuple[Case, ...]
    total: int
    cursor: str | None = None
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
