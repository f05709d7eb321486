"""The service on PostgreSQL: the address is all that changes."""

from __future__ import annotations

from fastapi.testclient import TestClient

from leitmotif.settings import Settings
from service.workflows import client as workflow_client
from tests.service.conftest import Serve
from tests.service.support import ARTICLE, CASE, OTHER


def test_cases_claims_and_articles(serve: Serve, live_version: str, postgres_url: str) -> None:
    client = serve(database_url=postgres_url)
    assert client.get("/readyz").status_code == 200
    put_both(client)
    listed = client.get("/v1/cases", params={"countries": "UA", "facets": "true"}).json()
    assert [case["id"] for case in listed["cases"]] == [CASE["id"]]
    assert listed["facets"]["narrative"] == {"bioweapons": 1}
    found = client.get("/v1/cases", params={"q": "plague biolab"}).json()
    assert found["cases"][0]["id"] == CASE["id"]
    checked = client.post("/v1/claims/check", json={"claim": CASE["title"]}).json()
    assert (checked["verdict"], checked["matches"][0]["case"]["id"]) == ("match", CASE["id"])
    answer = client.post("/v1/classify", json={"text": ARTICLE}).json()
    assert {near["case"]["id"] for near in answer["nearest_cases"]} == {CASE["id"], OTHER["id"]}
    timeline = client.get("/v1/narratives/false_flag/timeline", params={"by": "year"}).json()
    assert "2023" in str(timeline)
    assert client.delete(f"/v1/cases/{OTHER['id']}").status_code == 204
    assert client.get(f"/v1/cases/{OTHER['id']}").status_code == 404


def test_replicas_share_the_database(serve: Serve, live_version: str, postgres_url: str) -> None:
    one, two = serve(database_url=postgres_url), serve(database_url=postgres_url)
    put_both(one)
    checked = two.post("/v1/claims/check", json={"claim": CASE["summary"]}).json()
    assert checked["matches"][0]["case"]["id"] == CASE["id"]
    assert two.delete(f"/v1/cases/{CASE['id']}").status_code == 204
    assert one.get(f"/v1/cases/{CASE['id']}").status_code == 404


def test_what_postgres_cannot_keep_is_no_fault_of_the_server(
    serve: Serve, live_version: str, postgres_url: str
) -> None:
    client = serve(database_url=postgres_url)
    assert client.get("/v1/cases/a%00b").status_code == 404
    assert client.get("/v1/cases", params={"outlets": "R\x00T", "q": "\x00"}).status_code == 200
    long = CASE | {"id": "long", "outlets": ["x" * 5_000, "R\x00T"], "keywords": ["中" * 3_000]}
    assert client.post("/v1/cases", json=long).status_code == 201
    assert client.get("/v1/cases", params={"outlets": "R\x00T"}).json()["total"] == 1


def test_the_workflows_live_in_the_same_database(postgres_url: str, settings: Settings) -> None:
    with workflow_client(postgres_url) as client:
        assert client.list_workflows() == []


def put_both(client: TestClient) -> None:
    response = client.post("/v1/cases", json=[CASE, OTHER])
    assert response.status_code == 201, response.json()
