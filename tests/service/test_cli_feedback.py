"""`leitmotif feedback`, in process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from leitmotif.ledger import Ledger, open_ledger
from leitmotif.ledger.feedback import Feedback, FeedbackKind, FeedbackTarget
from leitmotif.settings import Settings
from tests.service.test_cli import Run, command, run

__all__ = ["command", "run"]

_FIRST = Feedback(
    id="fb-1",
    created="2024-01-01T00:00:00Z",
    who="anna",
    kind=FeedbackKind.RELABEL,
    target=FeedbackTarget.TEXT,
    text="They breed plague in a biolab.",
    narratives=("bioweapons",),
)


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    with open_ledger(settings.database_url) as opened:
        yield opened


def test_what_waits_is_listed_accepted_and_dismissed(run: Run, ledger: Ledger) -> None:
    assert run("feedback", "list").code == 1
    for number in (1, 2, 3):
        ledger.feedback.add(replace(_FIRST, id=f"fb-{number}", text=f"Plague {number}."))
    listed = run("feedback", "list")
    assert (listed.code, "relabel text: bioweapons" in listed.out, "Plague 2." in listed.out) == (0, True, True)
    accepted = run("feedback", "accept", "fb-1", "fb-2", "--note", "clear")
    assert accepted.out.splitlines() == ["fb-1 is accepted", "fb-2 is accepted"]
    assert "fb-1 is accepted already" in run("feedback", "accept", "fb-1").out
    assert run("feedback", "dismiss", "fb-2").code == 0
    assert [feedback.id for feedback in ledger.feedback.accepted()] == ["fb-1"]
    found = json.loads(run("feedback", "list", "--status", "accepted", "--json").out)["feedback"]
    assert [(one["id"], one["decision"]["note"], one["decision"]["who"]) for one in found] == [
        ("fb-1", "clear", "local")
    ]
    assert run("feedback", "list", "--kind", "confirm").code == 1
    assert run("feedback", "list", "--narrative", "false_flag").code == 1
    acts = [(entry.act, entry.subject) for entry in ledger.audit.list(limit=9).entries]
    assert acts == [("feedback.dismiss", "fb-2"), ("feedback.accept", "fb-2"), ("feedback.accept", "fb-1")]


def test_an_id_that_does_not_exist_changes_nothing(run: Run, ledger: Ledger) -> None:
    ledger.feedback.add(_FIRST)
    ended = run("feedback", "accept", "fb-1", "fb-9")
    assert (ended.code, "fb-9" in ended.err) == (1, True)
    assert ledger.feedback.accepted() == []
    assert run("feedback", "accept").code == 2
