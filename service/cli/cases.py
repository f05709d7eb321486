"""`leitmotif cases …`: the known cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from leitmotif.domain import Case, CaseFilter
from leitmotif.errors import CaseNotFound, ImportRefused, InputError, Problem
from service.cli.context import current_codebook, load_settings, opened_parts, opened_store, read_input, write_output
from service.cli.output import print_error, print_json, print_line, print_table, progress_bar

app = typer.Typer(help="Import, export, list, show and delete known cases.", no_args_is_help=True)

Narratives = Annotated[list[str] | None, typer.Option("--narrative", help="Only this narrative; may be repeated.")]
Languages = Annotated[list[str] | None, typer.Option("--language", help="Only this language; may be repeated.")]
Countries = Annotated[list[str] | None, typer.Option("--country", help="Only this country; may be repeated.")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of tables.")]


@app.command("import")
def import_cases(
    files: Annotated[list[str], typer.Argument(help="CSV, JSON Lines, case pages or dumps; - reads standard input.")],
    kind: Annotated[
        str, typer.Option("--format", help="auto, jsonl, csv, euvsdisinfo (case pages) or euvsdisinfo-csv (a dump).")
    ] = "auto",
    columns: Annotated[list[str] | None, typer.Option("--map", help="FIELD=COLUMN; may be repeated.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Add and change the cases of files, all or none; a wrong row refuses everything."""
    from service.duplicates import duplicate_notes

    cases = _read_files(files, kind, columns or [])
    with opened_parts() as parts, progress_bar() as progress:
        alike = duplicate_notes(parts, cases)
        counts = parts.library.put(cases, dry_run=dry_run, progress=lambda share: progress("encoding", share))
    if as_json:
        print_json(
            {
                "added": counts.added,
                "changed": counts.changed,
                "unchanged": counts.unchanged,
                "dry_run": dry_run,
                "warnings": [{"where": note.where, "message": note.message} for note in alike],
            }
        )
        return
    if alike:
        print_error(f"{len(alike)} warnings on cases that may be known already:", alike)
    would = " (dry run: nothing was written)" if dry_run else ""
    print_line(f"{counts.added} added, {counts.changed} changed, {counts.unchanged} unchanged{would}")


@app.command("export")
def export_cases(
    out: Annotated[str, typer.Option("--out", help="File to write; - is standard output.")] = "-",
    kind: Annotated[str, typer.Option("--format", help="jsonl or csv.")] = "jsonl",
    narratives: Narratives = None,
    languages: Languages = None,
    countries: Countries = None,
) -> None:
    """Write the cases to a file."""
    from leitmotif.formats import write_cases

    with opened_store() as store:
        text = "".join(write_cases(store.iter_cases(_filter(narratives, languages, countries)), kind))
    write_output(out, text)


@app.command("list")
def list_cases(
    query: Annotated[str, typer.Option("--query", "-q", help="Search by words and meaning.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Most cases to list.")] = 20,
    narratives: Narratives = None,
    languages: Languages = None,
    countries: Countries = None,
    as_json: Json = False,
) -> None:
    """List cases, newest first; with --query the best finds. Exit code 1: there is none."""
    cases = _find(query, _filter(narratives, languages, countries), limit)
    if as_json:
        print_json({"cases": [_json(case) for case in cases]})
    else:
        rows = [(case.id, case.date, ", ".join(case.narratives), case.title) for case in cases]
        print_table("Cases", ("id", "date", "narratives", "title"), rows)
    if not cases:
        raise typer.Exit(1)


@app.command("show")
def show_case(case_id: Annotated[str, typer.Argument(help="Id of the case.")], as_json: Json = False) -> None:
    """Show one case."""
    with opened_store() as store:
        case = store.get_case(case_id)
    if case is None:
        raise CaseNotFound(f"There is no case {case_id!r}.")
    if as_json:
        print_json(_json(case))
        return
    for name, value in _json(case).items():
        if value and name not in {"title", "appearances"}:
            print_line(f"{name}: {', '.join(value) if isinstance(value, list) else value}")
    print_line(case.title, "bold")


@app.command("delete")
def delete_case(case_id: Annotated[str, typer.Argument(help="Id of the case.")]) -> None:
    """Remove a case."""
    with opened_store() as store:
        if not store.delete_case(case_id):
            raise CaseNotFound(f"There is no case {case_id!r}.")
    print_line(f"{case_id} is removed")


def _read_files(files: list[str], kind: str, columns: list[str]) -> list[Case]:
    from leitmotif.formats import read_cases
    from leitmotif.formats.tables import parse_mapping

    codebook, mapping = current_codebook(load_settings()), parse_mapping(columns)
    cases: list[Case] = []
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for file in files:
        reading = read_cases(read_input(file), kind, codebook.ids, mapping, codebook.narratives)
        cases += reading.cases
        problems += _of_file(file, reading.problems)
        warnings += _of_file(file, reading.warnings)
    if warnings:
        print_error(f"{len(warnings)} entries were read, but not as they stand:", warnings)
    if problems:
        raise ImportRefused(f"{len(problems)} faults, so nothing was imported:", problems)
    return cases


def _of_file(file: str, problems: Sequence[Problem]) -> list[Problem]:
    return [Problem(f"{file}: {problem.where}", problem.message) for problem in problems]


def _find(query: str, where: CaseFilter, limit: int) -> list[Case]:
    if not query:
        with opened_store() as store:
            return list(store.list_cases(where, limit=limit).cases)
    with opened_parts() as parts:
        return list(parts.library.search(query, where, limit=limit).cases)


def _filter(narratives: list[str] | None, languages: list[str] | None, countries: list[str] | None) -> CaseFilter:
    from leitmotif.formats.codes import country_codes, language_codes

    return CaseFilter(
        narratives=tuple(narratives or ()),
        languages=_codes("--language", languages, language_codes),
        countries=_codes("--country", countries, country_codes),
    )


def _codes(option: str, names: list[str] | None, to_codes: Callable[[str], list[str] | None]) -> tuple[str, ...]:
    codes: list[str] = []
    for name in names or ():
        found = to_codes(name)
        if not found:
            raise InputError(f"{option} {name!r} is neither an ISO code nor an English name.")
        codes += found
    return tuple(codes)


def _json(case: Case) -> dict[str, object]:
    from service.schemas import CaseBody

    return CaseBody.model_validate(case).model_dump(mode="json")
