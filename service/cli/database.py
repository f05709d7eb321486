"""`leitmotif db …`: look at the database, and move it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leitmotif.errors import InputError
from service.cli.context import load_settings
from service.cli.output import print_json, print_line, print_note, print_table, progress_bar

if TYPE_CHECKING:
    from leitmotif.store.protocol import Store

app = typer.Typer(help="Check the database, or copy it to another.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="JSON instead of tables.")]
_SQLITE = "sqlite:///"


@app.command("check")
def check(
    url: Annotated[str, typer.Argument(help="Its address; LEITMOTIF_DATABASE_URL if left out.")] = "",
    as_json: Json = False,
) -> None:
    """Say whether the database answers, and what is in it. Exit code 1: it cannot be used."""
    address = url or load_settings().database_url
    _require_file(address)
    with _opened(address) as store:
        facts = store.describe()
    if as_json:
        print_json(
            {"kind": facts.kind, "place": facts.place, "schema": facts.schema}
            | {"cases": facts.cases, "encoders": dict(facts.encoders)}
        )
        return
    rows: list[tuple[str, object]] = [("kind", facts.kind), ("place", facts.place), ("schema", facts.schema)]
    rows += [("cases", facts.cases)]
    rows += [(f"with vectors of {encoder}", count) for encoder, count in facts.encoders.items()]
    print_table("Database", ("", ""), rows)


@app.command("copy")
def copy(
    source_url: Annotated[str, typer.Argument(metavar="FROM_URL", help="Address of the database to read.")],
    target_url: Annotated[str, typer.Argument(metavar="TO_URL", help="Address of the database to write.")],
    merge: Annotated[
        bool, typer.Option("--merge", help="Keep what else the target holds, instead of refusing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Copy all cases with their vectors and prove that they arrived. Broken off, it goes on when run again."""
    from leitmotif.ledger.copying import copy_ledger
    from leitmotif.store.copying import copy_cases, prove_copy, refuse_other_cases

    if source_url == target_url:
        raise InputError("FROM_URL and TO_URL are the same database.")
    _require_file(source_url)
    with _opened(source_url) as source, progress_bar() as progress:
        # Indexes are built once at the end, which takes a fraction of the time of keeping them up to date.
        with _opened(target_url, index=False) as target:
            if not merge:
                refuse_other_cases(source, target)
            counts = copy_cases(source, target, progress)
        with _opened(target_url) as target:
            progress("indexing", 0.0)
            target.settle()
            proof = prove_copy(source, target, progress)
            total = target.count_cases()
    records = copy_ledger(source_url, target_url)
    if as_json:
        print_json(
            {"added": counts.added, "changed": counts.changed, "unchanged": counts.unchanged}
            | {"compared": proof.cases, "digest": proof.digest, "cases": total, "records": records}
        )
        return
    print_line(f"{counts.added} added, {counts.changed} changed, {counts.unchanged} unchanged")
    print_line(f"{proof.cases} cases with their vectors are the same in both, SHA-256 {proof.digest}")
    for table, count in records.items():
        print_line(f"{table}: {count} copied" if count else f"{table}: left alone, for the target has rows in it")
    if total != proof.cases:
        print_note(f"The target holds {total - proof.cases} cases more.")


@contextmanager
def _opened(url: str, *, index: bool = True) -> Iterator[Store]:
    from leitmotif.store.opening import open_store

    settings = load_settings()
    store = open_store(
        url,
        connections=settings.database_connections,
        exact_search_up_to=settings.exact_search_up_to if index else sys.maxsize,
    )
    try:
        yield store
    finally:
        store.close()


def _require_file(url: str) -> None:
    """An SQLite file that does not exist would be made, and found to be empty."""
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists():
        raise InputError(f"There is no database file {url.removeprefix(_SQLITE)}.")
