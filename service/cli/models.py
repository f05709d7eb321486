"""`leitmotif models …` and `leitmotif narratives`."""

from __future__ import annotations

from typing import Annotated

import typer

from leitmotif.codebook import load_codebook
from leitmotif.domain import CaseFilter
from leitmotif.registry import Registry
from service.cli.context import load_settings, opened_parts, opened_store
from service.cli.output import print_json, print_line, print_table

app = typer.Typer(help="List, show and activate model versions.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="JSON instead of tables.")]
Version = Annotated[str, typer.Argument(help="Name of the version.")]


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """List all versions, newest first. Exit code 1: there is none."""
    from service.routes.models import model_body
    from service.schemas_library import ModelListBody

    registry = Registry(load_settings().models_dir)
    live = registry.live_or_none()
    listed = ModelListBody(live=live, models=[model_body(manifest, live) for manifest in registry.versions()])
    if as_json:
        print_json(listed)
    else:
        rows = [("live" if m.live else "", m.version, m.encoder, _metrics(m.metrics)) for m in listed.models]
        print_table("Model versions", ("", "version", "encoder", "metrics"), rows)
    if not listed.models:
        raise typer.Exit(1)


@app.command("show")
def show_model(version: Version, as_json: Json = False) -> None:
    """Show one version with its metrics and card."""
    from service.routes.models import model_detail

    detail = model_detail(Registry(load_settings().models_dir), version)
    if as_json:
        print_json(detail)
        return
    print_line(
        f"{detail.version}{' (live)' if detail.live else ''}, made {detail.created} for {detail.encoder}", "bold"
    )
    print_table("Metrics", ("metric", "value"), [(name, f"{value:.4g}") for name, value in detail.metrics.items()])
    print_line(detail.card)


@app.command("activate")
def activate_model(version: Version) -> None:
    """Make a version live, an older one, too, once it is verified and loads. Running services follow in seconds."""
    with opened_parts() as parts:
        parts.live.activate(version)
    print_line(f"{version} is live")


def narratives(as_json: Json = False) -> None:
    """List the codebook's narratives with the number of known cases."""
    codebook = load_codebook(load_settings().codebook_path)
    with opened_store() as store:
        counts = store.facets(CaseFilter())["narrative"]
    if as_json:
        entries = [
            {"id": n.id, "theme": n.theme, "name": n.name, "cases": counts.get(n.id, 0)} for n in codebook.narratives
        ]
        print_json({"version": codebook.version, "narratives": entries})
        return
    rows = [(n.id, n.theme, n.name, counts.get(n.id, 0)) for n in codebook.narratives]
    print_table("Narratives", ("id", "theme", "name", "cases"), rows)


def _metrics(metrics: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in list(metrics.items())[:4])
