"""The time, as the ledger writes it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """This moment as ISO 8601 in UTC, with milliseconds: runs that follow each other closely keep their order."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
