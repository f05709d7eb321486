"""Texts that wait for somebody to label them, each once, with what a model version said of them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from leitmotif.errors import ItemNotFound
from leitmotif.ledger.connection import Database
from leitmotif.text.normalise import content_hash

_PREFIX = "rv-"
_ID_LENGTH = 20
_FIELDS = ("id", "text_hash", "created", "decided", "leased_until", "encoder", "body")
_ITEMS = sa.table("review_items", *map(sa.column, _FIELDS), sa.column("vector", sa.LargeBinary))
_FEEDBACK = sa.table("feedback", sa.column("text_hash"), sa.column("target"))


@dataclass(frozen=True, slots=True)
class ItemScore:
    """What a model version said of one narrative."""

    narrative: str
    probability: float
    threshold: float
    assigned: bool
    stance: str = ""


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A text with the scores of the version that saw it last.

    Attributes:
        created: ISO 8601 in UTC.
        version: the model version that gave the `scores`.
        parts: by name of a part of the model, its probabilities by narrative; empty where it does not tell them.
        known: cosine, in [-1, 1], to the nearest known case.
    """

    text: str
    created: str
    who: str
    version: str
    outcome: str
    scores: tuple[ItemScore, ...]
    known: float = 0.0
    title: str = ""
    url: str = ""
    language: str = ""
    parts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return _PREFIX + content_hash(self.text)[:_ID_LENGTH]

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(score.narrative for score in self.scores if score.assigned)


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """An item with the unit vector of its text, shape (dimension,)."""

    item: ReviewItem
    vector: NDArray[np.float32]


class ReviewTable:
    """The review items of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, items: Sequence[WaitingItem], encoder: str) -> list[str]:
        """Add texts, or replace the scores of known ones, all or none; the ids of those that are new.

        A text that has been judged already comes in as decided.
        """
        with self._database.write() as connection:
            return [waiting.item.id for waiting in items if _put(connection, waiting, encoder)]

    def get(self, item_id: str) -> ReviewItem:
        """The item.

        Raises:
            ItemNotFound: no item has this id.
        """
        with self._database.read() as connection:
            body = connection.execute(sa.select(_ITEMS.c.body).where(_ITEMS.c.id == item_id)).scalar()
        if body is None:
            raise ItemNotFound(f"There is no review item {item_id!r}.")
        return _item(body)

    def delete(self, item_id: str) -> bool:
        """Forget an item; False if there was none."""
        with self._database.write() as connection:
            return connection.execute(_ITEMS.delete().where(_ITEMS.c.id == item_id)).rowcount > 0

    def waiting(self, encoder: str, *, limit: int) -> list[WaitingItem]:
        """Items that are neither decided nor handed out, newest first, with vectors of this encoder."""
        wanted = (
            sa.select(_ITEMS.c.body, _ITEMS.c.vector)
            .where(_ITEMS.c.decided == 0, _ITEMS.c.leased_until <= time.time(), _ITEMS.c.encoder == encoder)
            .order_by(_ITEMS.c.created.desc(), _ITEMS.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [WaitingItem(_item(body), _vector(blob)) for body, blob in connection.execute(wanted)]

    def taken(self, encoder: str) -> NDArray[np.float32]:
        """Shape (n, dimension): vectors of the items that are decided or handed out."""
        taken = sa.or_(_ITEMS.c.decided == 1, _ITEMS.c.leased_until > time.time())
        wanted = sa.select(_ITEMS.c.vector).where(taken, _ITEMS.c.encoder == encoder).order_by(_ITEMS.c.id)
        with self._database.read() as connection:
            rows = [_vector(blob) for blob in connection.execute(wanted).scalars()]
        return np.stack(rows) if rows else np.zeros((0, 0), np.float32)

    def lease(self, ids: Sequence[str], *, seconds: float) -> set[str]:
        """Hand items out for a while; those that nobody else has been given meanwhile."""
        now, got = time.time(), set()
        with self._database.write() as connection:
            for item_id in ids:
                free = sa.and_(_ITEMS.c.id == item_id, _ITEMS.c.decided == 0, _ITEMS.c.leased_until <= now)
                if connection.execute(_ITEMS.update().where(free).values(leased_until=now + seconds)).rowcount:
                    got.add(item_id)
        return got

    def counts(self) -> dict[str, int]:
        """How many items are `waiting`, `leased` and `decided`."""
        leased = sa.and_(_ITEMS.c.decided == 0, _ITEMS.c.leased_until > time.time())
        state = sa.case((_ITEMS.c.decided == 1, "decided"), (leased, "leased"), else_="waiting")
        wanted = sa.select(state, sa.func.count()).group_by(state)
        with self._database.read() as connection:
            found = {str(name): int(count) for name, count in connection.execute(wanted)}
        return {name: found.get(name, 0) for name in ("waiting", "leased", "decided")}

    def outdated(self, version: str, *, limit: int) -> list[ReviewItem]:
        """Waiting items whose scores are not of this version."""
        wanted = sa.select(_ITEMS.c.body).where(_ITEMS.c.decided == 0).order_by(_ITEMS.c.created.desc(), _ITEMS.c.id)
        with self._database.read() as connection:
            items = [_item(body) for body in connection.execute(wanted).scalars()]
        return [item for item in items if item.version != version][:limit]


def mark_decided(connection: sa.Connection, text_hash: str) -> None:
    """A text has been judged: in the caller's transaction, see that it does not come back."""
    connection.execute(_ITEMS.update().where(_ITEMS.c.text_hash == text_hash).values(decided=1))


def _put(connection: sa.Connection, waiting: WaitingItem, encoder: str) -> bool:
    item = waiting.item
    body = json.dumps(asdict(item), ensure_ascii=False, sort_keys=True)
    values: dict[str, Any] = {"encoder": encoder, "body": body, "vector": waiting.vector.astype(np.float32).tobytes()}
    if connection.execute(_ITEMS.update().where(_ITEMS.c.id == item.id).values(**values)).rowcount:
        return False
    text_hash = content_hash(item.text)
    judged = sa.select(_FEEDBACK.c.text_hash).where(_FEEDBACK.c.text_hash == text_hash, _FEEDBACK.c.target == "text")
    decided = int(connection.execute(judged.limit(1)).scalar() is not None)
    values |= {"id": item.id, "text_hash": text_hash, "created": item.created, "decided": decided, "leased_until": 0.0}
    connection.execute(_ITEMS.insert().values(**values))
    return True


def _item(body: str) -> ReviewItem:
    raw: dict[str, Any] = json.loads(body)
    return ReviewItem(**raw | {"scores": tuple(ItemScore(**score) for score in raw["scores"])})


def _vector(blob: bytes) -> NDArray[np.float32]:
    return np.frombuffer(blob, np.float32)
