"""Feedback over HTTP, and what it changes."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from leitmotif.ledger import open_ledger
from leitmotif.settings import Settings
from leitmotif.store import open_store
from tests.service.conftest import Serve
from tests.service.support import ARTICLE, CASE, OTHER, assert_problem
from training.collect import whole_corpus

FEEDBACK = "/v1/feedback"
RELABEL = {"kind": "relabel", "text": ARTICLE, "narratives": ["bioweapons"], "stances": {"bioweapons": "attributed"}}


def give(client: TestClient, status: int = 201, **fields: Any) -> dict[str, Any]:
    answer = client.post(FEEDBACK, json=fields)
    assert answer.status_code == status, answer.json()
    body: dict[str, Any] = answer.json()
    return body


def test_feedback_waits_for_an_editor(client: TestClient) -> None:
    answer = client.post(FEEDBACK, json=RELABEL | {"author": "Anna", "note": "clear", "language": "en"})
    given = answer.json()
    assert (given["status"], given["target"], given["who"]) == ("pending", "text", "anonymous")
    assert client.get(answer.headers["location"]).json() == given
    accepted = client.post(f"{FEEDBACK}/{given['id']}/accept", json={"note": "agreed"}).json()
    assert (accepted["status"], accepted["decision"]["note"]) == ("accepted", "agreed")
    client.post(f"{FEEDBACK}/{given['id']}/accept")
    dismissed = client.post(f"{FEEDBACK}/{given['id']}/dismiss").json()
    assert dismissed["status"] == "dismissed"
    acts = client.get("/v1/audit", params={"subject": given["id"]}).json()["entries"]
    assert [entry["act"] for entry in acts] == ["feedback.dismiss", "feedback.accept"]


def test_the_same_id_is_stored_once(client: TestClient) -> None:
    first = give(client, **RELABEL, id="mine-1")
    assert give(client, 200, **RELABEL, id="mine-1") == first
    assert_problem(client.post(FEEDBACK, json=RELABEL | {"id": "mine-1", "note": "x"}), 409, "feedback-exists")
    assert_problem(client.post(FEEDBACK, json=RELABEL | {"id": "a b"}), 422, "invalid-request", "id")


def test_the_name_of_the_key_stands_in_it(serve: Serve, live_version: str) -> None:
    client = serve(api_keys=("anna:secret",))
    answer = client.post(FEEDBACK, json=RELABEL, headers={"X-API-Key": "secret"})
    assert answer.json()["who"] == "anna"


def test_lists_newest_first_by_pages_and_filters(client: TestClient) -> None:
    for number in range(3):
        give(client, **RELABEL, id=f"f{number}")
    give(client, kind="reject", text="It was staged by actors.", narratives=["false_flag"], id="f3")
    page = client.get(FEEDBACK, params={"limit": 3}).json()
    assert [entry["id"] for entry in page["feedback"]] == ["f3", "f2", "f1"]
    rest = client.get(FEEDBACK, params={"limit": 3, "cursor": page["cursor"]}).json()
    assert ([entry["id"] for entry in rest["feedback"]], rest["cursor"]) == (["f0"], None)
    for filters in ({"kind": "reject"}, {"narrative": "false_flag"}):
        assert [e["id"] for e in client.get(FEEDBACK, params=filters).json()["feedback"]] == ["f3"]
    assert client.get(FEEDBACK, params={"status": "accepted"}).json()["feedback"] == []
    assert_problem(client.get(FEEDBACK, params={"status": "open"}), 422, "invalid-request", "status")
    assert_problem(client.get(FEEDBACK, params={"cursor": "x"}), 422, "invalid-cursor")


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"kind": "maybe", "text": "a"}, "kind"),
        ({"kind": "confirm", "text": "Some words"}, "narratives"),
        ({"kind": "relabel", "text": "Some words", "narratives": ["unicorns"]}, "narratives"),
        ({"kind": "relabel", "text": "Some words", "stances": {"bioweapons": "refuted"}}, "stances"),
        ({"kind": "relabel", "text": "Some", "sentence": {"start": 0, "end": 2, "exact": "S"}}, "sentence"),
        ({"kind": "relabel", "text": "…"}, "text"),
        ({"kind": "relabel", "text": "a", "colour": "red"}, "colour"),
        ({"kind": "relabel", "claim": "A claim", "case": CASE["id"]}, "kind"),
        ({"kind": "reject", "claim": "A claim"}, "case"),
    ],
)
def test_what_is_wrong_is_named(client: TestClient, fields: dict[str, Any], where: str) -> None:
    response = client.post(FEEDBACK, json=fields)
    kind = "invalid-request" if where in {"kind", "colour"} and "claim" not in fields else "invalid-record"
    assert_problem(response, 422, kind, where)
    assert client.get(FEEDBACK).json()["feedback"] == []


def test_one_subject_and_no_unknown_things(client: TestClient) -> None:
    assert_problem(client.post(FEEDBACK, json={"kind": "relabel"}), 422, "invalid-request")
    assert_problem(client.post(FEEDBACK, json={"kind": "relabel", "text": "a", "claim": "b"}), 422, "invalid-request")
    assert_problem(client.post(FEEDBACK, json={"kind": "relabel", "item": "rv-1"}), 404, "not-found")
    assert_problem(client.post(FEEDBACK, json={"kind": "reject", "claim": "b", "case": "none"}), 404, "not-found")
    assert_problem(client.post(f"{FEEDBACK}/none/accept"), 404, "not-found")


def test_long_texts_are_refused(serve: Serve, live_version: str) -> None:
    response = serve(max_text_characters=10).post(FEEDBACK, json=RELABEL)
    assert_problem(response, 413, "text-too-long")


def test_a_rejected_match_is_not_offered_again(client: TestClient) -> None:
    client.post("/v1/cases", json=[CASE, OTHER])
    claim = "US scientists breed the plague in a secret biolab near Kharkiv"
    before = client.post("/v1/claims/check", json={"claim": claim}).json()
    assert before["verdict"] != "no_match"
    rejected = give(client, kind="reject", claim=claim, case=CASE["id"])
    for wording in (claim, f"  {claim.upper()}!"):
        after = client.post("/v1/claims/check", json={"claim": wording}).json()
        assert CASE["id"] not in [match["case"]["id"] for match in after["matches"]]
        assert after["verdict"] == "no_match"
        assert CASE["id"] in after["warnings"][0]
    assert client.post("/v1/claims/check", json={"claim": claim + " today"}).json()["verdict"] != "no_match"
    client.post(f"{FEEDBACK}/{rejected['id']}/dismiss")
    assert client.post("/v1/claims/check", json={"claim": claim}).json() == before


def test_the_same_text_stays_a_match(client: TestClient) -> None:
    client.post("/v1/cases", json=CASE)
    give(client, kind="reject", claim=CASE["title"], case=CASE["id"])
    assert client.post("/v1/claims/check", json={"claim": CASE["title"]}).json()["matches"][0]["exact"]


def test_accepted_feedback_changes_what_is_trained_on(client: TestClient, settings: Settings) -> None:
    client.post("/v1/cases", json=[CASE, OTHER])
    store, ledger = open_store(settings.database_url), open_ledger(settings.database_url)
    before = whole_corpus(settings.data_dir, store, ledger)
    given = give(client, **RELABEL)
    assert whole_corpus(settings.data_dir, store, ledger) == before
    client.post(f"{FEEDBACK}/{given['id']}/accept")
    after = whole_corpus(settings.data_dir, store, ledger)
    assert [(p.text, p.narratives, p.stance) for p in after.passages] == [(ARTICLE, ("bioweapons",), "attributed")]
    assert after.digest != before.digest
    client.post(f"{FEEDBACK}/{given['id']}/dismiss")
    assert whole_corpus(settings.data_dir, store, ledger).digest == before.digest
    store.close()
    ledger.close()
