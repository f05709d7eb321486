"""`/v1/cases`: writing, reading, listing, searching."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.service.support import CASE, OTHER, assert_problem


@pytest.fixture
def library(client: TestClient) -> TestClient:
    assert client.post("/v1/cases", json=[CASE, OTHER]).status_code == 201
    return client


def ids(client: TestClient, **query: Any) -> list[str]:
    return [case["id"] for case in client.get("/v1/cases", params=query).json()["cases"]]


def test_create_one_then_read_it(client: TestClient) -> None:
    response = client.post("/v1/cases", json=CASE)
    assert response.status_code == 201
    assert client.get(response.headers["location"]).json() == CASE | {"appearances": [], "label_source": "human"}


def test_an_id_is_derived_where_there_is_none(client: TestClient) -> None:
    first = client.post("/v1/cases", json={"title": "A claim"})
    again = client.post("/v1/cases", json={"title": "A claim"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["ids"] == again.json()["ids"]


def test_creating_twice_changes_nothing_and_changing_is_a_conflict(library: TestClient) -> None:
    assert library.post("/v1/cases", json=CASE).json()["unchanged"] == 1
    response = library.post("/v1/cases", json=CASE | {"title": "Another"})
    assert CASE["id"] in assert_problem(response, 409, "case-exists")["detail"]
    assert library.get(f"/v1/cases/{CASE['id']}").json()["title"] == CASE["title"]


def test_of_many_all_are_written_or_none(client: TestClient) -> None:
    records = [CASE, {"title": ""}, OTHER | {"date": "yesterday"}, {"title": "x", "narratives": ["nonsense"]}]
    problem = assert_problem(client.post("/v1/cases", json=records), 422, "invalid-record")
    places = [fault["where"] for fault in problem["errors"]]
    assert places == ["record 2, title", "record 3, date", "record 4, narratives"]
    assert ids(client) == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"titel": "x"}, "titel"),
        ({"languages": ["xx"]}, "languages"),
        ({"countries": ["Atlantis"]}, "countries"),
        ({"url": "no url"}, "url"),
        ({"narratives": ["nonsense"]}, "narratives"),
    ],
)
def test_wrong_fields_are_named(client: TestClient, change: dict[str, Any], where: str) -> None:
    assert_problem(client.post("/v1/cases", json=CASE | change), 422, "invalid-record", where)


def test_put_adds_then_replaces(client: TestClient) -> None:
    record = {key: value for key, value in CASE.items() if key != "id"}
    assert client.put("/v1/cases/mine", json=record).status_code == 201
    assert client.put("/v1/cases/mine", json=record | {"id": "mine", "title": "Changed"}).status_code == 200
    assert client.get("/v1/cases/mine").json()["title"] == "Changed"
    assert_problem(client.put("/v1/cases/mine", json=CASE), 422, "invalid-record", "id")


def test_a_change_is_searchable_at_once(library: TestClient) -> None:
    library.put(f"/v1/cases/{OTHER['id']}", json=OTHER | {"title": "Zeppelins over the harbour"})
    assert ids(library, q="zeppelins", limit=1) == [OTHER["id"]]


def test_delete(library: TestClient) -> None:
    assert library.delete(f"/v1/cases/{CASE['id']}").status_code == 204
    assert_problem(library.delete(f"/v1/cases/{CASE['id']}"), 404, "not-found")
    assert_problem(library.get(f"/v1/cases/{CASE['id']}"), 404, "not-found")
    assert ids(library, q="plague biolab") == [OTHER["id"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["case-staged", "case-biolab"]),
        ({"narratives": "bioweapons"}, ["case-biolab"]),
        ({"narratives": ["bioweapons", "false_flag"]}, ["case-staged", "case-biolab"]),
        ({"languages": "en"}, ["case-staged"]),
        ({"countries": "Ukraine"}, ["case-biolab"]),
        ({"outlets": "sputnik"}, ["case-biolab"]),
        ({"keywords": "biological weapons"}, ["case-biolab"]),
        ({"date_from": "2023"}, ["case-staged"]),
        ({"date_to": "2022"}, ["case-biolab"]),
        ({"narratives": "bioweapons", "languages": "en"}, []),
    ],
)
def test_filters(library: TestClient, query: dict[str, Any], expected: list[str]) -> None:
    assert ids(library, **query) == expected


def test_pages_cover_everything_once(client: TestClient) -> None:
    client.post("/v1/cases", json=[{"id": f"c{n}", "title": f"Claim {n}", "date": "2024"} for n in range(7)])
    seen, cursor = [], ""
    while True:
        page = client.get("/v1/cases", params={"limit": 3, "cursor": cursor}).json()
        seen += [case["id"] for case in page["cases"]]
        assert page["total"] == 7
        if page["cursor"] is None:
            break
        cursor = page["cursor"]
    assert sorted(seen) == [f"c{n}" for n in range(7)]
    assert len(seen) == 7


def test_pages_of_a_search_cover_everything_once(client: TestClient) -> None:
    client.post("/v1/cases", json=[{"id": f"c{n}", "title": f"Claim {n}", "date": "2024"} for n in range(7)])
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get("/v1/cases", params={"q": "claim 3", "limit": 3, "cursor": cursor, "facets": True}).json()
        seen += [case["id"] for case in page["cases"]]
        assert page["total"] == 7
        cursor = page["cursor"]
    assert sorted(seen) == [f"c{n}" for n in range(7)]
    assert seen[0] == "c3"


def test_similar_cases(library: TestClient) -> None:
    twin = CASE | {"id": "twin", "url": "", "languages": ["en"]}
    library.post("/v1/cases", json=twin)
    matches = library.get(f"/v1/cases/{CASE['id']}/similar").json()["matches"]
    assert [match["case"]["id"] for match in matches] == ["twin", OTHER["id"]]
    assert (matches[0]["exact"], matches[0]["tier"], matches[1]["tier"]) == (True, "match", "no_match")
    filtered = library.get(f"/v1/cases/{CASE['id']}/similar", params={"limit": 1, "outlets": "RT"}).json()["matches"]
    assert [match["case"]["id"] for match in filtered] == [OTHER["id"]]
    assert_problem(library.get("/v1/cases/nobody/similar"), 404, "not-found")
    assert_problem(library.get(f"/v1/cases/{CASE['id']}/similar?limit=0"), 422, "invalid-request", "limit")


def test_facets_count_what_passes(library: TestClient) -> None:
    facets = library.get("/v1/cases", params={"facets": True, "narratives": "bioweapons"}).json()["facets"]
    assert facets["country"] == {"UA": 1, "US": 1}


def test_wrong_queries_are_named(library: TestClient) -> None:
    assert_problem(library.get("/v1/cases?cursor=nonsense"), 422, "invalid-cursor")
    assert_problem(library.get("/v1/cases?q=x&cursor=abc"), 422, "invalid-cursor")
    assert_problem(library.get("/v1/cases?limit=0"), 422, "invalid-request", "limit")
    assert_problem(library.get("/v1/cases?narrative=x"), 422, "invalid-request", "narrative")
    assert_problem(library.get("/v1/cases?narratives=x"), 422, "invalid-request", "narratives")


def test_narratives_count_their_cases(library: TestClient) -> None:
    listed = {entry["id"]: entry["cases"] for entry in library.get("/v1/narratives").json()["narratives"]}
    assert listed["bioweapons"] == 1
    assert library.get("/v1/narratives/bioweapons").json()["cases"] == 1
    assert_problem(library.get("/v1/narratives/nonsense"), 404, "not-found")


def test_timeline(library: TestClient) -> None:
    def counts(by: str) -> dict[str, int]:
        body = library.get(f"/v1/narratives/bioweapons/timeline?by={by}").json()
        return {entry["value"]: entry["count"] for entry in body["counts"]}

    assert counts("month") == {"2022-03": 1}
    assert counts("country") == {"UA": 1, "US": 1}
    assert_problem(library.get("/v1/narratives/bioweapons/timeline?by=day"), 422, "invalid-request", "by")
    assert_problem(library.get("/v1/narratives/nonsense/timeline"), 404, "not-found")
