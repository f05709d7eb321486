"""Two services and several callers at the same time, on one database of each kind."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from leitmotif.domain import Case, CaseFilter, ImportCounts, LabelSource
from leitmotif.encoder import open_encoder
from leitmotif.library import Library
from leitmotif.settings import Settings
from leitmotif.store import CaseVectors, open_store
from tests.faults.installation import Databases
from tests.faults.test_killed_imports import record
from tests.service.conftest import Serve, live_version, serve, settings
from tests.service.encoders import tiny_encoder_folder
from tests.service.support import assert_problem

__all__ = ["live_version", "serve", "settings", "tiny_encoder_folder"]

_EDITIONS = {"spring": range(18), "autumn": range(10, 28)}
_EDITED = 14


@pytest.fixture
def services(serve: Serve, live_version: str, databases: Databases) -> tuple[TestClient, TestClient]:
    return serve(database_url=databases.url), serve(database_url=databases.url)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call gives, all begun at the same moment."""
    gate = threading.Barrier(len(calls))

    def call(wanted: Callable[[], Any]) -> Any:
        gate.wait()
        return wanted()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


def test_of_two_training_runs_one_is_queued(services: tuple[TestClient, TestClient]) -> None:
    one, two = services
    calls = [lambda c=client: c.post("/v1/training-runs") for client in (one, two, one, two)]
    answers = at_once(*calls)
    won = [answer for answer in answers if answer.status_code == 202]
    assert len(won) == 1
    for answer in answers:
        if answer is not won[0]:
            assert won[0].json()["id"] in assert_problem(answer, 409, "run-in-progress")["detail"]
    assert [run["id"] for run in two.get("/v1/training-runs").json()["runs"]] == [won[0].json()["id"]]


def test_of_two_new_cases_with_one_id_one_is_added(services: tuple[TestClient, TestClient]) -> None:
    one, two = services
    spring, autumn = (_known(record(1, edition)) for edition in _EDITIONS)
    for _ in range(3):
        answers = at_once(lambda: one.post("/v1/cases", json=spring), lambda: two.post("/v1/cases", json=autumn))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        sent = spring if answers[0].status_code == 201 else autumn
        assert one.get("/v1/cases/case-1").json()["title"] == sent["title"]
        two.delete("/v1/cases/case-1")


def test_two_imports_of_the_same_cases_and_an_edit(
    services: tuple[TestClient, TestClient], databases: Databases, settings: Settings
) -> None:
    one, two = services
    files = {
        edition: "\n".join(json.dumps(_known(record(number, edition))) for number in numbers)
        for edition, numbers in _EDITIONS.items()
    }
    edit = _known(record(_EDITED, "winter"))
    for _ in range(3):
        answers = at_once(
            lambda: one.post("/v1/cases/import", content=files["spring"]),
            lambda: two.post("/v1/cases/import", content=files["autumn"]),
            lambda: one.put(f"/v1/cases/case-{_EDITED}", json=edit),
        )
        assert all(answer.is_success for answer in answers), [answer.text for answer in answers]
        check(databases.url, settings)


def check(url: str, settings: Settings) -> None:
    """Each import is there whole, and words, filters and vectors of each case are those of its title."""
    store, encoder = open_store(url), open_encoder(settings)
    cases = {case.id: case for case in store.iter_cases()}
    assert len(cases) == store.count_cases() == 28
    edition = {number: cases[f"case-{number}"].title.split()[-1] for number in range(28)}
    assert {edition[number] for number in range(10)} == {"spring"}
    assert {edition[number] for number in range(18, 28)} == {"autumn"}
    # Imports come one after the other: what both wrote is of the one that came last.
    assert len({edition[number] for number in range(10, 18) if number != _EDITED}) == 1
    for word in ("spring", "autumn", "winter"):
        wanted = {f"case-{number}" for number in range(28) if edition[number] == word}
        assert {hit.case_id for hit in store.search_words(word, CaseFilter(), limit=99)} == wanted
    stored = store.get_vectors(list(cases), encoder.name)
    for key, vector in zip(cases, encoder.encode_passages([c.title for c in cases.values()]), strict=True):
        np.testing.assert_allclose(stored[key]["title"], vector, atol=1e-5)
    store.close()


class _Interrupted:
    """A real store, where something else happens between reading and writing, once."""

    def __init__(self, store: Any, meanwhile: Callable[[], object]) -> None:
        self._store = store
        self._meanwhile: Callable[[], object] | None = meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put_cases(self, cases: Sequence[Case], vectors: Sequence[CaseVectors], **how: Any) -> ImportCounts:
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile:
            meanwhile()
        counts: ImportCounts = self._store.put_cases(cases, vectors, **how)
        return counts


def test_labels_that_a_person_gives_during_an_import_are_not_lost(databases: Databases, settings: Settings) -> None:
    store, encoder = open_store(databases.url), open_encoder(settings)
    library = Library(store, encoder)
    weak = Case("a", "Owls rule", narratives=("false_flag",), label_source=LabelSource.WEAK)
    library.put([weak])
    human = Case("a", "Owls rule", narratives=("bioweapons",))
    sent = Case("a", "Owls rule again", narratives=("false_flag",), label_source=LabelSource.WEAK)
    importing = Library(_Interrupted(store, lambda: library.put([human])), encoder)
    assert importing.put([sent]).changed == 1
    assert library.get("a") == Case("a", "Owls rule again", narratives=("bioweapons",))
    store.close()


def _known(raw: dict[str, Any]) -> dict[str, Any]:
    """With narratives of the real codebook."""
    return raw | {"narratives": ["bioweapons"]}
