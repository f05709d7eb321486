"""Copies cases with their vectors from one store to another, of whatever kind, and proves that they are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from leitmotif.domain import Case, ImportCounts
from leitmotif.errors import CopyDiffers, OtherCases
from leitmotif.store import codec
from leitmotif.store.protocol import CaseVectors, Store

BATCH = 500
_NAMED = 5

_NO_VECTORS = CaseVectors("", {})

Progress = Callable[[str, float], None]
"""Called with the stage and the share of it that is done, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found equal: `digest` is the SHA-256 in hex over all cases and vectors in the order of the ids."""

    cases: int
    digest: str


def refuse_other_cases(source: Store, target: Store) -> None:
    """Return if every case of the target has the id of a case of the source: empty, or a copy that was broken off.

    Raises:
        OtherCases: the target holds cases of its own; names a few.
    """
    found: list[str] = []
    for batch in batches(target.iter_cases()):
        known = {case.id for case in source.get_cases([case.id for case in batch])}
        found += [case.id for case in batch if case.id not in known]
        if len(found) > _NAMED:
            break
    if found:
        raise OtherCases(
            f"The target holds cases that the source does not have ({', '.join(found[:_NAMED])}"
            f"{', …' if len(found) > _NAMED else ''}). Copy into an empty database, or add --merge to keep them."
        )


def copy_cases(source: Store, target: Store, progress: Progress) -> ImportCounts:
    """Put every case of the source into the target, with its vectors, in batches that are each written whole.

    Broken off and begun again it ends the same: what is there already stays unchanged. Cases that differ are replaced.
    """
    total = source.count_cases()
    encoders = sorted(source.describe().encoders)
    done = ImportCounts()
    for batch in batches(source.iter_cases()):
        ids = [case.id for case in batch]
        vectors = _vectors(source, ids, encoders)
        counts = target.put_cases(batch, [vectors.get(i, _NO_VECTORS) for i in ids])
        _mend_vectors(target, vectors)
        done = ImportCounts(done.added + counts.added, done.changed + counts.changed, done.unchanged + counts.unchanged)
        progress("copying", (done.added + done.changed + done.unchanged) / max(total, 1))
    return done


def prove_copy(source: Store, target: Store, progress: Progress) -> Proof:
    """Read both stores and compare every case and vector of the source with the target's.

    Raises:
        CopyDiffers: some are missing or differ; names a few.
    """
    total = source.count_cases()
    encoders = sorted({*source.describe().encoders, *target.describe().encoders})
    whole = hashlib.sha256()
    cases, differing = 0, list[str]()
    for batch in batches(source.iter_cases()):
        ids = [case.id for case in batch]
        ours = _digests(source, batch, encoders)
        theirs = _digests(target, target.get_cases(ids), encoders)
        differing += [case_id for case_id in ids if ours[case_id] != theirs.get(case_id)]
        whole.update(b"".join(ours[case_id] for case_id in ids))
        cases += len(ids)
        progress("comparing", cases / max(total, 1))
    if differing:
        raise CopyDiffers(
            f"{len(differing)} of {cases} cases are missing or differ in the target: {', '.join(differing[:_NAMED])}"
            f"{', …' if len(differing) > _NAMED else ''}. If the source or the target was written to, copy again."
        )
    return Proof(cases, whole.hexdigest())


def batches(cases: Iterable[Case]) -> Iterator[list[Case]]:
    """The cases in lists of at most `BATCH`."""
    rest = iter(cases)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _vectors(store: Store, ids: Sequence[str], encoders: Sequence[str]) -> dict[str, CaseVectors]:
    """The vectors of each case that has any; a case has those of one encoder."""
    found: dict[str, CaseVectors] = {}
    for encoder in encoders:
        for case_id, fields in store.get_vectors(ids, encoder).items():
            found[case_id] = CaseVectors(encoder, fields)
    return found


def _mend_vectors(target: Store, vectors: dict[str, CaseVectors]) -> None:
    """Write vectors again where an unchanged case has others: a case that is equal is not written."""
    encoders = sorted({given.encoder for given in vectors.values()})
    stored = _vectors(target, list(vectors), encoders)
    wrong = [i for i, given in vectors.items() if i not in stored or _bytes(stored[i]) != _bytes(given)]
    if wrong:
        target.put_vectors(wrong, [vectors[i] for i in wrong])


def _digests(store: Store, cases: Sequence[Case], encoders: Sequence[str]) -> dict[str, bytes]:
    """A digest of each case with its vectors, 32 bytes."""
    vectors = _vectors(store, [case.id for case in cases], encoders)
    return {
        case.id: hashlib.sha256(
            codec.case_to_json(case).encode() + b"\0" + _bytes(vectors.get(case.id, _NO_VECTORS))
        ).digest()
        for case in cases
    }


def _bytes(vectors: CaseVectors) -> bytes:
    parts = [vectors.encoder.encode()]
    for name, vector in sorted(vectors.fields.items()):
        parts += [name.encode(), np.asarray(vector, "<f4").tobytes()]
    return b"\0".join(parts)
