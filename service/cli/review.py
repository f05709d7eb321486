"""`leitmotif review`: put texts into the review queue, look what is next, label."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leitmotif.domain import Article, Stance
from leitmotif.errors import InputError, Problem
from leitmotif.review.ranking import Strategy
from service.cli.analysis import decoded, short
from service.cli.context import current_codebook, load_settings, opened_ledger, opened_parts, read_input
from service.cli.output import print_json, print_line, print_table, progress_bar

if TYPE_CHECKING:
    from leitmotif.ledger.feedback import Feedback
    from leitmotif.ledger.review_items import ReviewItem

app = typer.Typer(help="Texts to label, the most useful first.", no_args_is_help=True)

_LOCAL = "local"
_RESCORED = 10_000
Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


@app.command("add")
def add(
    files: Annotated[
        list[str], typer.Argument(help="Text, HTML, or .jsonl with a `text` a line; - is standard input.")
    ],
) -> None:
    """Put texts into the queue; each is kept once, with what the live model says of it."""
    articles = [article for file in files for article in _articles(file, decoded(read_input(file)))]
    with opened_parts() as parts, progress_bar() as progress:
        items = []
        for number, article in enumerate(articles, 1):
            items.append(parts.review.examine(article, _LOCAL))
            progress(f"text {number} of {len(articles)}", number / len(articles))
        new = parts.review.put(items)
    known = len({waiting.item.id for waiting in items}) - len(new)
    print_line(f"Texts: {len(new)} added, {known} known already")


@app.command("list")
def list_items(
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most texts to list.")] = 10,
    strategy: Annotated[Strategy, typer.Option(help="How to choose; random makes a fair sample.")] = Strategy.BLEND,
    as_json: Json = False,
) -> None:
    """What to label next. It only looks: nothing is handed out. Exit code 1: nothing waits."""
    from service.routes.review import ranked_body

    with opened_parts() as parts:
        found = parts.review.next(limit, strategy=strategy, lease=False)
    if as_json:
        print_json({"items": [ranked_body(item, place).model_dump(mode="json") for item, place in found]})
    else:
        rows = [(i.id, f"{place.value:.2f}", ", ".join(i.labels) or i.outcome, short(i.text)) for i, place in found]
        print_table("To label next", ("item", "value", "the model says", "text"), rows)
    if not found:
        raise typer.Exit(1)


@app.command("label")
def label(
    item: Annotated[str, typer.Argument(help="Id of the text in the queue.")],
    narrative: Annotated[list[str] | None, typer.Option(help="A narrative that it touches; may be repeated.")] = None,
    none: Annotated[bool, typer.Option("--none", help="It touches none.")] = False,
    stance: Annotated[Stance, typer.Option(help="How it stands to them.")] = Stance.ASSERTED,
    note: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Label a text: feedback that an editor is to accept, as all feedback is."""
    if bool(narrative) == none:
        raise typer.BadParameter("give --narrative, or --none, and not both")
    from leitmotif.ledger.feedback import check_feedback

    settings = load_settings()
    codebook = current_codebook(settings)
    with opened_ledger(settings) as ledger:
        feedback = _relabelled(ledger.review.get(item), tuple(narrative or ()), stance, note)
        check_feedback(feedback, codebook.ids)
        ledger.feedback.add(feedback)
    print_line(f"{feedback.id} waits for an editor")


@app.command("rescore")
def rescore() -> None:
    """Have the live model look again at the waiting texts that another version saw."""
    with opened_parts() as parts:
        print_line(f"Texts: {parts.review.rescore(limit=_RESCORED)} scored anew")


def _relabelled(item: ReviewItem, narratives: tuple[str, ...], stance: Stance, note: str) -> Feedback:
    from leitmotif.ledger.clock import now
    from leitmotif.ledger.feedback import Feedback, FeedbackKind, FeedbackTarget

    return Feedback(
        id=f"fb-{secrets.token_hex(8)}",
        created=now(),
        who=_LOCAL,
        kind=FeedbackKind.RELABEL,
        target=FeedbackTarget.TEXT,
        text=item.text,
        narratives=narratives,
        stances=dict.fromkeys(narratives, stance),
        labels=item.labels,
        item=item.id,
        title=item.title,
        url=item.url,
        language=item.language,
        version=item.version,
        note=note,
    )


def _articles(name: str, text: str) -> Iterator[Article]:
    """The texts of a file."""
    from leitmotif.formats.html import looks_like_html, main_text

    if Path(name).suffix == ".jsonl":
        yield from _lines(name, text.split("\n"))
    elif looks_like_html(text):
        title, body = main_text(text)
        yield Article(body, title)
    else:
        yield Article(text)


def _lines(name: str, lines: Sequence[str]) -> list[Article]:
    """Every line, or every fault of every line."""
    from pydantic import ValidationError

    from service.errors import validation_faults
    from service.schemas_feedback import ReviewText

    articles, faults = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            read = ReviewText.model_validate(json.loads(line))
            articles.append(Article(read.text, read.title, read.url, read.language))
        except ValidationError as error:
            found = validation_faults(error.errors())
            faults += [Problem(f"{name}: line {number}, {f.where}", f.message) for f in found]
        except ValueError as error:
            faults.append(Problem(f"{name}: line {number}", f"no valid JSON: {error}"))
    if faults:
        raise InputError(f"{len(faults)} lines of {name} are wrong, so no text was added.", faults)
    return articles
