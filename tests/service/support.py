"""Helpers of the service's tests."""

from __future__ import annotations

from typing import Any

from leitmotif.registry import Registry

CASE: dict[str, Any] = {
    "id": "case-biolab",
    "title": "The US breeds plague in a biolab near Kharkiv",
    "summary": "American scientists breed plague in a secret biolab near Kharkiv.",
    "response": "The laboratory is a public health station; inspectors found no such work.",
    "narratives": ["bioweapons"],
    "url": "https://example.org/biolab",
    "date": "2022-03-09",
    "languages": ["ru"],
    "countries": ["UA", "US"],
    "outlets": ["Sputnik"],
    "keywords": ["Biological weapons"],
}
OTHER: dict[str, Any] = {
    "id": "case-staged",
    "title": "The attack on the market was staged by actors",
    "narratives": ["false_flag"],
    "date": "2023-05",
    "languages": ["en"],
    "countries": ["SY"],
    "outlets": ["RT"],
}
ARTICLE = (
    "🌍 The minister spoke for an hour.\n\n“They breed plague in a biolab near Kharkiv”, Sergei Ivanov said on Monday. "
    "The weather was fine in the whole country."
)


def publish(registry: Registry, **changes: Any) -> str:
    """Publish a version that holds nothing but a card."""
    described: dict[str, Any] = {
        "encoder": "tiny",
        "labels": ["bioweapons"],
        "codebook_sha256": "0",
        "data_sha256": "0",
        "settings_sha256": "0",
        "seed": 1,
        "libraries": {"numpy": "2"},
        "metrics": {"macro_f1": 0.5},
    }
    with registry.publishing(**(described | changes)) as (version, folder):
        (folder / "card.md").write_text("# Card\n", encoding="utf-8")
    return version


def assert_problem(response: Any, status: int, kind: str, where: str | None = None) -> dict[str, Any]:
    """Check the shape of a problem, and that a field or row is named; returns it."""
    body: dict[str, Any] = response.json()
    assert response.status_code == status, body
    assert response.headers["content-type"] == "application/problem+json"
    assert set(body) == {"type", "title", "status", "detail", "instance", "errors"}
    assert body["type"] == f"urn:leitmotif:problem:{kind}", body
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    if where is not None:
        assert where in [fault["where"] for fault in body["errors"]], body["errors"]
    return body
