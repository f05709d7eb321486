"""What requests and responses hold. Requests refuse unknown fields, so that a typo is named and not ignored."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SkipValidation

from leitmotif.domain import CaseFilter, LabelSource, Outcome, Stance, Verdict
from leitmotif.formats.codes import country_codes, iso_date, language_codes

TimelineUnit = Literal["month", "year", "country", "language", "outlet"]


class Request(BaseModel):
    """Base of what callers send."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class Response(BaseModel):
    """Base of what the service answers; read straight from the domain's dataclasses."""

    model_config = ConfigDict(from_attributes=True)


def _languages(values: list[str]) -> list[str]:
    return _codes(values, language_codes, "an ISO 639-1 code or the English name of a language")


def _countries(values: list[str]) -> list[str]:
    return _codes(values, country_codes, "an ISO 3166-1 alpha-2 code, EU, or the English name of a country")


def _codes(values: list[str], to_codes: Any, wanted: str) -> list[str]:
    codes: list[str] = []
    for value in values:
        found = to_codes(value)
        if not found:
            raise ValueError(f"{value!r} is not {wanted}")
        codes += found
    return codes


def _date(value: str) -> str:
    date = iso_date(value)
    if date is None:
        raise ValueError(f"{value!r} is no date: write 2024-07-03, 2024-07 or 2024")
    return date


def _language(value: str) -> str:
    return _languages([value])[0] if value else ""


class Filters(Request):
    """Which cases count; values within a field are alternatives, fields are combined."""

    narratives: list[str] = Field([], description="Narrative ids of the codebook.", examples=[["false_flag"]])
    languages: Annotated[list[str], AfterValidator(_languages)] = Field([], description="ISO 639-1 codes.")
    countries: Annotated[list[str], AfterValidator(_countries)] = Field([], description="ISO 3166-1 alpha-2 codes, EU.")
    outlets: list[str] = Field([], description="Outlets, in any case of letters.")
    keywords: list[str] = Field([], description="Keywords, in any case of letters.")
    date_from: Annotated[str, AfterValidator(_date)] = Field("", description="First date, possibly reduced (2021-03).")
    date_to: Annotated[str, AfterValidator(_date)] = Field("", description="Last date, possibly reduced.")

    def to_filter(self) -> CaseFilter:
        return CaseFilter(
            narratives=tuple(self.narratives),
            languages=tuple(self.languages),
            countries=tuple(self.countries),
            outlets=tuple(self.outlets),
            keywords=tuple(self.keywords),
            date_from=self.date_from,
            date_to=self.date_to,
        )


class ClassifyOptions(Request):
    """How to classify; the query parameters of a raw text or HTML body."""

    title: str = Field("", max_length=2_000, description="The article's title, if it is not part of the text.")
    url: str = Field("", max_length=2_000, description="Where the article stands. It is not fetched.")
    language: Annotated[str, AfterValidator(_language)] = Field(
        "", description="ISO 639-1 code of the text, if you know it better than the detector.", examples=["en"]
    )
    neighbours: int = Field(5, ge=0, le=50, description="How many of the nearest known cases to add.")
    evidence: bool = Field(True, description="Whether to list the sentences that carry each narrative.")


class ClassifyRequest(ClassifyOptions):
    """An article to classify."""

    text: str = Field(
        description="The whole text. Offsets in the answer count its Unicode code points.",
        examples=["The laboratories on our border, said the minister, were built to breed weapons."],
    )


class ClassifyBatchRequest(Request):
    """Articles to classify; each is checked by itself, so that a bad one does not sink the others."""

    articles: list[SkipValidation[ClassifyRequest]] = Field(min_length=1, description="Up to LEITMOTIF_MAX_BATCH.")


class CheckOptions(Request):
    """How to check claims."""

    limit: int = Field(5, ge=1, le=50, description="Most matches to return for a claim.")
    filters: Filters = Field(Filters(), description="Which cases to look among.")


class CheckRequest(CheckOptions):
    """A claim to check against the database."""

    claim: str = Field(
        description="One statement, or the URL where it was published.",
        examples=["The US runs secret biological laboratories on Russia's border."],
    )


class CheckBatchRequest(CheckOptions):
    """Claims to check, all with the same limit and filters."""

    claims: list[str] = Field(min_length=1, description="Up to LEITMOTIF_MAX_BATCH claims.")


class TrainingRequest(Request):
    """How to train."""

    activate: bool = Field(True, description="Whether the new version goes live if it passes the gate.")
    force: bool = Field(False, description="Train although nothing has changed since the live or latest version.")


class Fault(Response):
    """One thing wrong with what was sent."""

    where: str = Field(description="The field (`claim`) or row (`row 12, date`).")
    message: str = Field(description="What is wrong and how to mend it.")


class ProblemBody(Response):
    """An error, RFC 9457."""

    type: str = Field(description="What kind of problem it is.", examples=["urn:leitmotif:problem:text-too-long"])
    title: str = Field(description="The kind in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong here and how to mend it.")
    instance: str = Field(description="The path that was called.")
    errors: list[Fault] = Field([], description="Each field or row that is wrong.")


class ModelRef(Response):
    """The model that answered."""

    version: str = Field(description="Name of the model version.")
    encoder: str = Field(description="Name and fingerprint of the encoder.")


class LanguageBody(Response):
    """The language of a text."""

    code: str = Field(description="ISO 639-1; `und` if unknown.")
    confidence: float = Field(description="Probability of the language.")
    supported: bool = Field(description="Whether the encoder covers it.")


class SpanBody(Response):
    """A range of a text: `text[start:end] == exact`, in Unicode code points."""

    start: int
    end: int
    exact: str


class ResemblanceBody(Response):
    """The known case of the same narrative that a sentence is nearest to."""

    case_id: str
    title: str
    similarity: float = Field(description="Cosine of the sentence and the case.")


class EvidenceBody(SpanBody):
    """A sentence that carries a narrative."""

    probability: float = Field(description="Probability that the sentence carries it, in its context.")
    stance: Stance = Field(description="Whether the author asserts it or quotes somebody who does.")
    speaker: str | None = Field(None, description="Who is quoted, where that could be made out.")
    resembles: ResemblanceBody | None = Field(None, description="The labelled case that it resembles most.")


class ScoreBody(Response):
    """What the analysis says of one narrative."""

    narrative: str
    name: str = Field("", description="The narrative's name in the codebook that the model was trained with.")
    theme: str
    probability: float = Field(description="Calibrated probability that the text carries it.")
    threshold: float = Field(description="Probability from which it is assigned.")
    assigned: bool
    stance: Stance | None = Field(None, description="Of the text as a whole; null where it is not assigned.")
    evidence: list[EvidenceBody] = []
    why_not: str = Field("", description="What keeps a narrative near its threshold from being assigned.")


class AppearanceBody(Response):
    """Where a claim was published."""

    url: str = ""
    outlet: str = ""
    date: str = ""
    language: str = ""
    title: str = ""


class CaseBody(Response):
    """A known case."""

    id: str
    title: str
    summary: str
    response: str = Field(description="The refutation.")
    narratives: list[str]
    url: str
    date: str = Field(description="ISO 8601, possibly reduced.")
    languages: list[str]
    countries: list[str]
    outlets: list[str]
    keywords: list[str]
    appearances: list[AppearanceBody] = []
    label_source: LabelSource = Field(LabelSource.HUMAN, description="`weak` where labels come from keywords.")


class NearestBody(Response):
    """A known case beside the passage it resembles."""

    case: CaseBody
    similarity: float = Field(description="Cosine in [-1, 1].")
    span: SpanBody = Field(description="The passage that the case resembles.")


class AnalysedBody(Response):
    """What was read."""

    characters: int = Field(description="Unicode code points.")
    sentences: int
    title: str | None = Field(None, description="Title found in an HTML body.")
    text: str | None = Field(None, description="Main text taken out of an HTML body: offsets refer to it.")


class ClassifyResponse(Response):
    """The answer on an article."""

    model: ModelRef
    language: LanguageBody
    outcome: Outcome
    labels: list[str] = Field(description="Narratives that the text carries, most probable first.")
    scores: list[ScoreBody] = Field(description="Every narrative of the codebook, most probable first.")
    nearest_cases: list[NearestBody]
    analysed: AnalysedBody
    warnings: list[str] = Field(description="Why the answer should be read with care, e.g. the reason for `unsure`.")


class ClassifyBatchItem(Response):
    """What became of one article: `result` with status 200, else `problem`."""

    status: int
    result: ClassifyResponse | None = None
    problem: ProblemBody | None = None


class ClassifyBatchResponse(Response):
    """One entry an article, in their order."""

    results: list[ClassifyBatchItem]


class MatchBody(Response):
    """A known case that may answer the claim."""

    case: CaseBody
    probability: float = Field(description="Calibrated probability that the case answers this claim.")
    semantic: float = Field(description="Likeness of meaning: cosine in [-1, 1].")
    lexical: float = Field(description="Share of words in common, in [0, 1].")
    exact: bool = Field(description="The same text or URL.")
    tier: Verdict
    explanation: list[str] = Field([], description="What speaks for or against the match.")


class ThresholdsBody(Response):
    """Probabilities from which a match counts."""

    match: float
    possible: float


class CheckResponse(Response):
    """The answer on a claim. `no_match` says "not in this database", never "true"."""

    verdict: Verdict
    matches: list[MatchBody]
    thresholds: ThresholdsBody
    narratives: list[ScoreBody] = Field(description="The most probable narratives of the claim.")
    model: ModelRef
    warnings: list[str]


class CheckBatchItem(Response):
    """What became of one claim: `result` with status 200, else `problem`."""

    status: int
    result: CheckResponse | None = None
    problem: ProblemBody | None = None


class CheckBatchResponse(Response):
    """One entry a claim, in their order."""

    results: list[CheckBatchItem]
