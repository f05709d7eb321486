"""A database of each kind that the ledger works on. Another kind is one more entry in `_KINDS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leitmotif.ledger import Ledger, open_ledger

_KINDS: dict[str, Callable[[pytest.FixtureRequest], str]] = {
    "sqlite": lambda request: f"sqlite:///{_folder(request)}/leitmotif.db",
    "postgres": lambda request: str(request.getfixturevalue("postgres_url")),
}


@pytest.fixture(params=_KINDS)
def ledger_url(request: pytest.FixtureRequest) -> str:
    """URL of an empty database."""
    return _KINDS[request.param](request)


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """An empty ledger."""
    opened = open_ledger(ledger_url)
    yield opened
    opened.close()


def _folder(request: pytest.FixtureRequest) -> Path:
    folder = request.getfixturevalue("tmp_path")
    assert isinstance(folder, Path)
    return folder
