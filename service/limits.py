"""Limits on what the service takes on: the size of a body, and how many analyses run and wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leitmotif.errors import Busy

ResultT = TypeVar("ResultT")


class AnalysisPool:
    """Runs analyses in threads, some at once and some waiting; refuses the rest."""

    def __init__(self, concurrent: int, queued: int) -> None:
        self._executor = ThreadPoolExecutor(concurrent, thread_name_prefix="analysis")
        self._room = concurrent + queued
        self._pending = 0
        self._lock = threading.Lock()

    @property
    def pending(self) -> int:
        """How many analyses run or wait."""
        return self._pending

    async def run(self, work: Callable[[], ResultT], *, patient: bool = False) -> ResultT:
        """The result of `work`, done in a thread.

        Args:
            work: what to do.
            patient: wait even where the queue is full; for the later articles of a batch that was let in.

        Raises:
            Busy: the queue is full.
        """
        with self._lock:
            if self._pending >= self._room and not patient:
                raise Busy("As many analyses as allowed are under way and waiting: try again in a few seconds.")
            self._pending += 1
        future = self._executor.submit(work)
        future.add_done_callback(self._leave)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _leave(self, _: Future[Any]) -> None:
        with self._lock:
            self._pending -= 1


class BodyTooLarge(HTTPException):
    """Raised out of `receive`. FastAPI turns any other class of exception there into a 400."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"The body is larger than {limit} bytes (LEITMOTIF_MAX_BODY_BYTES): send it in parts.")


class LimitBody:
    """ASGI middleware that counts a body as it streams in and stops at the limit."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"")
        received = 0

        async def counted() -> Message:
            nonlocal received
            if declared.isdigit() and int(declared) > self._limit:
                raise BodyTooLarge(self._limit)
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise BodyTooLarge(self._limit)
            return message

        await self._app(scope, counted, send)
