"""Cases and vectors for the stores' tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leitmotif.domain import Case
from leitmotif.store import CaseVectors, Store

ENCODER = "test@1"
DIMENSION = 8


def case(case_id: str, **fields: Any) -> Case:
    """A case with a title of its own."""
    return Case(**({"id": case_id, "title": f"Title of {case_id}"} | fields))


def unit(seed: int) -> NDArray[np.float32]:
    """A unit vector that depends on the seed alone."""
    vector = np.random.default_rng(seed).standard_normal(DIMENSION)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def vectors_of(cases: Sequence[Case], encoder: str = ENCODER) -> list[CaseVectors]:
    """Vectors that depend on each case's id and title."""
    return [CaseVectors(encoder, {"title": unit(seed_of(c.title)), "claim": unit(seed_of(c.id))}) for c in cases]


def seed_of(text: str) -> int:
    return int.from_bytes(text.encode()[-8:], "little")


def put(store: Store, *cases: Case) -> None:
    store.put_cases(cases, vectors_of(cases))
