"""`leitmotif prepare`, `train` and `evaluate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from leitmotif.errors import ModelError, ModelNotFound, NoLiveModel
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from service.cli.context import load_settings, opened_parts, opened_store
from service.cli.output import print_json, print_line, print_table, progress_bar

if TYPE_CHECKING:
    from leitmotif.store.protocol import Store
    from service.parts import Parts
    from training.corpus import Corpus
    from training.pipeline import PublishedModel

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
        reason = _reason_to_train(parts, corpus)
        if not reason:
            print_line(f"Model: {parts.registry.live()} is live and up to date")
            return
        print_line(f"Model: {reason}, so one is trained")
        published = _train(settings, parts.store, activate=True)
    print_line(f"Model: {published.version} is live")


def train(
    activate: Annotated[bool, typer.Option(help="Make the new version live.")] = True, as_json: Json = False
) -> None:
    """Train a new version on the corpus, evaluate and publish it."""
    settings = load_settings()
    with opened_store() as store:
        published = _train(settings, store, activate=activate)
    if as_json:
        print_json({"version": published.version, "metrics": dict(published.metrics), "live": activate})
        return
    print_line(f"{published.version} is {'live' if activate else 'published, not live'}", "bold")
    _show_metrics(dict(published.metrics))


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


def _train(settings: Settings, store: Store, *, activate: bool) -> PublishedModel:
    from service.jobs import execute, new_run

    run = new_run(store, settings)
    with progress_bar() as progress:
        return execute(store, settings, run, activate=activate, on_progress=progress)


def _reason_to_train(parts: Parts, corpus: Corpus) -> str:
    """Why the live version will not do; empty if it will."""
    try:
        version = parts.live.current().version
    except NoLiveModel:
        return "none is live"
    except (ModelError, ModelNotFound) as error:
        return str(error).rstrip(".")
    changed = parts.registry.manifest(version).data_sha256 != corpus.digest
    return "the corpus has changed" if changed else ""


def _show_metrics(metrics: dict[str, float]) -> None:
    print_table("Metrics", ("metric", "value"), [(name, f"{value:.4g}") for name, value in metrics.items()])
