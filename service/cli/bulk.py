"""`leitmotif bulk`: score a file of articles."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from leitmotif.errors import LeitmotifError
from leitmotif.settings import Settings
from service.cli.context import load_settings, opened_ledger
from service.cli.output import print_json, print_line, print_note, print_table, progress_bar

if TYPE_CHECKING:
    from leitmotif.ledger import Ledger
    from leitmotif.ledger.bulk import BulkRun
    from service.bulk.runs import BulkRuns, BulkState, Files

_LOOK_SECONDS = 0.5

Json = Annotated[bool, typer.Option("--json", help="JSON instead of tables.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="Id of a bulk run.")]


class RunByDefault(TyperGroup):
    """`leitmotif bulk INPUT OUTPUT` is short for `leitmotif bulk run INPUT OUTPUT`."""

    # Typer carries a copy of click: which of the two a context belongs to depends on its version.
    def parse_args(self, context: Any, arguments: list[str]) -> list[str]:
        if arguments and arguments[0] not in {*self.commands, "--help"}:
            arguments = ["run", *arguments]
        parsed: list[str] = super().parse_args(context, arguments)
        return parsed


app = typer.Typer(
    help="Score a file of articles: `leitmotif bulk INPUT OUTPUT`.", no_args_is_help=True, cls=RunByDefault
)


@app.command("run")
def run_bulk(
    source: Annotated[str, typer.Argument(metavar="INPUT", help="A .jsonl, .csv or .parquet file; path or URL.")],
    output: Annotated[str, typer.Argument(metavar="OUTPUT", help="The results, .jsonl or .parquet; path or URL.")],
    wait: Annotated[bool, typer.Option(help="Wait until it is done.")] = True,
    form: Annotated[str, typer.Option("--format", help="jsonl or parquet; else by the output's name.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace an output that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Score every article of a file; with no worker about, in this process."""
    from service.bulk.runs import Files

    settings = load_settings()
    files = Files(source, output, form)
    with opened_ledger(settings) as ledger:
        runs = _runs(ledger, settings)
        if wait and _is_alone(settings, ledger):
            state = _score_here(settings, ledger, runs, files, force)
        else:
            run = runs.start(files, confined=False, replace_output=force)
            if not ledger.workers.count():
                print_note("No worker lives, so the run waits: start `leitmotif worker`.")
            state = _follow(runs, run.id) if wait else runs.get(run.id)
    _show(state, as_json=as_json)


@app.command("list")
def list_runs(as_json: Json = False) -> None:
    """List the latest bulk runs."""
    from service.schemas_bulk import BulkRunListBody, bulk_body

    settings = load_settings()
    with opened_ledger(settings) as ledger:
        states = _runs(ledger, settings).list()
        workers = ledger.workers.count()
    if as_json:
        print_json(BulkRunListBody(runs=[bulk_body(state) for state in states], workers=workers))
    else:
        rows = [(s.run.id, s.run.status, _count(s), s.run.input, s.run.output) for s in states]
        print_table("Bulk runs", ("run", "status", "articles", "input", "output"), rows)
    if not states:
        raise typer.Exit(1)


@app.command("show")
def show_run(run_id: RunId, as_json: Json = False) -> None:
    """Show how far a bulk run has come."""
    settings = load_settings()
    with opened_ledger(settings) as ledger:
        _show(_runs(ledger, settings).get(run_id), as_json=as_json)


@app.command("cancel")
def cancel_run(run_id: RunId) -> None:
    """Stop a bulk run; its results so far go."""
    settings = load_settings()
    with opened_ledger(settings) as ledger:
        state = _runs(ledger, settings).cancel(run_id)
    print_line(f"{run_id} is {state.run.status if not state.run.unfinished else 'being cancelled'}")


@app.command("resume")
def resume_run(run_id: RunId, as_json: Json = False) -> None:
    """Take up a failed bulk run again; what is scored stays scored."""
    settings = load_settings()
    with opened_ledger(settings) as ledger:
        runs = _runs(ledger, settings)
        if _is_alone(settings, ledger):
            state = _resume_here(settings, ledger, runs, run_id)
        else:
            state = _follow(runs, runs.resume(run_id).id)
    _show(state, as_json=as_json)


def _runs(ledger: Ledger, settings: Settings) -> BulkRuns:
    from leitmotif.registry import Registry
    from service.bulk.runs import BulkRuns
    from service.bulk.workflows import enqueue_run

    return BulkRuns(ledger, settings, Registry(settings.models_dir), enqueue_run)


def _is_alone(settings: Settings, ledger: Ledger) -> bool:
    """Whether this process has to do the work: one machine, and no worker on it."""
    return settings.database_url.startswith("sqlite:") and not ledger.workers.count()


def _score_here(settings: Settings, ledger: Ledger, runs: BulkRuns, files: Files, force: bool) -> BulkState:
    with _worker_here(ledger) as me:
        run = runs.record(files, confined=False, replace_output=force, durable=False, worker=me)
        return _execute(settings, ledger, runs, run, me)


def _resume_here(settings: Settings, ledger: Ledger, runs: BulkRuns, run_id: str) -> BulkState:
    with _worker_here(ledger) as me:
        return _execute(settings, ledger, runs, runs.reopen(run_id, worker=me), me)


def _execute(settings: Settings, ledger: Ledger, runs: BulkRuns, run: BulkRun, me: str) -> BulkState:
    """The run, done in this process. If it is killed, the run is left for `leitmotif bulk resume`."""
    from transformers.utils import logging

    from service.bulk.runs import execute
    from service.bulk.stages import BulkStages
    from service.scorers import PinnedScorers

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    scorers = PinnedScorers(settings)
    try:
        with progress_bar() as progress:
            execute(BulkStages(settings, ledger, scorers, me), run, progress)
    finally:
        scorers.close()
    return runs.get(run.id)


@contextmanager
def _worker_here(ledger: Ledger) -> Iterator[str]:
    from leitmotif.ledger.workers import this_shell

    me = this_shell()
    with ledger.workers.living(me):
        yield me.id


def _follow(runs: BulkRuns, run_id: str) -> BulkState:
    """Show a run's progress until it is over.

    Raises:
        LeitmotifError: it failed or was cancelled.
    """
    with progress_bar() as progress:
        while (state := runs.get(run_id)).run.unfinished:
            progress(_pace(state), state.share)
            time.sleep(_LOOK_SECONDS)
    if state.run.error:
        raise LeitmotifError(state.run.error)
    return state


def _pace(state: BulkState) -> str:
    left = "" if state.seconds_left is None else f", {state.seconds_left:.0f} s left"
    return f"{state.run.stage} ({state.workers} workers{left})"


def _show(state: BulkState, *, as_json: bool) -> None:
    from service.schemas_bulk import bulk_body

    if as_json:
        print_json(bulk_body(state))
        return
    pace = "" if state.articles_a_second is None else f", {state.articles_a_second:g} a second"
    print_line(f"{state.run.id} {state.run.status}: {_count(state)} articles{pace}", "bold")
    print_line(f"{state.run.output}, scored by {state.run.version}")
    if state.progress.errors:
        print_line(f"{state.progress.errors} rows could not be analysed; `error` in the results says why")
    if state.run.error:
        print_line(state.run.error)


def _count(state: BulkState) -> str:
    return f"{state.progress.articles}/{'?' if state.run.articles is None else state.run.articles}"
