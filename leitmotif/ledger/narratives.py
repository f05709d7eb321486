"""Narratives that were added or changed over HTTP; they extend the codebook's file."""

from __future__ import annotations

import json
from dataclasses import asdict

import sqlalchemy as sa

from leitmotif.codebook import extend
from leitmotif.domain import Codebook, Narrative
from leitmotif.ledger.connection import Database

_NARRATIVES = sa.table("narratives", sa.column("id"), sa.column("body"))


class NarrativeTable:
    """The added narratives of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, narrative: Narrative) -> None:
        """Add a narrative, or replace the one of its id."""
        body = json.dumps(asdict(narrative), ensure_ascii=False, sort_keys=True)
        with self._database.write() as connection:
            connection.execute(_NARRATIVES.delete().where(_NARRATIVES.c.id == narrative.id))
            connection.execute(_NARRATIVES.insert().values(id=narrative.id, body=body))

    def delete(self, narrative_id: str) -> bool:
        """Remove a narrative; False if there was none."""
        with self._database.write() as connection:
            found = connection.execute(_NARRATIVES.delete().where(_NARRATIVES.c.id == narrative_id))
        return found.rowcount > 0

    def list(self) -> list[Narrative]:
        """All of them, by id."""
        with self._database.read() as connection:
            bodies = connection.execute(sa.select(_NARRATIVES.c.body).order_by(_NARRATIVES.c.id)).scalars().all()
        return [_narrative(body) for body in bodies]


class CurrentCodebook:
    """The codebook in force: the file's, with what was added and changed over HTTP. Read anew at every look."""

    def __init__(self, file: Codebook, table: NarrativeTable) -> None:
        self.file = file
        self._table = table

    def read(self) -> Codebook:
        return extend(self.file, self._table.list())


def _narrative(body: str) -> Narrative:
    raw = json.loads(body)
    return Narrative(**raw | {"keywords": tuple(raw["keywords"])})
