"""A database of each kind that the contract holds for. Another kind is one more entry in `_KINDS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leitmotif.store import Store, open_store

_KINDS: dict[str, Callable[[pytest.FixtureRequest], str]] = {
    "sqlite": lambda request: f"sqlite:///{_folder(request)}/cases.db",
    "postgres": lambda request: str(request.getfixturevalue("postgres_url")),
}


@pytest.fixture(params=_KINDS)
def store_url(request: pytest.FixtureRequest) -> str:
    """URL of an empty database."""
    return _KINDS[request.param](request)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store."""
    opened = open_store(store_url)
    yield opened
    opened.close()


def _folder(request: pytest.FixtureRequest) -> Path:
    folder = request.getfixturevalue("tmp_path")
    assert isinstance(folder, Path)
    return folder
