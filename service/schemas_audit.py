"""What requests and responses on the audit log and on added narratives hold."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from service.schemas import Request, Response


class AuditQuery(Request):
    """Which acts to list."""

    act: str | None = Field(None, description="Only this kind of act, e.g. `model.switch`.")
    subject: str | None = Field(None, description="Only acts on this, e.g. the name of a version.")
    cursor: str | None = Field(None, description="`cursor` of the page before.")
    limit: int = Field(50, ge=1, le=500, description="Most entries on a page.")


class AuditEntryBody(Response):
    """One act."""

    seq: int = Field(description="Grows by time.")
    at: str = Field(description="ISO 8601 in UTC.")
    who: str = Field(description="The API key by name, `anonymous` where none is needed, `local` for the command line.")
    act: str = Field(
        description="`model.switch model.candidate run.cancel run.resume narrative.put narrative.delete "
        "feedback.accept feedback.dismiss`."
    )
    subject: str = Field(description="What it was done to.")
    details: dict[str, Any] = Field(description="What else there is to say, by name.")


class AuditPageBody(Response):
    """Acts, newest first."""

    entries: list[AuditEntryBody]
    cursor: str | None = Field(None, description="Opens the next page; null on the last.")


class NarrativeRequest(Request):
    """A narrative to add, or what an existing one is to become."""

    theme: str = Field(description="Id of a theme of the codebook.", examples=["hostile_west"])
    name: str = Field(min_length=1, max_length=200)
    definition: str = Field(min_length=1, max_length=5_000, description="What a text asserts that carries it.")
    include: str = Field("", max_length=5_000, description="What counts, in cases of doubt.")
    exclude: str = Field("", max_length=5_000, description="What does not.")
    keywords: list[str] = Field([], max_length=200, description="Words that point to it: weak evidence only.")
