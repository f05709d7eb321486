"""`POST /v1/classify` and its batch."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.service.conftest import Serve
from tests.service.doubles import BREAKING_WORD
from tests.service.support import ARTICLE, CASE, OTHER, assert_problem


def test_answers_the_whole_contract(client: TestClient, live_version: str) -> None:
    client.post("/v1/cases", json=CASE)
    answer = client.post("/v1/classify", json={"text": ARTICLE}).json()
    assert set(answer) == {
        "model", "language", "outcome", "labels", "scores", "nearest_cases", "analysed", "warnings",
    }  # fmt: skip
    assert answer["model"]["version"] == live_version
    assert answer["outcome"] == "labelled"
    assert answer["labels"] == ["bioweapons"]
    assert answer["language"]["code"] == "en"
    assert answer["analysed"]["characters"] == len(ARTICLE)
    assert answer["nearest_cases"][0]["case"]["id"] == CASE["id"]


def test_scores_hold_every_narrative_highest_first(client: TestClient) -> None:
    scores = client.post("/v1/classify", json={"text": ARTICLE}).json()["scores"]
    ids = [entry["id"] for entry in client.get("/v1/narratives").json()["narratives"]]
    assert sorted(score["narrative"] for score in scores) == sorted(ids)
    probabilities = [score["probability"] for score in scores]
    assert probabilities == sorted(probabilities, reverse=True)


def test_offsets_count_code_points_of_the_text_as_sent(client: TestClient) -> None:
    client.post("/v1/cases", json=CASE)
    answer = client.post("/v1/classify", json={"text": ARTICLE}).json()
    spans = [found for score in answer["scores"] for found in score["evidence"]]
    spans += [nearest["span"] for nearest in answer["nearest_cases"]]
    assert spans
    for span in spans:
        assert ARTICLE[span["start"] : span["end"]] == span["exact"]


def test_names_who_is_quoted(client: TestClient) -> None:
    score = client.post("/v1/classify", json={"text": ARTICLE}).json()["scores"][0]
    assert score["stance"] == "attributed"
    assert score["evidence"][0]["speaker"] == "Sergei Ivanov"


def test_evidence_and_neighbours_can_be_left_out(client: TestClient) -> None:
    client.post("/v1/cases", json=CASE)
    answer = client.post("/v1/classify", json={"text": ARTICLE, "evidence": False, "neighbours": 0}).json()
    assert answer["nearest_cases"] == []
    assert all(score["evidence"] == [] for score in answer["scores"])


def test_neighbours_limits_the_cases(client: TestClient) -> None:
    client.post("/v1/cases", json=[CASE, OTHER])
    answer = client.post("/v1/classify", json={"text": ARTICLE, "neighbours": 1}).json()
    assert len(answer["nearest_cases"]) == 1


def test_plain_text(client: TestClient) -> None:
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    response = client.post("/v1/classify?neighbours=0&evidence=false", content=ARTICLE.encode(), headers=headers)
    answer = response.json()
    assert answer["labels"] == ["bioweapons"]
    assert answer["analysed"]["text"] is None


def test_html_offsets_refer_to_the_text_that_is_returned(client: TestClient) -> None:
    page = (
        f"<html><head><title>News</title></head><body><nav>Home</nav><article><p>{ARTICLE}</p></article></body></html>"
    )
    answer = client.post("/v1/classify", content=page.encode(), headers={"Content-Type": "text/html"}).json()
    text = answer["analysed"]["text"]
    found = answer["scores"][0]["evidence"][0]
    assert text[found["start"] : found["end"]] == found["exact"]
    assert "<p>" not in text


def test_unsure_says_why(client: TestClient) -> None:
    answer = client.post("/v1/classify", json={"text": "A biolab.", "language": "en"}).json()
    assert answer["outcome"] == "unsure"
    assert answer["labels"] == []
    assert "too short" in answer["warnings"][0]


def test_none_is_an_outcome(client: TestClient) -> None:
    answer = client.post("/v1/classify", json={"text": "The weather was fine in the whole country."}).json()
    assert (answer["outcome"], answer["labels"]) == ("none", [])


@pytest.mark.parametrize(
    ("body", "kind", "where"),
    [
        ({"text": "  "}, "text-empty", None),
        ({}, "invalid-record", "text"),
        ({"text": ARTICLE, "neigbours": 3}, "invalid-record", "neigbours"),
        ({"text": ARTICLE, "neighbours": -1}, "invalid-record", "neighbours"),
        ({"text": ARTICLE, "language": "klingonish"}, "invalid-record", "language"),
    ],
)
def test_refuses_what_it_cannot_use(client: TestClient, body: dict[str, object], kind: str, where: str | None) -> None:
    assert_problem(client.post("/v1/classify", json=body), 422, kind, where)


def test_broken_json_is_named(client: TestClient) -> None:
    response = client.post("/v1/classify", content=b'{"text": ', headers={"Content-Type": "application/json"})
    assert_problem(response, 422, "invalid-record")


def test_other_media_types_and_wrong_charsets_are_415(client: TestClient) -> None:
    pdf = client.post("/v1/classify", content=b"%PDF", headers={"Content-Type": "application/pdf"})
    assert_problem(pdf, 415, "unsupported-format")
    latin = client.post("/v1/classify", content="é".encode("latin-1"), headers={"Content-Type": "text/plain"})
    assert_problem(latin, 415, "unsupported-format")


def test_a_long_text_is_413_and_never_cut(serve: Serve, live_version: str) -> None:
    client = serve(max_text_characters=50)
    assert_problem(client.post("/v1/classify", json={"text": "word " * 11}), 413, "text-too-long")


def test_without_a_model_503_says_what_to_run(serve: Serve) -> None:
    response = serve().post("/v1/classify", json={"text": ARTICLE})
    assert "leitmotif train" in assert_problem(response, 503, "no-live-model")["detail"]
    assert response.headers["retry-after"]


def test_one_bad_article_does_not_sink_the_batch(client: TestClient) -> None:
    articles = [{"text": ARTICLE}, {"txt": "typo"}, {"text": ""}, "no object", {"text": ARTICLE, "evidence": False}]
    results = client.post("/v1/classify/batch", json={"articles": articles}).json()["results"]
    assert [entry["status"] for entry in results] == [200, 422, 422, 422, 200]
    assert results[0]["result"]["labels"] == ["bioweapons"]
    assert results[0]["problem"] is None
    assert "txt" in [fault["where"] for fault in results[1]["problem"]["errors"]]
    assert results[2]["problem"]["instance"] == "/v1/classify/batch#articles/2"


def test_batch_limits(serve: Serve, live_version: str) -> None:
    client = serve(max_batch=2)
    assert_problem(client.post("/v1/classify/batch", json={"articles": [{"text": "a"}] * 3}), 413, "too-many")
    assert_problem(client.post("/v1/classify/batch", json={"articles": []}), 422, "invalid-request", "articles")


def test_unexpected_errors_show_no_internals(client: TestClient) -> None:
    response = client.post("/v1/classify", json={"text": f"This is an {BREAKING_WORD} of a text."})
    problem = assert_problem(response, 500, "internal-error")
    assert "secret" not in response.text
    assert response.headers["x-request-id"] in problem["detail"]
