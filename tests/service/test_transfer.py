"""Import and export of cases."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from tests.service.conftest import Serve
from tests.service.support import CASE, OTHER, assert_problem

LINES = "\n".join(json.dumps(case) for case in (CASE, OTHER))
IMPORT = "/v1/cases/import"


def total(client: TestClient) -> int:
    return int(client.get("/v1/cases").json()["total"])


def test_import_is_idempotent(client: TestClient) -> None:
    first = client.post(IMPORT, content=LINES).json()
    again = client.post(IMPORT, content=LINES).json()
    assert (first["added"], first["changed"], first["unchanged"]) == (2, 0, 0)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 2)


def test_a_wrong_row_refuses_everything(client: TestClient) -> None:
    problem = assert_problem(client.post(IMPORT, content=LINES + '\n{"title": ""}\n{'), 422, "import-refused")
    assert [fault["where"] for fault in problem["errors"]] == ["row 3, title", "row 4"]
    assert total(client) == 0


def test_a_dry_run_writes_nothing_and_reports_every_fault(client: TestClient) -> None:
    report = client.post(f"{IMPORT}?dry_run=true", content=LINES + '\n{"title": "", "x": 1}').json()
    assert (report["added"], report["refused"], report["dry_run"]) == (2, 1, True)
    assert {fault["where"] for fault in report["errors"]} == {"row 3, title", "row 3, x"}
    assert total(client) == 0


@pytest.mark.parametrize("dry_run", [True, False])
def test_new_cases_that_look_like_known_ones_are_named(client: TestClient, dry_run: bool) -> None:
    client.post("/v1/cases", json=CASE)
    again = (
        json.dumps({"id": "again", "title": CASE["title"]}) + "\n" + json.dumps({"id": "x", "title": "Frogs rained"})
    )
    report = client.post(IMPORT, content=again, params={"dry_run": dry_run}).json()
    assert report["added"] == 2
    (warning,) = report["warnings"]
    assert warning["where"] == "case again"
    assert warning["message"].startswith(f"this looks like case {CASE['id']} (")
    assert warning["message"].endswith("probability 1.00")


def test_csv_with_columns_of_other_names(client: TestClient) -> None:
    text = "Claim;Published;Countries\nThe moon is staged;2021-02;UA\n"
    query = {"format": "csv", "map": ["title=Claim", "date=Published", "countries=Countries"]}
    assert client.post(IMPORT, content=text, params=query).json()["added"] == 1
    assert client.get("/v1/cases").json()["cases"][0]["date"] == "2021-02"


def test_wrong_options_and_files(client: TestClient) -> None:
    assert_problem(client.post(f"{IMPORT}?format=xls", content=LINES), 422, "invalid-request", "format")
    assert_problem(client.post(f"{IMPORT}?map=title", content=LINES), 422, "invalid-request")
    assert_problem(client.post(IMPORT, content=b"\xff\xfe\x00"), 415, "unsupported-format")


def test_too_many_rows(serve: Serve) -> None:
    assert_problem(serve(max_import_rows=1).post(IMPORT, content=LINES), 413, "too-many")


def test_what_is_exported_can_be_imported_unchanged(client: TestClient) -> None:
    client.post(IMPORT, content=LINES)
    for kind in ("jsonl", "csv"):
        response = client.get(f"/v1/cases/export?format={kind}")
        assert f"cases.{kind}" in response.headers["content-disposition"]
        assert client.post(f"{IMPORT}?format={kind}", content=response.content).json()["unchanged"] == 2


def test_export_is_filtered(client: TestClient) -> None:
    client.post(IMPORT, content=LINES)
    lines = client.get("/v1/cases/export?narratives=false_flag").text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [OTHER["id"]]
