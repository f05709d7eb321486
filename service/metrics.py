"""Numbers for Prometheus, and the middleware that counts requests, names them and catches what nobody expected."""

from __future__ import annotations

import logging
import time
import uuid

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leitmotif.errors import LeitmotifError
from service.errors import problem, problem_response
from service.parts import Parts

logger = logging.getLogger(__name__)

_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)


class Metrics:
    """The numbers of one app."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("leitmotif_requests", "Requests answered.", labels, registry=self._registry)
        self._seconds = Histogram(
            "leitmotif_request_seconds", "Time to answer.", ("route",), buckets=_SECONDS, registry=self._registry
        )
        self._pending = Gauge("leitmotif_analyses_pending", "Analyses that run or wait.", registry=self._registry)
        self._cases = Gauge("leitmotif_cases", "Cases in the database.", registry=self._registry)
        self._model = Gauge("leitmotif_live_model", "1 for the live version.", ("version",), registry=self._registry)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note an answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def render(self, parts: Parts) -> tuple[bytes, str]:
        """Everything in text format, with its media type. What cannot be read just now is left as it was."""
        self._pending.set(parts.pool.pending)
        try:
            self._cases.set(parts.store.count_cases())
            version = parts.registry.live()
        except LeitmotifError:
            version = ""
        self._model.clear()
        if version:
            self._model.labels(version).set(1)
        return generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4


class Observe:
    """Outermost ASGI middleware: a request id, a count, and a problem instead of a stack trace."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, started, status = uuid.uuid4().hex, time.perf_counter(), 0

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, named)
        except Exception:
            logger.exception("request %s: %s %s failed", request_id, scope["method"], scope["path"])
            if status:
                raise
            await _unexpected(scope["path"], request_id)(scope, receive, named)
        finally:
            self._metrics.count(_method(scope), _route(scope), status, time.perf_counter() - started)


def _unexpected(path: str, request_id: str) -> ASGIApp:
    detail = f"Something unexpected went wrong; the log names it under request id {request_id}."
    return problem_response(problem(500, "internal-error", detail, instance=path))


def _route(scope: Scope) -> str:
    """The route's pattern, never the path itself, so that ids do not become labels."""
    if "route" not in scope:
        return "unknown"
    pattern: str = scope["path"]
    for name, value in scope.get("path_params", {}).items():
        pattern = pattern.replace(f"/{value}", f"/{{{name}}}", 1)
    return pattern


def _method(scope: Scope) -> str:
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return scope["method"] if scope["method"] in known else "OTHER"
