"""`leitmotif feedback`: what analysts said of answers; an editor accepts or dismisses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from leitmotif.ledger.feedback import FeedbackKind, FeedbackStatus
from service.cli.analysis import short
from service.cli.context import opened_ledger
from service.cli.output import print_json, print_line, print_table

if TYPE_CHECKING:
    from leitmotif.ledger.feedback import Feedback

app = typer.Typer(help="What analysts said of answers: list it, accept it or dismiss it.", no_args_is_help=True)

_LOCAL = "local"
Ids = Annotated[list[str], typer.Argument(metavar="FEEDBACK…", help="Ids, as `leitmotif feedback list` shows them.")]
Note = Annotated[str, typer.Option(help="Why.")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


@app.command("list")
def list_feedback(
    status: Annotated[FeedbackStatus, typer.Option(help="Which.")] = FeedbackStatus.PENDING,
    kind: Annotated[FeedbackKind | None, typer.Option(help="Only this kind.")] = None,
    narrative: Annotated[str | None, typer.Option(help="Only on this narrative.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most entries to list.")] = 50,
    as_json: Json = False,
) -> None:
    """List feedback, newest first; by default what waits for an editor. Exit code 1: there is none."""
    from service.routes.feedback import feedback_body

    with opened_ledger() as ledger:
        records = ledger.feedback.page(limit=limit, status=status, kind=kind, narrative=narrative).records
    if as_json:
        print_json({"feedback": [feedback_body(record).model_dump(mode="json") for record in records]})
    else:
        print_table(f"Feedback, {status}", ("id", "when", "who", "says", "of"), [_row(r.feedback) for r in records])
    if not records:
        raise typer.Exit(1)


@app.command("accept")
def accept(ids: Ids, note: Note = "") -> None:
    """Let the next training learn from feedback."""
    _decide(ids, FeedbackStatus.ACCEPTED, note)


@app.command("dismiss")
def dismiss(ids: Ids, note: Note = "") -> None:
    """Set feedback aside: nothing is learned from it, and a rejected match is offered again."""
    _decide(ids, FeedbackStatus.DISMISSED, note)


def _decide(ids: list[str], status: FeedbackStatus, note: str) -> None:
    """All of them, or none if one does not exist."""
    from service.routes.feedback import decide

    with opened_ledger() as ledger:
        for feedback_id in ids:
            ledger.feedback.get(feedback_id)
        for feedback_id in ids:
            record, changed = decide(ledger, feedback_id, status, who=_LOCAL, note=note)
            already = "" if changed else " already"
            print_line(f"{record.feedback.id} is {status}{already}")


def _row(feedback: Feedback) -> tuple[str, ...]:
    said = f"{feedback.kind} {feedback.target}"
    what = ", ".join(feedback.narratives) or feedback.case or "no narrative"
    return feedback.id, feedback.created, feedback.author or feedback.who, f"{said}: {what}", short(feedback.judged)
