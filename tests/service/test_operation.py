"""Keys, limits, health, metrics and the shape of errors in general."""

from __future__ import annotations

import asyncio
import threading

import pytest
from fastapi.testclient import TestClient

from leitmotif.errors import Busy, LeitmotifError, UnsafeBinding
from leitmotif.settings import Settings
from service.errors import TABLE, status_of
from service.limits import AnalysisPool
from service.main import create_app
from tests.service.conftest import Serve
from tests.service.support import ARTICLE, CASE, assert_problem

OPEN = ("/", "/livez", "/readyz", "/metrics", "/docs", "/openapi.json", "/static/app.js")


def test_keys_guard_everything_but_what_is_open(serve: Serve, live_version: str) -> None:
    client = serve(api_keys=("first", "sécond"))
    for path in OPEN:
        assert client.get(path).status_code == 200, path
    response = client.get("/v1/cases")
    assert_problem(response, 401, "unauthorised")
    assert response.headers["www-authenticate"] == "Bearer"
    for headers in ({"Authorization": "Bearer first"}, {"X-API-Key": "first"}, {"X-API-Key": "sécond".encode()}):
        assert client.get("/v1/cases", headers=headers).status_code == 200
    for wrong in ({"Authorization": "Bearer wrong"}, {"Authorization": "Basic first"}, {"X-API-Key": ""}):
        assert_problem(client.get("/v1/cases", headers=wrong), 401, "unauthorised")
    assert_problem(client.get("/nonsense"), 401, "unauthorised")


def test_pages_of_other_sites_cannot_write(client: TestClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert_problem(client.post("/v1/cases/import", content="{}", headers=headers), 403, "forbidden")
    assert client.post("/v1/cases", json=CASE, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 201


def test_serving_the_network_needs_keys(settings: Settings) -> None:
    public = settings.model_copy(update={"host": "0.0.0.0"})
    with pytest.raises(UnsafeBinding, match="LEITMOTIF_API_KEYS"):
        create_app(public)
    create_app(public.model_copy(update={"api_keys": ("key",)}))
    create_app(public.model_copy(update={"allow_public_without_keys": True}))


def test_large_bodies_stop_at_the_limit(serve: Serve, live_version: str) -> None:
    client = serve(max_body_bytes=1_000)
    for path in ("/v1/cases", "/v1/cases/import", "/v1/classify"):
        assert_problem(client.post(path, content=b"x" * 1_001), 413, "too-large")
        streamed = client.post(
            path, content=(b"x" * 100 for _ in range(20)), headers={"Content-Type": "application/json"}
        )
        assert_problem(streamed, 413, "too-large")
    assert client.post("/v1/classify", json={"text": ARTICLE}).status_code == 200


def test_the_pool_refuses_what_does_not_fit() -> None:
    async def scenario() -> None:
        pool, gate = AnalysisPool(concurrent=1, queued=1), threading.Event()
        waiting = [asyncio.create_task(pool.run(gate.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await pool.run(gate.wait)
        patient = asyncio.create_task(pool.run(lambda: "done", patient=True))
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*waiting)
        assert await patient == "done"
        pool.close()
        assert pool.pending == 0

    asyncio.run(scenario())


def test_busy_is_503_with_retry_after(serve: Serve, live_version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve()
    pool = client.app.state.parts.pool  # type: ignore[attr-defined]
    monkeypatch.setattr(pool, "_room", 0)
    response = client.post("/v1/classify", json={"text": ARTICLE})
    assert_problem(response, 503, "busy")
    assert int(response.headers["retry-after"]) > 0


def test_ready_only_with_a_model(serve: Serve) -> None:
    client = serve()
    assert client.get("/livez").json() == {"status": "ok"}
    assert_problem(client.get("/readyz"), 503, "not-ready", "model")


def test_ready_names_the_model(client: TestClient, live_version: str) -> None:
    assert client.get("/readyz").json() == {"status": "ok", "model": live_version}


def test_metrics_count_by_pattern_and_not_by_path(client: TestClient, live_version: str) -> None:
    client.post("/v1/cases", json=CASE)
    client.get(f"/v1/cases/{CASE['id']}")
    client.get("/v1/cases/nonsense")
    client.get("/random-path")
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    assert 'leitmotif_requests_total{method="GET",route="/v1/cases/{case_id}",status="200"} 1.0' in response.text
    assert 'route="/v1/cases/{case_id}",status="404"' in response.text
    assert "random-path" not in response.text
    assert "leitmotif_cases 1.0" in response.text
    assert f'leitmotif_live_model{{version="{live_version}"}} 1.0' in response.text


def test_unknown_addresses_and_methods_are_problems(client: TestClient) -> None:
    assert_problem(client.get("/v1/nonsense"), 404, "not-found")
    response = client.patch("/v1/classify")
    assert_problem(response, 405, "method-not-allowed")
    assert "POST" in response.headers["allow"]


def test_every_error_has_a_status() -> None:
    def tree(kind: type[LeitmotifError]) -> list[type[LeitmotifError]]:
        return [kind, *(below for child in kind.__subclasses__() for below in tree(child))]

    for kind in tree(LeitmotifError):
        status, name = status_of(kind("message"))
        assert 400 <= status < 600
        assert name
    assert LeitmotifError in TABLE


def test_every_answer_carries_a_request_id(client: TestClient) -> None:
    first, second = (client.get("/livez").headers["x-request-id"] for _ in range(2))
    assert first != second
