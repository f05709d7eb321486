"""`POST /v1/claims/check` and its batch."""

from __future__ import annotations

from fastapi.testclient import TestClient

from tests.service.conftest import Serve
from tests.service.support import CASE, OTHER, assert_problem

CLAIM = CASE["title"]


def test_finds_the_known_case(client: TestClient) -> None:
    client.post("/v1/cases", json=[CASE, OTHER])
    answer = client.post("/v1/claims/check", json={"claim": CLAIM}).json()
    assert set(answer) == {"verdict", "matches", "thresholds", "narratives", "model", "warnings"}
    assert answer["verdict"] == "match"
    best = answer["matches"][0]
    assert (best["case"]["id"], best["exact"], best["tier"]) == (CASE["id"], True, "match")
    assert best["case"]["response"] == CASE["response"]
    assert answer["thresholds"] == {"match": 0.9, "possible": 0.6}
    assert answer["narratives"][0]["narrative"] == "bioweapons"


def test_finds_it_by_its_url(client: TestClient) -> None:
    client.post("/v1/cases", json=CASE)
    answer = client.post("/v1/claims/check", json={"claim": "https://www.example.org/biolab/"}).json()
    assert answer["matches"][0]["exact"]


def test_an_empty_database_has_no_match(client: TestClient) -> None:
    answer = client.post("/v1/claims/check", json={"claim": CLAIM}).json()
    assert (answer["verdict"], answer["matches"]) == ("no_match", [])


def test_filters_narrow_the_search(client: TestClient) -> None:
    client.post("/v1/cases", json=CASE)
    for filters, verdict in (
        ({"languages": ["Russian"]}, "match"),
        ({"languages": ["de"]}, "no_match"),
        ({"date_from": "2022", "date_to": "2022-03"}, "match"),
        ({"date_to": "2021"}, "no_match"),
        ({"narratives": ["false_flag"]}, "no_match"),
    ):
        answer = client.post("/v1/claims/check", json={"claim": CLAIM, "filters": filters}).json()
        assert answer["verdict"] == verdict, filters


def test_wrong_filters_are_named(client: TestClient) -> None:
    def check(filters: dict[str, object]) -> object:
        return client.post("/v1/claims/check", json={"claim": CLAIM, "filters": filters})

    assert_problem(check({"language": ["de"]}), 422, "invalid-request", "filters.language")
    assert_problem(check({"countries": ["Atlantis"]}), 422, "invalid-request", "filters.countries")
    assert_problem(check({"date_from": "soon"}), 422, "invalid-request", "filters.date_from")
    assert_problem(check({"narratives": ["bioweapon"]}), 422, "invalid-request", "narratives")


def test_refuses_empty_and_long_claims(serve: Serve, live_version: str) -> None:
    client = serve(max_claim_characters=100)
    assert_problem(client.post("/v1/claims/check", json={"claim": " "}), 422, "text-empty")
    assert_problem(client.post("/v1/claims/check", json={"claim": "word " * 30}), 413, "text-too-long")
    assert_problem(client.post("/v1/claims/check", json={"claim": CLAIM, "limit": 0}), 422, "invalid-request", "limit")


def test_batch_keeps_order_and_survives_a_bad_claim(client: TestClient) -> None:
    client.post("/v1/cases", json=CASE)
    results = client.post("/v1/claims/check/batch", json={"claims": [CLAIM, "", CLAIM]}).json()["results"]
    assert [entry["status"] for entry in results] == [200, 422, 200]
    assert results[2]["result"]["verdict"] == "match"


def test_batch_limit(serve: Serve, live_version: str) -> None:
    response = serve(max_batch=1).post("/v1/claims/check/batch", json={"claims": ["a", "b"]})
    assert_problem(response, 413, "too-many")
