"""Databases to be copied in the state that a fault is to find, on each kind, and what is in one."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

from leitmotif.domain import CaseFilter
from leitmotif.store import open_store
from tests.postgres import Server

_ALL = CaseFilter()


class Databases(Protocol):
    """A database to prepare, `url`, and as many copies of it as are wanted."""

    url: str

    def copy(self) -> str:
        """URL of a copy; nobody may have `url` open meanwhile."""


class SqliteDatabases:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self.url = f"sqlite:///{folder}/first.db"

    def copy(self) -> str:
        path = self._folder / f"copy-{next(self._numbers)}.db"
        shutil.copy(self._folder / "first.db", path)
        return f"sqlite:///{path}"


class PostgresDatabases:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._made: list[str] = []
        self.url = self._server.new_database()

    def copy(self) -> str:
        self._made.append(self._server.new_database(template=self.url))
        return self._made[-1]

    def drop(self) -> None:
        for url in (*self._made, self.url):
            self._server.drop_database(url)


@dataclass(frozen=True)
class Held:
    """What a store holds: each case with its vectors, and the cases that words and filters find."""

    cases: Mapping[str, str]
    vectors: Mapping[str, Mapping[str, bytes]]
    words: Mapping[str, frozenset[str]]
    facets: Mapping[str, Mapping[str, int]]
    total: int


def held(url: str, encoder: str, *words: str) -> Held:
    """What a database holds."""
    store = open_store(url)
    try:
        cases = {case.id: repr(case) for case in store.iter_cases()}
        vectors = store.get_vectors(list(cases), encoder)
        return Held(
            cases=cases,
            vectors={key: {field: v.tobytes() for field, v in fields.items()} for key, fields in vectors.items()},
            words={word: frozenset(h.case_id for h in store.search_words(word, _ALL, limit=10**4)) for word in words},
            facets=store.facets(_ALL),
            total=store.count_cases(),
        )
    finally:
        store.close()
