"""The model card of a version (after Mitchell et al., 2019), in Markdown."""

from __future__ import annotations

from training.corpus import Corpus
from training.evaluate import Evaluation

_INTRODUCTION = """# Model card: {version}

Labels texts with {narratives} recurring disinformation narratives, by sentence, with stance.
Trained on {cases} cases, {articles} articles, {sets} contrast sets and {plain} texts without a narrative
(corpus `{digest}`), with encoder `{encoder}`.

**Use it** to find passages for a person to read. **Do not use it** to decide about a person, an outlet or a
publication by itself: a label says that a text carries a storyline, not that the text is false or its author insincere.
Languages beyond the encoder's are answered with `unsure`.

## Measured by cross-validation on the corpus (near-duplicates kept together)

| measure | value |
|---|---|
"""


def model_card(version: str, corpus: Corpus, encoder: str, evaluation: Evaluation) -> str:
    """The card; every figure in it comes from the evaluation."""
    head = _INTRODUCTION.format(
        version=version,
        narratives=len(corpus.codebook.narratives),
        cases=len(corpus.cases),
        articles=len(corpus.articles),
        sets=len(corpus.contrast_sets),
        plain=len(corpus.plain_texts),
        digest=corpus.digest[:12],
        encoder=encoder,
    )
    measures = "".join(f"| {name} | {value:.3f} |\n" for name, value in evaluation.metrics.items())
    rows = "".join(
        f"| {label} | {row['positives']} | {row['average_precision']:.2f} | {row['precision']:.2f} | "
        f"{row['recall']:.2f} | {row['threshold']:.2f} |\n"
        for label, row in evaluation.details["narratives"].items()
    )
    flagged = "".join(
        f"| {kind} | {row['texts']} | {row['flagged']:.2f} |\n" for kind, row in evaluation.details["flagged"].items()
    )
    return (
        f"{head}{measures}\n## By narrative\n\n| narrative | positives | AP | precision | recall | threshold |\n"
        f"|---|---|---|---|---|---|\n{rows}\n## Share of texts that get any label\n\n"
        f"| kind/stance | texts | labelled |\n"
        f"|---|---|---|\n{flagged}"
    )
