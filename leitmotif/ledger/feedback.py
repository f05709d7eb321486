"""What analysts say of an answer: that it is right, that it is wrong, or what it should have been."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from leitmotif.domain import Stance
from leitmotif.errors import InvalidRecord, Problem
from leitmotif.text.normalise import content_hash


class FeedbackKind(StrEnum):
    """`relabel` names everything that a text carries, and so replaces what the model said of it."""

    CONFIRM = "confirm"
    REJECT = "reject"
    RELABEL = "relabel"


class FeedbackTarget(StrEnum):
    """What feedback is on: a whole text, one sentence of it, or the match of a claim with a case."""

    TEXT = "text"
    SENTENCE = "sentence"
    MATCH = "match"


class FeedbackStatus(StrEnum):
    """Only accepted feedback becomes training data."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class SentenceReference:
    """A sentence of a text: `exact == text[start:end]`, in code points."""

    start: int
    end: int
    exact: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """One correction or confirmation, as it was sent.

    Attributes:
        created: ISO 8601 in UTC.
        who: the API key by name, or `local` for the command line.
        text: the whole text, or the claim.
        narratives: what is confirmed or rejected, or with `relabel` all that the text or sentence touches.
        stances: of some of the narratives; the others are asserted.
        labels: what the model had assigned to the text or sentence.
        case: id of the matched case.
        item: id of the review item that the text was taken from.
        version: the model version that was looked at.
        author: who judged, where several people share a key.
    """

    id: str
    created: str
    who: str
    kind: FeedbackKind
    target: FeedbackTarget
    text: str
    narratives: tuple[str, ...] = ()
    stances: Mapping[str, Stance] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    sentence: SentenceReference | None = None
    case: str = ""
    item: str = ""
    title: str = ""
    url: str = ""
    language: str = ""
    author: str = ""
    version: str = ""
    note: str = ""

    @property
    def text_hash(self) -> str:
        """Equal for texts that differ in case, spacing or punctuation alone."""
        return content_hash(self.text)

    @property
    def judged(self) -> str:
        """The words that the judgement is on."""
        return self.sentence.exact if self.sentence else self.text

    def stance(self, narrative: str) -> Stance:
        return self.stances.get(narrative, Stance.ASSERTED)


@dataclass(frozen=True, slots=True)
class Decision:
    """What an editor decided about feedback."""

    status: FeedbackStatus
    who: str
    at: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class FeedbackRecord:
    """Feedback with the last decision on it. `seq` grows by time."""

    seq: int
    feedback: Feedback
    decision: Decision | None = None

    @property
    def status(self) -> FeedbackStatus:
        return self.decision.status if self.decision else FeedbackStatus.PENDING


def check_feedback(feedback: Feedback, known: Collection[str]) -> None:
    """See that feedback makes sense, `known` being the narratives of the codebook.

    Raises:
        InvalidRecord: it does not; names every field that is wrong.
    """
    faults = [*_wrong_narratives(feedback, known), *_wrong_target(feedback)]
    if faults:
        raise InvalidRecord("; ".join(map(str, faults)), faults)


def _wrong_narratives(feedback: Feedback, known: Collection[str]) -> list[Problem]:
    faults = [
        Problem(name, f"no narrative of the codebook is called {narrative!r}; GET /v1/narratives lists them")
        for name in ("narratives", "labels")
        for narrative in getattr(feedback, name)
        if narrative not in known
    ]
    faults += [
        Problem("stances", f"{narrative!r} is not among `narratives`")
        for narrative in feedback.stances
        if narrative not in feedback.narratives
    ]
    if len(set(feedback.narratives)) < len(feedback.narratives):
        faults.append(Problem("narratives", "each once"))
    return faults


def _wrong_target(feedback: Feedback) -> list[Problem]:
    if not any(character.isalnum() for character in feedback.text):
        return [Problem("claim" if feedback.target is FeedbackTarget.MATCH else "text", "it holds no word")]
    if feedback.target is FeedbackTarget.MATCH:
        return _wrong_match(feedback)
    if feedback.kind is FeedbackKind.REJECT and not feedback.narratives:
        return [Problem("narratives", "name the narratives that you reject")]
    sentence = feedback.sentence
    if sentence and feedback.text[sentence.start : sentence.end] != sentence.exact:
        found = feedback.text[sentence.start : sentence.end]
        return [Problem("sentence", f"text[start:end] is {found!r}, not `exact`; offsets count code points")]
    return []


def _wrong_match(feedback: Feedback) -> list[Problem]:
    faults = []
    if feedback.kind is FeedbackKind.RELABEL:
        faults.append(Problem("kind", "a match is confirmed or rejected"))
    if not feedback.case:
        faults.append(Problem("case", "name the case that was matched"))
    if feedback.narratives or feedback.sentence:
        faults.append(Problem("claim", "feedback on a match takes neither narratives nor a sentence"))
    return faults
