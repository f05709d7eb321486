"""The command line, `leitmotif`."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from leitmotif.errors import InputError, LeitmotifError
from service.cli import analysis, bulk, cases, database, feedback, models, operation, review, training
from service.cli.output import print_error

app = typer.Typer(
    name="leitmotif",
    help="Finds recurring disinformation narratives in texts, and known cases that answer a claim.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve")(operation.serve)
app.command("worker")(operation.worker)
app.command("prepare")(training.prepare)
app.command("classify")(analysis.classify)
app.command("check")(analysis.check)
app.add_typer(cases.app, name="cases")
app.add_typer(bulk.app, name="bulk")
app.add_typer(database.app, name="db")
app.add_typer(review.app, name="review")
app.add_typer(feedback.app, name="feedback")
app.command("train")(training.train)
app.command("evaluate")(training.evaluate)
app.add_typer(models.app, name="models")
app.command("narratives")(models.narratives)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 it went well, 1 the answer is negative or the work failed, 2 the command is wrong."""
    try:
        app(args=list(arguments) if arguments is not None else None, prog_name="leitmotif")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    except LeitmotifError as error:
        print_error(str(error), error.problems if isinstance(error, InputError) else ())
        return 1
    return 0
