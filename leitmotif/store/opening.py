"""Picks the store by the database URL."""

from __future__ import annotations

from pathlib import Path

from leitmotif.errors import ConfigurationError
from leitmotif.store.protocol import Store
from leitmotif.store.sqlite.store import SqliteStore


def open_store(url: str) -> Store:
    """The store behind a URL, its schema brought up to date.

    Raises:
        ConfigurationError: the URL names no known kind of database.
        StoreUnavailable: the database cannot be opened.
        SchemaTooNew: it was written by a newer Leitmotif.
    """
    if url.startswith("sqlite:///"):
        return SqliteStore(Path(url.removeprefix("sqlite:///")))
    raise ConfigurationError(f"LEITMOTIF_DATABASE_URL is {url.split('@')[-1]!r}: it must start with sqlite:///.")
