"""The gate: a candidate goes live only if it is no worse than the live version on texts that neither has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score

from leitmotif.classifier.model import NarrativeModel
from leitmotif.domain import Stance
from leitmotif.settings import Settings
from leitmotif.text.sentences import split_sentences
from training.corpus import Corpus
from training.dataset import NEUTRAL, build_examples, is_covered
from training.measure import macro_f1

_TEXTS = frozenset({"case", "response", "contrast", "passage", "none"})
"""Sources whose examples are texts as users send them; sentences and windows of articles are not."""

_DIGITS = 4


@dataclass(frozen=True, slots=True)
class GateRule:
    """What the candidate may lose; shares and F1 in [0, 1]."""

    macro_f1_loss: float = 0.01
    narrative_f1_loss: float = 0.10
    narrative_texts: int = 15
    false_label_rise: float = 0.01

    @classmethod
    def of(cls, settings: Settings) -> GateRule:
        return cls(
            settings.gate_macro_f1_loss,
            settings.gate_narrative_f1_loss,
            settings.gate_narrative_texts,
            settings.gate_false_label_rise,
        )


@dataclass(frozen=True, slots=True)
class HeldOutText:
    """A held-out text with the narratives that it carries. `kind` is `text` or `article`."""

    text: str
    language: str
    carried: tuple[str, ...]
    stance: str
    kind: str


@dataclass(frozen=True, slots=True)
class NarrativeScore:
    """One narrative on the hold-out: how many texts carry it, average precision and F1."""

    texts: int
    average_precision: float
    f1: float


@dataclass(frozen=True, slots=True)
class Scoring:
    """One version on the hold-out; shares in [0, 1]."""

    version: str
    narratives: dict[str, NarrativeScore]
    neutral_labelled: float
    refuting_labelled: float
    articles_macro_f1: float
    texts: int

    def macro_f1(self, narratives: Sequence[str]) -> float:
        """F1 of those of these narratives that occur, averaged; 0 if none does."""
        found = [self.narratives[n].f1 for n in narratives if self.narratives[n].texts]
        return float(np.mean(found)) if found else 0.0

    def as_json(self) -> dict[str, Any]:
        known = list(self.narratives)
        return {"macro_f1": round(self.macro_f1(known), _DIGITS), **_rounded(asdict(self))}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the candidate may go live, and why in plain words."""

    promoted: bool
    reasons: tuple[str, ...]
    new_narratives: tuple[str, ...] = field(default=())


def held_out_texts(corpus: Corpus, languages: Sequence[str]) -> list[HeldOutText]:
    """The texts of the hold-out, in the languages that the encoder covers (`*` for all)."""
    examples = [example for example in build_examples(corpus) if example.source in _TEXTS]
    texts = [HeldOutText(e.text, e.language, e.carried, e.stance, "text") for e in examples]
    for article in corpus.articles:
        stances = [label.stance for sentence in article.sentences for label in sentence.labels]
        strongest = next((stance.value for stance in Stance if stance in stances), NEUTRAL)
        texts.append(HeldOutText(article.text, article.language, article.narratives, strongest, "article"))
    return [text for text in texts if is_covered(text.language, languages)]


def score(model: NarrativeModel, texts: Sequence[HeldOutText]) -> Scoring:
    """All measures of one version. A text is labelled where a probability reaches its threshold."""
    known = [(text, split_sentences(text.text, text.language)) for text in texts]
    known = [(text, sentences) for text, sentences in known if sentences]
    probability = np.zeros((len(known), len(model.labels)), np.float32)
    for row, (text, sentences) in enumerate(known):
        probability[row] = model.score(text.text, sentences).narratives
    truth = np.array([[label in text.carried for label in model.labels] for text, _ in known], bool)
    truth = truth.reshape(probability.shape)
    predicted = probability >= model.thresholds
    kept = [text for text, _ in known]
    return Scoring(
        version=model.version,
        narratives=_by_narrative(model.labels, truth, probability, predicted),
        neutral_labelled=_share_labelled(kept, predicted, NEUTRAL),
        refuting_labelled=_share_labelled(kept, predicted, Stance.REFUTED.value),
        articles_macro_f1=_articles(kept, truth, predicted),
        texts=len(kept),
    )


def judge(candidate: Scoring, live: Scoring | None, rule: GateRule, note: str = "") -> Verdict:
    """The rule. Without a live version to compare with, the candidate is promoted; `note` says why there is none."""
    if live is None:
        return Verdict(True, (note or "There was no live version to compare with.",))
    both = [name for name in candidate.narratives if name in live.narratives]
    new = tuple(name for name in candidate.narratives if name not in live.narratives)
    if not any(live.narratives[name].texts for name in both):
        return Verdict(True, ("The hold-out has no text of a narrative that both versions know.",), new)
    faults = [*_macro(candidate, live, both, rule), *_each(candidate, live, both, rule), *_false(candidate, live, rule)]
    if faults:
        return Verdict(False, tuple(faults), new)
    gained = candidate.macro_f1(both) - live.macro_f1(both)
    return Verdict(True, (f"No worse than {live.version} on the hold-out: macro-F1 {gained:+.3f}.",), new)


def _macro(candidate: Scoring, live: Scoring, both: Sequence[str], rule: GateRule) -> list[str]:
    before, after = live.macro_f1(both), candidate.macro_f1(both)
    if before - after <= rule.macro_f1_loss + 1e-9:
        return []
    return [f"Macro-F1 on the hold-out falls from {before:.3f} to {after:.3f}; {rule.macro_f1_loss:.3f} is allowed."]


def _each(candidate: Scoring, live: Scoring, both: Sequence[str], rule: GateRule) -> list[str]:
    faults = []
    for name in both:
        before, after = live.narratives[name], candidate.narratives[name]
        if before.texts >= rule.narrative_texts and before.f1 - after.f1 > rule.narrative_f1_loss + 1e-9:
            faults.append(
                f"F1 of {name} falls from {before.f1:.2f} to {after.f1:.2f} on {before.texts} texts; "
                f"{rule.narrative_f1_loss:.2f} is allowed."
            )
    return faults


def _false(candidate: Scoring, live: Scoring, rule: GateRule) -> list[str]:
    pairs = (
        ("without a narrative", live.neutral_labelled, candidate.neutral_labelled),
        ("that refute one", live.refuting_labelled, candidate.refuting_labelled),
    )
    return [
        f"Of the texts {kind}, {after:.1%} get a label instead of {before:.1%}; "
        f"{100 * rule.false_label_rise:.1f} points more are allowed."
        for kind, before, after in pairs
        if after - before > rule.false_label_rise + 1e-9
    ]


def _by_narrative(
    labels: Sequence[str], truth: NDArray[np.bool_], probability: NDArray[np.float32], predicted: NDArray[np.bool_]
) -> dict[str, NarrativeScore]:
    found = {}
    for j, label in enumerate(labels):
        count = int(truth[:, j].sum())
        precision = float(average_precision_score(truth[:, j], probability[:, j])) if count else 0.0
        f1 = float(f1_score(truth[:, j], predicted[:, j], zero_division=0)) if count else 0.0
        found[label] = NarrativeScore(count, precision, f1)
    return found


def _share_labelled(texts: Sequence[HeldOutText], predicted: NDArray[np.bool_], stance: str) -> float:
    rows = [bool(predicted[i].any()) for i, text in enumerate(texts) if text.stance == stance]
    return float(np.mean(rows)) if rows else 0.0


def _articles(texts: Sequence[HeldOutText], truth: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    rows = [i for i, text in enumerate(texts) if text.kind == "article"]
    return macro_f1(truth[rows], predicted[rows]) if truth[rows].any() else 0.0


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    return round(value, _DIGITS) if isinstance(value, float) else value
