"""`leitmotif models …` and `leitmotif narratives`."""

from __future__ import annotations

from typing import Annotated

import typer

from leitmotif.domain import CaseFilter
from leitmotif.errors import ModelNotFound
from leitmotif.registry import Registry
from service.cli.context import current_codebook, load_settings, opened_ledger, opened_parts, opened_store
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

    settings = load_settings()
    with opened_ledger(settings) as ledger:
        detail = model_detail(Registry(settings.models_dir), version, ledger)
    if as_json:
        print_json(detail)
        return
    print_line(
        f"{detail.version}{' (live)' if detail.live else ''}, made {detail.created} for {detail.encoder}", "bold"
    )
    print_table("Metrics", ("metric", "value"), [(name, f"{value:.4g}") for name, value in detail.metrics.items()])
    if detail.gate:
        print_line(
            f"Gate: {'promoted' if detail.gate['promoted'] else 'candidate'}. {' '.join(detail.gate['reasons'])}"
        )
    print_line(detail.card)


@app.command("activate")
def activate_model(version: Version) -> None:
    """Make a version live, an older one, too, once it is verified and loads. Running services follow in seconds."""
    from service.routes.models import switch

    with opened_parts() as parts:
        switch(parts, version, who="local", why="manual")
    print_line(f"{version} is live")


@app.command("rollback")
def roll_back() -> None:
    """Make the version live again that was live before this one. Exit code 1: there was none."""
    from service.routes.models import switch

    with opened_parts() as parts:
        before = version_before(parts.registry)
        switch(parts, before, who="local", why="rollback")
    print_line(f"{before} is live again")


@app.command("log")
def show_log(
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most entries to show.")] = 50, as_json: Json = False
) -> None:
    """Show who changed models and codebook, when and why, newest first. Exit code 1: nobody has."""
    from service.schemas_audit import AuditPageBody

    with opened_ledger() as ledger:
        page = ledger.audit.list(limit=limit)
    if as_json:
        print_json(AuditPageBody.model_validate(page))
    else:
        rows = [
            (e.at, e.who, e.act, e.subject, e.details.get("why", ""), e.details.get("from", "")) for e in page.entries
        ]
        print_table("Audit log", ("when", "who", "act", "subject", "why", "from"), rows)
    if not page.entries:
        raise typer.Exit(1)


def narratives(as_json: Json = False) -> None:
    """List the codebook's narratives with the number of known cases."""
    codebook = current_codebook(load_settings())
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


def version_before(registry: Registry) -> str:
    """The version that was live before the live one, as long as it still exists.

    Raises:
        ModelNotFound: there was none.
    """
    live = registry.live()
    for entry in reversed(registry.activations()):
        if entry["version"] < live and registry.exists(entry["version"]):
            return entry["version"]
    raise ModelNotFound(f"No version was live before {live}; `leitmotif models list` shows those there are.")


def _metrics(metrics: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in list(metrics.items())[:4])
