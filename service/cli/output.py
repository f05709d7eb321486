"""How commands write: tables and progress for people, JSON for machines, one clear line a problem."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from leitmotif.errors import Problem

_SHOWN_PROBLEMS = 50


def print_json(body: BaseModel | dict[str, object]) -> None:
    """One JSON document on standard output."""
    text = (
        body.model_dump_json(indent=2)
        if isinstance(body, BaseModel)
        else json.dumps(body, indent=2, ensure_ascii=False)
    )
    sys.stdout.write(text + "\n")


def print_line(text: str, style: str = "") -> None:
    """A line on standard output, read literally: brackets in it are no markup."""
    Console(soft_wrap=True, highlight=False).print(Text(text, style=style))


def print_note(text: str) -> None:
    """A line on standard error, out of the way of what is piped on."""
    sys.stderr.write(text + "\n")


def print_error(message: str, problems: Sequence[Problem] = ()) -> None:
    """What went wrong on standard error: one line, then one for each field or row."""
    sys.stderr.write(f"leitmotif: {message}\n")
    for problem in problems[:_SHOWN_PROBLEMS]:
        sys.stderr.write(f"  {problem}\n")
    if len(problems) > _SHOWN_PROBLEMS:
        sys.stderr.write(f"  … and {len(problems) - _SHOWN_PROBLEMS} more\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people."""
    table = Table(title=Text(title), title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    Console().print(table)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error, moved by calling with the stage and the share done."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=False, disable=not console.is_terminal) as bar:
        task = bar.add_task("starting", total=1.0)
        yield lambda stage, share: bar.update(task, description=stage, completed=share)
