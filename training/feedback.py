"""Accepted feedback as records of the corpus: passages, texts without a narrative, and pairs of claim and case."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from leitmotif.domain import Stance
from leitmotif.ledger.feedback import Feedback, FeedbackKind, FeedbackTarget
from leitmotif.text.language import LanguageDetector
from leitmotif.text.likeness import near_equal_groups
from leitmotif.text.normalise import content_hash
from leitmotif.text.sentences import split_sentences
from training.corpus import ClaimPair, LabelledArticle, LabelledSentence, Passage, PlainText

LONGEST_PASSAGE = 200
"""Words of a passage at most: the bundled encoder reads no further. A longer text teaches by its sentences."""

_TOPIC = "feedback"
_PREFIX = "fb-"
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Learned:
    """What feedback adds to the corpus. Records of nearly equal texts share an id, which is their group."""

    passages: tuple[Passage, ...] = ()
    plain_texts: tuple[PlainText, ...] = ()
    articles: tuple[LabelledArticle, ...] = ()
    claim_pairs: tuple[ClaimPair, ...] = ()

    @property
    def records(self) -> list[dict[str, object]]:
        """All of it as plain values, in order: what the corpus's digest is made from."""
        everything = (*self.passages, *self.plain_texts, *self.articles, *self.claim_pairs)
        return [record.model_dump(mode="json", by_alias=True) for record in everything]


def learn(feedback: Sequence[Feedback], narratives: Collection[str], cases: Collection[str]) -> Learned:
    """Turn accepted feedback, oldest first, into records. Narratives and cases that are not known are left out.

    A text or sentence is used once it is clear what it touches: it was relabelled, or each label that the model had
    given it was confirmed or rejected.
    """
    on_text = [entry for entry in feedback if entry.target is not FeedbackTarget.MATCH]
    judgements = [judgement for judgement in _judgements(on_text) if judgement.settled]
    passages, plain, articles = [], [], []
    for judgement in judgements:
        touched = {n: stance for n, stance in judgement.touched.items() if n in narratives}
        if touched and _words(judgement.text) <= LONGEST_PASSAGE:
            passages.append(_passage(judgement, touched))
        elif not judgement.touched and len(split_sentences(judgement.text)) > 1:
            articles.append(_neutral_article(judgement))
        elif not judgement.touched:
            plain.append(_plain(judgement))
    return Learned(tuple(passages), tuple(plain), tuple(articles), tuple(_claim_pairs(feedback, cases)))


@dataclass(slots=True)
class _Judgement:
    """What is known of one text or sentence, as feedback on it comes in."""

    text: str
    group: str
    title: str
    language: str
    touched: dict[str, Stance] = field(default_factory=dict)
    rejected: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    relabelled: bool = False

    @property
    def settled(self) -> bool:
        return self.relabelled or self.labels <= self.rejected | set(self.touched)

    def take(self, entry: Feedback) -> None:
        if entry.kind is FeedbackKind.RELABEL:
            self.touched, self.rejected, self.relabelled = {}, set(), True
        self.labels |= set(entry.labels)
        for narrative in entry.narratives:
            if entry.kind is FeedbackKind.REJECT:
                self.touched.pop(narrative, None)
                self.rejected.add(narrative)
            else:
                self.touched[narrative] = entry.stance(narrative)


def _judgements(feedback: Sequence[Feedback]) -> list[_Judgement]:
    """One for each text or sentence that was judged, in the order of their first feedback."""
    if not feedback:
        return []
    detector = LanguageDetector(("*",))
    texts = [entry.text for entry in feedback]
    found: dict[str, _Judgement] = {}
    for entry, first in zip(feedback, near_equal_groups(texts), strict=True):
        key = content_hash(entry.judged)
        if key not in found:
            group = _PREFIX + content_hash(texts[first])[:_DIGITS]
            language = entry.language or detector.detect(entry.text, "").code
            known = language if len(language) == 2 else "en"
            found[key] = _Judgement(entry.judged.strip(), group, entry.title.strip(), known)
        found[key].take(entry)
    return list(found.values())


def _passage(judgement: _Judgement, touched: Mapping[str, Stance]) -> Passage:
    """A passage takes the strongest stance in it and the narratives of that stance, as those of articles do."""
    strongest = next(stance for stance in Stance if stance in touched.values())
    return Passage(
        id=judgement.group,
        language=judgement.language,
        register="sentence" if len(split_sentences(judgement.text)) < 2 else "paragraph",
        narratives=tuple(narrative for narrative, stance in touched.items() if stance is strongest),
        stance=strongest,
        text=judgement.text,
    )


def _plain(judgement: _Judgement) -> PlainText:
    return PlainText(
        id=judgement.group, language=judgement.language, register="sentence", topic=_TOPIC, text=judgement.text
    )


def _neutral_article(judgement: _Judgement) -> LabelledArticle:
    """Of a text that carries nothing, every sentence carries nothing."""
    first, *rest = split_sentences(judgement.text, judgement.language)
    paragraphs: dict[int, list[LabelledSentence]] = {}
    for sentence in (first, *rest) if judgement.title else rest:
        paragraphs.setdefault(sentence.paragraph, []).append(LabelledSentence(text=sentence.text))
    return LabelledArticle(
        id=judgement.group,
        language=judgement.language,
        genre="neutral",
        title=judgement.title or first.text,
        paragraphs=tuple(tuple(sentences) for sentences in paragraphs.values()),
    )


def _claim_pairs(feedback: Sequence[Feedback], cases: Collection[str]) -> list[ClaimPair]:
    """The last word on each claim and case."""
    last: dict[tuple[str, str], Feedback] = {}
    for entry in feedback:
        if entry.target is FeedbackTarget.MATCH and entry.case in cases:
            last[entry.text_hash, entry.case] = entry
    return [
        ClaimPair(
            id=_PREFIX + entry.id,
            text=entry.text.strip(),
            case=entry.case,
            relation="match" if entry.kind is FeedbackKind.CONFIRM else "differs",
        )
        for entry in last.values()
    ]


def _words(text: str) -> int:
    return len(text.split())
