"""`leitmotif classify` and `leitmotif check`."""

from __future__ import annotations

from typing import Annotated

import typer

from leitmotif.domain import Analysis, Article, CaseFilter, ClaimCheck, Outcome, Verdict
from leitmotif.errors import InputError, UnsupportedFormat
from service.cli.context import opened_parts, read_input, write_output
from service.cli.output import print_json, print_line, print_table, progress_bar

_WIDTH = 160


def classify(
    file: Annotated[str, typer.Argument(help="Text or HTML file in UTF-8; - reads standard input.")] = "-",
    title: Annotated[str, typer.Option(help="The article's title, if it is not part of the text.")] = "",
    language: Annotated[str, typer.Option(help="ISO 639-1 code, if you know better than the detector.")] = "",
    neighbours: Annotated[int, typer.Option(min=0, max=50, help="How many nearest cases to show.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="The answer of POST /v1/classify.")] = False,
) -> None:
    """Label a text with the narratives it carries. Exit code 1: it carries none, or none for sure."""
    from leitmotif.formats.html import looks_like_html, main_text
    from service.views import classify_body

    text = decoded(read_input(file))
    page_title, text = main_text(text) if looks_like_html(text) else ("", text)
    with opened_parts() as parts:
        analysis = parts.analyser.classify(Article(text, title or page_title, "", language), neighbours=neighbours)
    if as_json:
        print_json(classify_body(analysis))
    else:
        _show_analysis(analysis)
    if analysis.outcome is not Outcome.LABELLED:
        raise typer.Exit(1)


def check(
    claim: Annotated[str, typer.Argument(help="The claim, or the URL where it was published.")] = "",
    file: Annotated[str, typer.Option("--file", help="CSV with a column of claims, or one claim a line.")] = "",
    out: Annotated[str, typer.Option("--out", help="CSV to write the answers of --file to.")] = "-",
    column: Annotated[str, typer.Option(help="Column of the claims in --file.")] = "claim",
    limit: Annotated[int, typer.Option(min=1, max=50, help="Most matches to show.")] = 5,
    narrative: Annotated[
        list[str] | None, typer.Option(help="Only cases with this narrative; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The answer of POST /v1/claims/check.")] = False,
) -> None:
    """Look for known cases that answer a claim. Exit code 1: there is none in this database."""
    if bool(claim) == bool(file):
        raise typer.BadParameter("give a claim, or --file with claims, and not both")
    where = CaseFilter(narratives=tuple(narrative or ()))
    if file:
        _check_file(file, out, column, where)
        return
    from service.views import check_body

    with opened_parts() as parts:
        found = parts.analyser.check(claim, where, limit=limit)
    if as_json:
        print_json(check_body(found))
    else:
        _show_check(found)
    if found.verdict is Verdict.NO_MATCH:
        raise typer.Exit(1)


def _check_file(file: str, out: str, column: str, where: CaseFilter) -> None:
    from service.cli.sheet import read_claims, write_answers

    claims = read_claims(decoded(read_input(file)), column)
    answers: list[ClaimCheck | InputError] = []
    with opened_parts() as parts, progress_bar() as progress:
        for number, claim in enumerate(claims, 1):
            try:
                answers.append(parts.analyser.check(claim, where, limit=1))
            except InputError as error:
                answers.append(error)
            progress(f"claim {number} of {len(claims)}", number / len(claims))
    # Excel takes a CSV for UTF-8 only with a byte order mark.
    write_output(out, write_answers(claims, answers), encoding="utf-8-sig")


def decoded(data: bytes) -> str:
    """Text of a file.

    Raises:
        UnsupportedFormat: it is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnsupportedFormat(f"The input is not UTF-8 (byte {error.start}): save it as UTF-8.") from error


def _show_analysis(analysis: Analysis) -> None:
    print_line(f"Outcome: {analysis.outcome}", "bold")
    for warning in analysis.warnings:
        print_line(warning, "yellow")
    shown = [score for score in analysis.scores if score.assigned] or analysis.scores[:3]
    rows = [
        (s.narrative, f"{s.probability:.2f}", f"{s.threshold:.2f}", s.stance or "", "yes" if s.assigned else "no")
        for s in shown
    ]
    print_table("Narratives", ("narrative", "probability", "threshold", "stance", "assigned"), rows)
    evidence = [
        (score.narrative, found.speaker or found.stance, short(found.exact))
        for score in shown
        for found in score.evidence
    ]
    if evidence:
        print_table("Evidence", ("narrative", "who says it", "sentence"), evidence)
    if analysis.nearest_cases:
        cases = [(f"{n.similarity:.2f}", n.case.date, n.case.title, n.case.url) for n in analysis.nearest_cases]
        print_table("Nearest known cases", ("similarity", "date", "case", "source"), cases)


def _show_check(found: ClaimCheck) -> None:
    words = {
        Verdict.MATCH: "Known: this claim has been answered.",
        Verdict.POSSIBLE: "Possibly known: look at these cases.",
        Verdict.NO_MATCH: "Not in this database. That does not make it true.",
    }
    print_line(words[found.verdict], "bold")
    for warning in found.warnings:
        print_line(warning, "yellow")
    rows = [(m.tier, f"{m.probability:.2f}", m.case.title, short(m.case.response), m.case.url) for m in found.matches]
    if rows:
        print_table("Cases", ("tier", "probability", "case", "response", "source"), rows)


def short(text: str) -> str:
    """The text, cut where it is long for a table."""
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1].rstrip() + "…"
