"""What requests and responses on feedback and on the review queue hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from leitmotif.domain import Outcome, Stance
from leitmotif.ledger.feedback import FeedbackKind, FeedbackStatus, FeedbackTarget
from leitmotif.review.ranking import Strategy
from service.schemas import Request, Response, _language

_ID = r"^[A-Za-z0-9._:-]{1,80}$"


class SentenceRequest(Request):
    """A sentence of the text: `text[start:end] == exact`, in Unicode code points."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    exact: str = Field(min_length=1)


class FeedbackRequest(Request):
    """What somebody says of an answer. It is on a text, on a sentence of it, or on a claim's match with a case."""

    id: str = Field("", pattern=rf"{_ID}|^$", description="Your id for it: sent twice, it is stored once.")
    kind: FeedbackKind = Field(description="`relabel` names everything that the text or sentence touches.")
    text: str = Field("", description="The whole text that was analysed.")
    item: str = Field("", description="Instead of `text`: id of an item of the review queue.")
    sentence: SentenceRequest | None = Field(None, description="The sentence that is judged, else the whole text is.")
    claim: str = Field("", description="Instead of a text: the claim that was checked.")
    case: str = Field("", description="With `claim`: id of the case that it was matched with.")
    narratives: list[str] = Field(
        [], max_length=100, description="What is confirmed or rejected; with `relabel` all there is, `[]` for none."
    )
    stances: dict[str, Stance] = Field({}, description="By narrative; those that are not named are asserted.")
    labels: list[str] | None = Field(
        None,
        max_length=100,
        description="What the answer had assigned. The text teaches once each of these is confirmed or rejected.",
    )
    title: str = Field("", max_length=2_000, description="Title of the text.")
    url: str = Field("", max_length=2_000, description="Where the text stands.")
    language: Annotated[str, AfterValidator(_language)] = Field("", description="ISO 639-1 code of the text.")
    author: str = Field("", max_length=200, description="Who judged, where several people share a key.")
    version: str = Field("", max_length=200, description="The model version that gave the answer.")
    note: str = Field("", max_length=5_000, description="Why.")

    @model_validator(mode="after")
    def _one_subject(self) -> FeedbackRequest:
        if sum(map(bool, (self.text, self.item, self.claim))) != 1:
            raise ValueError("give exactly one of `text`, `item` and `claim`")
        if self.case and not self.claim:
            raise ValueError("`case` goes with `claim`")
        return self


class DecisionRequest(Request):
    """Why feedback is accepted or dismissed."""

    note: str = Field("", max_length=5_000)


class DecisionBody(Response):
    """What an editor decided."""

    status: FeedbackStatus
    who: str
    at: str = Field(description="ISO 8601 in UTC.")
    note: str


class SentenceBody(Response):
    """A sentence of a text, in Unicode code points."""

    start: int
    end: int
    exact: str


class FeedbackBody(Response):
    """Feedback with what was decided about it."""

    id: str
    created: str = Field(description="ISO 8601 in UTC.")
    who: str = Field(description="The API key by name, `anonymous` where none is needed, `local` for the command line.")
    author: str
    kind: FeedbackKind
    target: FeedbackTarget
    status: FeedbackStatus = Field(description="Only `accepted` feedback becomes training data.")
    decision: DecisionBody | None = None
    text: str = Field(description="The whole text, or the claim.")
    sentence: SentenceBody | None = None
    case: str
    item: str
    narratives: list[str]
    stances: dict[str, Stance]
    labels: list[str]
    title: str
    url: str
    language: str
    version: str
    note: str


class FeedbackQuery(Request):
    """Which feedback to list."""

    status: FeedbackStatus | None = Field(None, description="`pending`, `accepted` or `dismissed`.")
    kind: FeedbackKind | None = Field(None, description="`confirm`, `reject` or `relabel`.")
    narrative: str | None = Field(None, description="Only feedback that names this narrative.")
    cursor: str | None = Field(None, description="`cursor` of the page before.")
    limit: int = Field(50, ge=1, le=500, description="Most entries on a page.")


class FeedbackPageBody(Response):
    """Feedback, newest first."""

    feedback: list[FeedbackBody]
    cursor: str | None = Field(None, description="Opens the next page; null on the last.")


class ReviewText(Request):
    """A text to put into the review queue."""

    text: str = Field(description="The whole text.")
    title: str = Field("", max_length=2_000)
    url: str = Field("", max_length=2_000)
    language: Annotated[str, AfterValidator(_language)] = Field("", description="ISO 639-1 code.")


class ReviewAdded(Response):
    """What became of texts for the queue."""

    added: int
    known: int = Field(description="Texts that were there already; they have the live model's scores now.")
    ids: list[str] = Field(description="One for each text, in their order; a text sent twice has one id.")


class ReviewQuery(Request):
    """What to hand out."""

    limit: int = Field(10, ge=1, le=100, description="Most items.")
    strategy: Strategy = Field(Strategy.BLEND, description="How to choose; `random` makes a fair sample.")
    lease: bool = Field(True, description="Hand the items out, so that nobody else gets them for a while.")


class ReviewScoreBody(Response):
    """What the model said of a narrative."""

    narrative: str
    probability: float
    threshold: float
    assigned: bool
    stance: str


class ReviewItemBody(Response):
    """A text to label."""

    id: str
    text: str
    title: str
    url: str
    language: str
    created: str
    version: str = Field(description="The model version that saw it last.")
    outcome: Outcome
    labels: list[str]
    scores: list[ReviewScoreBody]


class ReviewRankedBody(ReviewItemBody):
    """A text to label with the reasons for its place."""

    value: float = Field(description="What the strategy ranks by, in [0, 1].")
    reasons: dict[str, float] = Field(
        description="Rank in the queue, in [0, 1], by `uncertainty`, `disagreement`, `novelty` and `rarity`."
    )


class ReviewQueueBody(Response):
    """What to label next, best first."""

    items: list[ReviewRankedBody]
    strategy: Strategy
    leased_seconds: float = Field(description="How long the items are yours; 0 where none was handed out.")
    counts: dict[Literal["waiting", "leased", "decided"], int]
