"""Picks the store by the database URL."""

from __future__ import annotations

from pathlib import Path

from leitmotif.errors import ConfigurationError
from leitmotif.settings import Settings
from leitmotif.store.protocol import Store
from leitmotif.store.sqlite.store import SqliteStore

_POSTGRES = "postgresql://"


def open_settled_store(settings: Settings) -> Store:
    """The store that the settings name; raises what `open_store` does."""
    return open_store(
        settings.database_url,
        connections=settings.database_connections,
        exact_search_up_to=settings.exact_search_up_to,
    )


def open_store(url: str, *, connections: int = 10, exact_search_up_to: int = 20_000) -> Store:
    """The store behind a URL, its schema brought up to date.

    The other arguments are PostgreSQL's: the most connections of this process, and the most cases whose vectors are
    compared one by one. SQLite has neither limit.

    Raises:
        ConfigurationError: the URL names no known kind of database.
        StoreUnavailable: the database cannot be opened.
        SchemaTooNew: it was written by a newer Leitmotif.
    """
    if url.startswith("sqlite:///"):
        return SqliteStore(Path(url.removeprefix("sqlite:///")))
    if url.startswith(_POSTGRES):
        # The driver takes a tenth of a second to import, which the default store need not pay.
        from leitmotif.store.postgres.store import PostgresStore

        return PostgresStore(url, connections=connections, exact_search_up_to=exact_search_up_to)
    raise ConfigurationError(
        f"LEITMOTIF_DATABASE_URL is {url.split('@')[-1]!r}: it must start with sqlite:/// or postgresql://."
    )
