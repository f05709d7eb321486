"""What a version is trained on: the corpus in `data/`, and the labelled cases and narratives of the database."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from leitmotif.codebook import load_codebook
from leitmotif.domain import Case, Codebook, LabelSource, Narrative
from leitmotif.errors import NotEnoughData
from leitmotif.ledger import Ledger
from leitmotif.ledger.narratives import CurrentCodebook
from leitmotif.store.protocol import Store
from training.corpus import Corpus, Passage, load_corpus
from training.feedback import Learned, learn
from training.holdout import split

FEWEST_CASES = 5


@dataclass(frozen=True, slots=True)
class Collected:
    """The training part, the hold-out, and narratives that wait because they have too few texts yet."""

    corpus: Corpus
    held_out: Corpus
    waiting: tuple[str, ...]


def collect(data: Path, store: Store, ledger: Ledger) -> Collected:
    """Read files and database.

    Raises:
        CodebookInvalid, InvalidRecord: the files are wrong.
        NotEnoughData: there is next to nothing to train on.
    """
    corpus = whole_corpus(data, store, ledger)
    file_ids = load_codebook(data / "narratives.yaml").ids
    counts = _texts_by_narrative(split(corpus)[0])
    waiting = tuple(n for n in corpus.codebook.ids if n not in file_ids and counts[n] < FEWEST_CASES)
    training, held_out = split(_without_narratives(corpus, waiting))
    if not training.cases:
        raise NotEnoughData("There is no labelled case to train on: add some, or set LEITMOTIF_DATA_DIR.")
    return Collected(training, held_out, waiting)


def whole_corpus(data: Path, store: Store, ledger: Ledger) -> Corpus:
    """The files' corpus with the database's cases, narratives and accepted feedback.

    Its digest is the files' where these add nothing.
    """
    corpus = load_corpus(data)
    codebook = CurrentCodebook(corpus.codebook, ledger.narratives).read()
    found = {case.id: case for case in _labelled(store.iter_cases(), codebook)}
    kept = [found.get(case.id, case) for case in corpus.cases]
    known = {case.id for case in corpus.cases}
    added = [case for case in found.values() if case.id not in known and case.narratives]
    changed = [new for old, new in zip(corpus.cases, kept, strict=True) if new != old]
    learned = learn(ledger.feedback.accepted(), codebook.ids, known | {case.id for case in added})
    return replace(
        corpus,
        codebook=codebook,
        cases=(*kept, *added),
        articles=(*corpus.articles, *learned.articles),
        passages=(*corpus.passages, *learned.passages),
        plain_texts=(*corpus.plain_texts, *learned.plain_texts),
        claim_pairs=(*corpus.claim_pairs, *learned.claim_pairs),
        digest=_digest(corpus, [*changed, *added], codebook, learned),
    )


def _texts_by_narrative(corpus: Corpus) -> Counter[str]:
    """In how many cases and groups of carrying passages each narrative stands."""
    passages = {(p.id, n) for p in corpus.passages if p.stance.carries for n in p.narratives}
    cases = {(case.id, n) for case in corpus.cases for n in case.narratives}
    return Counter(narrative for _, narrative in cases | passages)


def _labelled(cases: Iterable[Case], codebook: Codebook) -> Iterable[Case]:
    """Cases that people labelled, with the narratives that the codebook still knows."""
    for case in cases:
        if case.label_source is not LabelSource.WEAK:
            yield _with_narratives(case, codebook.ids)


def _without_narratives(corpus: Corpus, waiting: Sequence[str]) -> Corpus:
    """The corpus as if these narratives did not exist; a case that has no other one is left out."""
    if not waiting:
        return corpus
    narratives = tuple(n for n in corpus.codebook.narratives if n.id not in waiting)
    codebook = replace(corpus.codebook, narratives=narratives)
    touched = [case for case in corpus.cases if set(case.narratives) & set(waiting)]
    kept = {case.id: _with_narratives(case, codebook.ids) for case in touched}
    cases = (kept.get(case.id, case) for case in corpus.cases)
    passages = (_passage_with(passage, codebook.ids) for passage in corpus.passages)
    return replace(
        corpus,
        codebook=codebook,
        cases=tuple(c for c in cases if c.id not in kept or c.narratives),
        passages=tuple(passage for passage in passages if passage.narratives),
    )


def _with_narratives(case: Case, known: Sequence[str]) -> Case:
    if set(case.narratives) <= set(known):
        return case
    return replace(case, narratives=tuple(n for n in case.narratives if n in known))


def _passage_with(passage: Passage, known: Sequence[str]) -> Passage:
    return passage.model_copy(update={"narratives": tuple(n for n in passage.narratives if n in known)})


def _digest(corpus: Corpus, cases: Sequence[Case], codebook: Codebook, learned: Learned) -> str:
    """SHA-256 over the files' digest and what the database adds to them."""
    narratives: tuple[Narrative, ...] = codebook.narratives if codebook != corpus.codebook else ()
    if not cases and not narratives and not learned.records:
        return corpus.digest
    records = [asdict(case) for case in sorted(cases, key=lambda case: case.id)]
    added = [corpus.digest, records, [asdict(narrative) for narrative in narratives]]
    # Left out where empty: databases from before feedback keep their digest.
    added += [learned.records] if learned.records else []
    return hashlib.sha256(json.dumps(added, sort_keys=True).encode()).hexdigest()
