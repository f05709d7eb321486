"""`leitmotif prepare`, `train` and `evaluate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from leitmotif.errors import ModelError, ModelNotFound, NoLiveModel
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from service.cli.context import load_settings, opened_ledger, opened_parts, opened_store
from service.cli.output import print_json, print_line, print_table, progress_bar

if TYPE_CHECKING:
    from leitmotif.ledger import Ledger
    from leitmotif.store.protocol import Store
    from service.parts import Parts
    from training.pipeline import Outcome

Json = Annotated[bool, typer.Option("--json", help="JSON instead of tables.")]


def prepare() -> None:
    """Make an installation ready to serve: load the corpus's cases, train where needed. Skips what is unchanged."""
    from training.corpus import load_corpus

    settings = load_settings()
    corpus = load_corpus(settings.data_dir)
    with opened_parts(settings) as parts:
        with progress_bar() as progress:
            counts = parts.library.put(corpus.cases, progress=lambda share: progress("loading cases", share))
        print_line(f"Cases: {counts.added} added, {counts.changed} changed, {counts.unchanged} unchanged")
        reason = _reason_to_train(parts)
        if not reason:
            print_line(f"Model: {parts.registry.live()} is live and up to date")
            return
        print_line(f"Model: {reason}, so one is trained")
        outcome = _train(settings, parts.store, parts.ledger, activate=True, force=False)
    _show_outcome(outcome)


def train(
    activate: Annotated[bool, typer.Option(help="Make the new version live if it passes the gate.")] = True,
    force: Annotated[bool, typer.Option("--force", help="Train although nothing has changed.")] = False,
    resume: Annotated[str, typer.Option(metavar="RUN", help="Take up this failed or cancelled run again.")] = "",
    tune_encoder: Annotated[
        bool, typer.Option("--tune-encoder", help="First tune the encoder's branch anew: some twenty minutes more.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Train a new version on the corpus and the labelled cases, evaluate and publish it."""
    settings = load_settings()
    with opened_store() as store, opened_ledger(settings) as ledger:
        if tune_encoder:
            _tune(settings, store, ledger)
        outcome = _train(settings, store, ledger, activate=activate, force=force, resume=resume)
    if as_json:
        print_json(
            {"version": outcome.version, "metrics": outcome.metrics, "live": outcome.live}
            | {"skipped": outcome.skipped, "gate": outcome.gate}
        )
        return
    _show_outcome(outcome)
    _show_metrics(outcome.metrics)


def evaluate(
    version: Annotated[str, typer.Argument(help="Name of the version; else the live one.")] = "", as_json: Json = False
) -> None:
    """Show how well a version did on the texts that were held out when it was trained."""
    registry = Registry(load_settings().models_dir)
    manifest = registry.verify(version or registry.live())
    if as_json:
        print_json({"version": manifest.version, "metrics": manifest.metrics})
    else:
        _show_metrics(manifest.metrics)


def _train(
    settings: Settings, store: Store, ledger: Ledger, *, activate: bool, force: bool, resume: str = ""
) -> Outcome:
    """A run in this process. If it is killed, the run is left for `--resume`."""
    from leitmotif.ledger.workers import this_process
    from service.jobs import execute, new_run, refuse_a_second, reopen, training_lock
    from training.stages import Workshop

    me = this_process()
    refuse_a_second(ledger)
    with ledger.workers.living(me), training_lock(settings), progress_bar() as progress:
        if resume:
            run = reopen(ledger, resume, durable=False, worker=me.id)
        else:
            run = new_run(ledger, activate=activate, force=force, durable=False, worker=me.id)
        return execute(Workshop(settings, store, ledger, run.id), run, me.id, on_progress=progress)


def _tune(settings: Settings, store: Store, ledger: Ledger) -> None:
    """Tune the branch in this process. The old one stays until the new one is whole."""
    from training.tuning import tune_branch

    with progress_bar() as progress:
        path = tune_branch(settings, store, ledger, lambda share: progress("tune", share))
    print_line(f"The encoder's branch was tuned: {path}")


def _reason_to_train(parts: Parts) -> str:
    """Why the live version will not do; empty if it will."""
    from training.collect import whole_corpus

    try:
        version = parts.live.current().version
    except NoLiveModel:
        return "none is live"
    except (ModelError, ModelNotFound) as error:
        return str(error).rstrip(".")
    corpus = whole_corpus(parts.settings.data_dir, parts.store, parts.ledger)
    return "the corpus has changed" if parts.registry.manifest(version).data_sha256 != corpus.digest else ""


def _show_outcome(outcome: Outcome) -> None:
    if outcome.skipped:
        print_line(f"{outcome.version} is up to date: nothing has changed (--force trains all the same)", "bold")
    elif outcome.live:
        print_line(f"{outcome.version} is live", "bold")
    else:
        print_line(f"{outcome.version} is published, not live", "bold")
    for reason in outcome.gate.get("reasons", ()):
        print_line(reason)


def _show_metrics(metrics: dict[str, float]) -> None:
    print_table("Metrics", ("metric", "value"), [(name, f"{value:.4g}") for name, value in metrics.items()])
