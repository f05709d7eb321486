"""Feedback in the database. It is stored whole and never changed; what editors decide about it stands beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from leitmotif.domain import Stance
from leitmotif.errors import FeedbackExists, FeedbackNotFound, InvalidCursor
from leitmotif.ledger.clock import now
from leitmotif.ledger.connection import Database
from leitmotif.ledger.feedback import (
    Decision,
    Feedback,
    FeedbackKind,
    FeedbackRecord,
    FeedbackStatus,
    FeedbackTarget,
    SentenceReference,
)
from leitmotif.ledger.review_items import mark_decided
from leitmotif.text.normalise import content_hash

_FEEDBACK = sa.table(
    "feedback", *map(sa.column, ("seq", "id", "kind", "target", "text_hash", "case_id", "narratives", "body"))
)
_DECISIONS = sa.table("decisions", *map(sa.column, ("feedback_id", "status", "at", "who", "note")))
_JOINED = _FEEDBACK.outerjoin(_DECISIONS, _DECISIONS.c.feedback_id == _FEEDBACK.c.id)
_status = sa.func.coalesce(_DECISIONS.c.status, FeedbackStatus.PENDING.value)
_SELECTED = (_FEEDBACK.c.seq, _FEEDBACK.c.body, *(_DECISIONS.c[name] for name in ("status", "at", "who", "note")))
_RECORDS = sa.select(*_SELECTED).select_from(_JOINED)


@dataclass(frozen=True, slots=True)
class FeedbackPage:
    """Feedback, newest first; `cursor` opens the next page."""

    records: tuple[FeedbackRecord, ...]
    cursor: str | None


class FeedbackTable:
    """The feedback of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, feedback: Feedback) -> tuple[FeedbackRecord, bool]:
        """Store feedback, once for each id; False if it was there already.

        A review item whose text is judged as a whole is decided by it, and does not come back.

        Raises:
            FeedbackExists: the id has other feedback.
        """
        with self._database.write() as connection:
            known = _get(connection, feedback.id)
            if known is None:
                connection.execute(_FEEDBACK.insert().values(**_columns(feedback)))
                if feedback.target is FeedbackTarget.TEXT:
                    mark_decided(connection, feedback.text_hash)
                return _known(connection, feedback.id), True
        if known.feedback != replace(feedback, created=known.feedback.created):
            raise FeedbackExists(f"Feedback {feedback.id!r} is there already, with another content: take another id.")
        return known, False

    def get(self, feedback_id: str) -> FeedbackRecord:
        """The feedback with what was decided about it.

        Raises:
            FeedbackNotFound: no feedback has this id.
        """
        with self._database.read() as connection:
            return _known(connection, feedback_id)

    def page(
        self,
        *,
        limit: int,
        cursor: str | None = None,
        status: FeedbackStatus | None = None,
        kind: FeedbackKind | None = None,
        narrative: str | None = None,
    ) -> FeedbackPage:
        """Feedback newest first, by keyset pages.

        Raises:
            InvalidCursor: the cursor is not one of ours.
        """
        wanted = _RECORDS.order_by(_FEEDBACK.c.seq.desc()).limit(limit + 1)
        if cursor:
            wanted = wanted.where(_FEEDBACK.c.seq < _position(cursor))
        if status:
            wanted = wanted.where(_status == status.value)
        if kind:
            wanted = wanted.where(_FEEDBACK.c.kind == kind.value)
        if narrative:
            wanted = wanted.where(_FEEDBACK.c.narratives.contains(f" {narrative} ", autoescape=True))
        with self._database.read() as connection:
            records = [_record(row) for row in connection.execute(wanted)]
        more = len(records) > limit
        return FeedbackPage(tuple(records[:limit]), str(records[limit - 1].seq) if more else None)

    def decide(
        self, feedback_id: str, status: FeedbackStatus, *, who: str, note: str = ""
    ) -> tuple[FeedbackRecord, bool]:
        """Accept or dismiss feedback; the last decision holds. False if it had this status already.

        Raises:
            FeedbackNotFound: no feedback has this id.
        """
        with self._database.write() as connection:
            before = _known(connection, feedback_id)
            if before.status is status:
                return before, False
            connection.execute(_DECISIONS.delete().where(_DECISIONS.c.feedback_id == feedback_id))
            values = {"feedback_id": feedback_id, "status": status.value, "at": now(), "who": who, "note": note}
            connection.execute(_DECISIONS.insert().values(**values))
            return _known(connection, feedback_id), True

    def accepted(self) -> list[Feedback]:
        """All accepted feedback, oldest first."""
        wanted = _RECORDS.where(_status == FeedbackStatus.ACCEPTED.value).order_by(_FEEDBACK.c.seq)
        with self._database.read() as connection:
            return [_record(row).feedback for row in connection.execute(wanted)]

    def rejected_cases(self, claim: str) -> frozenset[str]:
        """Cases whose match with this claim was rejected, unless it was confirmed since or the feedback dismissed."""
        wanted = (
            sa.select(_FEEDBACK.c.case_id, _FEEDBACK.c.kind)
            .select_from(_JOINED)
            .where(_FEEDBACK.c.text_hash == content_hash(claim), _FEEDBACK.c.target == FeedbackTarget.MATCH.value)
            .where(_status != FeedbackStatus.DISMISSED.value)
            .order_by(_FEEDBACK.c.seq)
        )
        with self._database.read() as connection:
            last = {row.case_id: row.kind for row in connection.execute(wanted)}
        return frozenset(case for case, kind in last.items() if kind == FeedbackKind.REJECT)


def _columns(feedback: Feedback) -> dict[str, str]:
    return {
        "id": feedback.id,
        "kind": feedback.kind.value,
        "target": feedback.target.value,
        "text_hash": feedback.text_hash,
        "case_id": feedback.case,
        "narratives": f" {' '.join(dict.fromkeys([*feedback.narratives, *feedback.labels]))} ",
        "body": json.dumps(asdict(feedback), ensure_ascii=False, sort_keys=True),
    }


def _get(connection: sa.Connection, feedback_id: str) -> FeedbackRecord | None:
    row = connection.execute(_RECORDS.where(_FEEDBACK.c.id == feedback_id)).one_or_none()
    return None if row is None else _record(row)


def _known(connection: sa.Connection, feedback_id: str) -> FeedbackRecord:
    found = _get(connection, feedback_id)
    if found is None:
        raise FeedbackNotFound(f"There is no feedback {feedback_id!r}.")
    return found


def _record(row: sa.Row[Any]) -> FeedbackRecord:
    decision = Decision(FeedbackStatus(row.status), row.who, row.at, row.note) if row.status else None
    return FeedbackRecord(row.seq, _feedback(json.loads(row.body)), decision)


def _feedback(raw: Mapping[str, Any]) -> Feedback:
    sentence = SentenceReference(**raw["sentence"]) if raw["sentence"] else None
    changed = {
        "kind": FeedbackKind(raw["kind"]),
        "target": FeedbackTarget(raw["target"]),
        "narratives": tuple(raw["narratives"]),
        "labels": tuple(raw["labels"]),
        "stances": {narrative: Stance(stance) for narrative, stance in raw["stances"].items()},
        "sentence": sentence,
    }
    return Feedback(**{**raw, **changed})


def _position(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 16):
        raise InvalidCursor("cursor: take it from `cursor` of the page before; this is none of ours.")
    return int(cursor)
