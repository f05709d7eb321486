"""What feedback promises on every kind of database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leitmotif.domain import Stance
from leitmotif.errors import FeedbackExists, FeedbackNotFound, InvalidCursor, InvalidRecord
from leitmotif.ledger import Ledger, open_ledger
from leitmotif.ledger.feedback import (
    Feedback,
    FeedbackKind,
    FeedbackStatus,
    FeedbackTarget,
    SentenceReference,
    check_feedback,
)

TEXT = "🌍 They breed plague in a biolab. The weather was fine."
KNOWN = ("bioweapons", "false_flag")
FIRST = Feedback(
    id="f1",
    created="2024-01-01T00:00:00Z",
    who="anna",
    kind=FeedbackKind.CONFIRM,
    target=FeedbackTarget.SENTENCE,
    text=TEXT,
    narratives=("bioweapons",),
    stances={"bioweapons": Stance.ATTRIBUTED},
    labels=("bioweapons", "false_flag"),
    sentence=SentenceReference(2, 34, TEXT[2:34]),
    author="Anna Z.",
    version="v1",
    note="clear",
)
MATCH = Feedback(
    "m1", "2024-01-01T00:00:00Z", "anna", FeedbackKind.REJECT, FeedbackTarget.MATCH, "A claim here", case="c1"
)


def test_feedback_is_stored_whole_and_once(ledger: Ledger) -> None:
    record, new = ledger.feedback.add(FIRST)
    assert (record.feedback, record.status, new) == (FIRST, FeedbackStatus.PENDING, True)
    again, new = ledger.feedback.add(replace(FIRST, created="later"))
    assert (again, new) == (record, False)
    assert ledger.feedback.get("f1") == record
    with pytest.raises(FeedbackExists, match="f1"):
        ledger.feedback.add(replace(FIRST, note="other"))
    with pytest.raises(FeedbackNotFound):
        ledger.feedback.get("f2")


def test_the_last_decision_holds(ledger: Ledger) -> None:
    ledger.feedback.add(FIRST)
    record, changed = ledger.feedback.decide("f1", FeedbackStatus.ACCEPTED, who="ed", note="good")
    assert changed
    assert record.decision is not None
    assert (record.status, record.decision.who, record.decision.note) == (FeedbackStatus.ACCEPTED, "ed", "good")
    assert not ledger.feedback.decide("f1", FeedbackStatus.ACCEPTED, who="bo")[1]
    assert ledger.feedback.accepted() == [FIRST]
    assert ledger.feedback.decide("f1", FeedbackStatus.DISMISSED, who="bo")[1]
    assert ledger.feedback.accepted() == []
    with pytest.raises(FeedbackNotFound):
        ledger.feedback.decide("f2", FeedbackStatus.ACCEPTED, who="bo")


def test_lists_by_pages_and_filters(ledger: Ledger) -> None:
    for number in range(5):
        kind = FeedbackKind.RELABEL if number % 2 else FeedbackKind.CONFIRM
        narratives = ("false_flag",) if number == 3 else ("bioweapons",)
        ledger.feedback.add(
            replace(FIRST, id=f"f{number}", kind=kind, narratives=narratives, stances={}, labels=narratives)
        )
    ledger.feedback.decide("f4", FeedbackStatus.ACCEPTED, who="ed")
    first = ledger.feedback.page(limit=3)
    assert [record.feedback.id for record in first.records] == ["f4", "f3", "f2"]
    rest = ledger.feedback.page(limit=3, cursor=first.cursor)
    assert ([record.feedback.id for record in rest.records], rest.cursor) == (["f1", "f0"], None)

    def ids(**filters: object) -> list[str]:
        return [record.feedback.id for record in ledger.feedback.page(limit=9, **filters).records]  # type: ignore[arg-type]

    assert ids(status=FeedbackStatus.ACCEPTED) == ["f4"]
    assert ids(status=FeedbackStatus.PENDING, kind=FeedbackKind.CONFIRM) == ["f2", "f0"]
    assert ids(narrative="false_flag") == ["f3"]
    # An underscore is a wildcard to the database.
    assert ids(narrative="falseXflag") == ids(narrative="flag") == []
    with pytest.raises(InvalidCursor):
        ledger.feedback.page(limit=1, cursor="x")


def test_rejected_matches_are_remembered_until_confirmed_or_dismissed(ledger: Ledger, ledger_url: str) -> None:
    ledger.feedback.add(MATCH)
    ledger.feedback.add(replace(MATCH, id="m2", case="c2"))
    ledger.feedback.add(replace(MATCH, id="m3", text="Another claim"))
    other = open_ledger(ledger_url)
    assert other.feedback.rejected_cases(" a CLAIM, here! ") == {"c1", "c2"}
    other.close()
    ledger.feedback.decide("m2", FeedbackStatus.DISMISSED, who="ed")
    assert ledger.feedback.rejected_cases("A claim here") == {"c1"}
    ledger.feedback.add(replace(MATCH, id="m4", kind=FeedbackKind.CONFIRM))
    assert ledger.feedback.rejected_cases("A claim here") == frozenset()
    assert ledger.feedback.rejected_cases("A third claim") == frozenset()


def test_sound_feedback_passes() -> None:
    check_feedback(FIRST, KNOWN)
    check_feedback(MATCH, KNOWN)
    check_feedback(replace(FIRST, kind=FeedbackKind.RELABEL, narratives=(), stances={}), KNOWN)


@pytest.mark.parametrize(
    ("feedback", "field"),
    [
        (replace(FIRST, narratives=("bioweapons", "unicorns")), "narratives"),
        (replace(FIRST, narratives=("bioweapons", "bioweapons")), "narratives"),
        (replace(FIRST, labels=("unicorns",)), "labels"),
        (replace(FIRST, stances={"false_flag": Stance.REFUTED}), "stances"),
        (replace(FIRST, sentence=SentenceReference(0, 34, TEXT[2:34])), "sentence"),
        (replace(FIRST, text="…"), "text"),
        (replace(FIRST, kind=FeedbackKind.REJECT, narratives=(), stances={}), "narratives"),
        (replace(MATCH, kind=FeedbackKind.RELABEL), "kind"),
        (replace(MATCH, case=""), "case"),
        (replace(MATCH, narratives=("bioweapons",)), "claim"),
    ],
)
def test_what_makes_no_sense_is_named(feedback: Feedback, field: str) -> None:
    with pytest.raises(InvalidRecord) as refused:
        check_feedback(feedback, KNOWN)
    assert field in [problem.where for problem in refused.value.problems]
