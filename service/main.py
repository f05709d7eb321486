"""`create_app`: the one place where the parts of the service meet."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool

from leitmotif.errors import LeitmotifError
from leitmotif.live import LiveModel
from leitmotif.settings import Settings
from service.errors import add_handlers
from service.limits import LimitBody
from service.metrics import Metrics, Observe
from service.pages import router as pages
from service.pages import static_files, swagger_files
from service.parts import Parts, build_parts
from service.routes import (
    audit,
    bulk,
    cases,
    claims,
    classify,
    feedback,
    health,
    models,
    narratives,
    review,
    training,
    transfer,
)
from service.security import RequireKey, check_binding, documented_keys

logger = logging.getLogger(__name__)

DESCRIPTION = """Finds recurring disinformation narratives in a text, shows the sentences that carry them, and puts
the nearest known, already debunked cases beside them. Errors are RFC 9457 problems."""


def create_app(settings: Settings, build: Callable[[Settings], Parts] = build_parts) -> FastAPI:
    """The service for these settings.

    Raises:
        UnsafeBinding: it would serve the network without keys.
    """
    check_binding(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        parts = await run_in_threadpool(build, settings)
        try:
            app.state.parts = parts
            await run_in_threadpool(_warm_up, parts)
            follower = asyncio.create_task(_follow(parts.live, settings.model_poll_seconds))
            yield
            follower.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await follower
        finally:
            await run_in_threadpool(parts.close)

    # FastAPI's own pages load scripts from other sites; `pages` has one that does not.
    app = FastAPI(
        title="Leitmotif",
        version=version("leitmotif"),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.metrics = Metrics()
    add_handlers(app)
    # The last one added stands outermost.
    app.add_middleware(LimitBody, limit=settings.max_body_bytes)
    app.add_middleware(RequireKey, keys=settings.api_keys)
    app.add_middleware(Observe, metrics=app.state.metrics)
    app.include_router(_v1())
    app.include_router(health.router)
    app.include_router(pages)
    app.mount("/static/swagger", swagger_files, name="swagger")
    app.mount("/static", static_files, name="static")
    return app


def _v1() -> APIRouter:
    v1 = APIRouter(prefix="/v1", dependencies=[documented_keys])
    # `transfer` before `cases`: /cases/export would be taken for the id of a case.
    for module in (classify, claims, transfer, cases, narratives, training, bulk, models, audit, feedback, review):
        v1.include_router(module.router)
    return v1


def _warm_up(parts: Parts) -> None:
    """Encode cases that lack vectors and load the live model; without one the service starts and says so."""
    encoded = parts.library.bring_up_to_date()
    if encoded:
        logger.info("encoded %d cases", encoded)
    try:
        logger.info("model %s is live", parts.live.current().version)
    except LeitmotifError as error:
        logger.warning("%s", error)


async def _follow(live: LiveModel, seconds: float) -> None:
    """Look for a newly activated model now and then."""
    while True:
        await asyncio.sleep(seconds)
        try:
            if await run_in_threadpool(live.refresh):
                logger.info("model %s is live", live.current().version)
        except LeitmotifError as error:
            logger.debug("%s", error)
        except Exception:
            logger.exception("looking for a new live model failed")
