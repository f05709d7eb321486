"""`leitmotif serve`."""

from __future__ import annotations

import logging
import threading
from typing import Annotated

import typer

from leitmotif.registry import Registry
from leitmotif.settings import Settings
from service.cli.context import load_settings, opened_ledger, opened_store
from service.cli.output import print_note

_STOP_SECONDS = 10


def serve(
    host: Annotated[str | None, typer.Option(help="Address to serve on; else LEITMOTIF_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; else LEITMOTIF_PORT. 0 takes a free one.")] = None,
) -> None:
    """Serve the HTTP API and the page until stopped."""
    import uvicorn

    from service.main import create_app
    from service.supervisor import embedded_worker

    changes = {"host": host, "port": port}
    settings = load_settings().model_copy(update={key: value for key, value in changes.items() if value is not None})
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    app = create_app(settings)
    _say_what_is_missing(settings)
    with embedded_worker(settings):
        uvicorn.run(
            app,
            host=settings.host,
            port=settings.port,
            log_level=settings.log_level,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )


def worker(
    check: Annotated[bool, typer.Option("--check", help="Only look whether a worker of this machine lives.")] = False,
) -> None:
    """Do the training and bulk runs that services queue, until stopped. Any number may run; one at a time trains."""
    settings = load_settings()
    if check:
        with opened_ledger(settings) as ledger:
            raise typer.Exit(0 if ledger.workers.any_here() else 1)
    from service.worker import run_until_stopped

    run_until_stopped(settings, threading.Event())


def _say_what_is_missing(settings: Settings) -> None:
    with opened_store() as store:
        empty = store.count_cases() == 0
    untrained = not (settings.models_dir / "CURRENT").is_file() or not Registry(settings.models_dir).versions()
    if empty and untrained:
        print_note("This installation is empty: run `leitmotif prepare`, which loads the cases and trains a model.")
    elif untrained:
        print_note("No model is live, so nothing can be classified: run `leitmotif train`.")
    elif empty:
        print_note("The database holds no cases: run `leitmotif cases import data/cases/*.jsonl`.")
