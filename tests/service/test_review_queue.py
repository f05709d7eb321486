"""The review queue over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from leitmotif.ledger.review_items import ItemScore, ReviewItem, WaitingItem
from service.review_queue import candidates
from tests.service.conftest import Serve
from tests.service.encoders import tiny_encoder_folder
from tests.service.support import ARTICLE, assert_problem

__all__ = ["tiny_encoder_folder"]

QUEUE = "/v1/review-queue"
TEXTS = [
    {"text": "The attack on the market was staged by actors.", "title": "Market"},
    {"text": "They breed plague in a biolab near Kharkiv."},
    {"text": "The new tram line opened on Saturday."},
]


def handed_out(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(QUEUE, params=query).json()["items"]
    return items


def test_nothing_is_kept_unless_asked_for(client: TestClient) -> None:
    client.post("/v1/classify", json={"text": ARTICLE})
    answer = client.get(QUEUE).json()
    assert (answer["items"], answer["leased_seconds"]) == ([], 0)
    assert answer["counts"] == {"waiting": 0, "leased": 0, "decided": 0}


def test_every_analysed_text_is_kept_once_where_the_setting_says_so(serve: Serve, live_version: str) -> None:
    client = serve(keep_for_review=True)
    for text in (ARTICLE, f" {ARTICLE.upper()} "):
        client.post("/v1/classify", json={"text": text, "title": "Talk"})
    client.post("/v1/classify", content=TEXTS[0]["text"], headers={"Content-Type": "text/plain"})
    items = handed_out(client)
    assert len(items) == 2
    kept = next(item for item in items if item["title"] == "Talk")
    assert kept["labels"] == ["bioweapons"]
    assert kept["version"] == live_version


def test_texts_are_put_in_once(client: TestClient) -> None:
    answer = client.post(QUEUE, json=[*TEXTS, TEXTS[0]])
    added = answer.json()
    assert (answer.status_code, added["added"], added["known"], len(set(added["ids"]))) == (201, 3, 0, 3)
    again = client.post(QUEUE, json=TEXTS[0]).json()
    assert (again["added"], again["known"], again["ids"]) == (0, 1, added["ids"][:1])
    item = client.get(f"{QUEUE}/{added['ids'][0]}").json()
    assert (item["text"], item["title"], item["labels"]) == (TEXTS[0]["text"], "Market", ["false_flag"])
    assert client.delete(f"{QUEUE}/{item['id']}").status_code == 204
    assert_problem(client.get(f"{QUEUE}/{item['id']}"), 404, "not-found")
    assert_problem(client.delete(f"{QUEUE}/{item['id']}"), 404, "not-found")


def test_a_bad_text_keeps_the_others_out(client: TestClient, serve: Serve) -> None:
    assert_problem(client.post(QUEUE, json=[TEXTS[0], {"txt": "a"}]), 422, "invalid-record", "text 2, txt")
    body = assert_problem(client.post(QUEUE, json=[TEXTS[0], {"text": "…"}]), 422, "text-empty")
    assert "text 2" in body["detail"]
    assert_problem(client.post(QUEUE, json=[]), 422, "invalid-record")
    assert_problem(serve(max_batch=1).post(QUEUE, json=TEXTS), 413, "too-many")
    assert handed_out(client) == []


def test_the_same_thing_is_never_handed_out_twice(client: TestClient) -> None:
    client.post(QUEUE, json=TEXTS)
    peek = handed_out(client, lease=False)
    assert len(peek) == 3
    first = client.get(QUEUE, params={"limit": 2}).json()
    assert first["leased_seconds"] == 3600
    assert first["counts"] == {"waiting": 1, "leased": 2, "decided": 0}
    second = handed_out(client)
    assert len(second) == 1
    assert {item["id"] for item in [*first["items"], *second]} == {item["id"] for item in peek}
    assert handed_out(client) == []


def test_leases_end_but_judged_texts_do_not_come_back(serve: Serve, live_version: str) -> None:
    client = serve(review_lease_minutes=1e-9)
    client.post(QUEUE, json=TEXTS)
    items = handed_out(client)
    assert len(handed_out(client)) == 3
    judged = items[0]
    for fields in ({"kind": "confirm", "item": judged["id"]}, {"kind": "relabel", "item": judged["id"]}):
        given = client.post("/v1/feedback", json=fields).json()
        assert (given["text"], given["labels"]) == (judged["text"], judged["labels"])
        assert given["version"] == live_version
    assert {item["id"] for item in handed_out(client)} == {item["id"] for item in items[1:]}
    client.post(QUEUE, json=TEXTS)
    assert judged["id"] not in {item["id"] for item in handed_out(client)}


def test_near_copies_of_judged_texts_are_skipped(client: TestClient) -> None:
    text = str(TEXTS[1]["text"])
    client.post(QUEUE, json=[{"text": text}, {"text": text.replace("They", "They, they")}])
    assert len(handed_out(client, limit=10)) == 1
    assert handed_out(client, limit=10) == []


@pytest.mark.parametrize("strategy", ["blend", "uncertainty", "diversity", "random"])
def test_strategies(client: TestClient, strategy: str) -> None:
    client.post(QUEUE, json=TEXTS)
    items = handed_out(client, strategy=strategy)
    assert len(items) == 3
    for item in items:
        assert set(item["reasons"]) == {"uncertainty", "novelty", "rarity"}
        assert all(0 < value <= 1 for value in item["reasons"].values())


def test_disagreement_counts_where_every_text_has_the_parts() -> None:
    scores = (ItemScore("moon", 0.9, 0.5, True),)
    item = ReviewItem(
        "a", "now", "anna", "v1", "labelled", scores, parts={"words": {"moon": 1.0}, "net": {"moon": 0.2}}
    )
    vector = np.ones(2, np.float32)
    both = [WaitingItem(item, vector), WaitingItem(item, vector)]
    found = candidates(both, ("bees", "moon"))
    assert found.parts is not None
    assert found.parts.tolist() == [[[0, 0.2], [0, 0.2]], [[0, 1], [0, 1]]]
    assert found.probabilities.tolist() == [[0, 0.9], [0, 0.9]]
    older = WaitingItem(replace(item, parts={}), vector)
    assert candidates([*both, older], ("bees", "moon")).parts is None


def test_wrong_questions(client: TestClient) -> None:
    assert_problem(client.get(QUEUE, params={"strategy": "best"}), 422, "invalid-request", "strategy")
    assert_problem(client.get(QUEUE, params={"limit": 0}), 422, "invalid-request", "limit")
