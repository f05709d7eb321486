"""What the texts to label promise on every kind of database."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leitmotif.errors import ItemNotFound
from leitmotif.ledger import Ledger
from leitmotif.ledger.feedback import Feedback, FeedbackKind, FeedbackTarget, SentenceReference
from leitmotif.ledger.review_items import ItemScore, ReviewItem, WaitingItem

_SCORES = (ItemScore("bioweapons", 0.9, 0.5, True, "asserted"), ItemScore("false_flag", 0.1, 0.5, False))
_ITEM = ReviewItem("They breed plague.", "2024-01-01T00:00:00Z", "anna", "v1", "labelled", _SCORES, language="en")
_VECTOR = np.array([0.6, 0.8], np.float32)


def waiting(number: int = 0, version: str = "v1") -> WaitingItem:
    item = replace(_ITEM, text=f"Text number {number}", version=version, created=f"2024-01-0{number + 1}T00:00:00Z")
    return WaitingItem(item, _VECTOR)


def judged(item: ReviewItem, target: FeedbackTarget = FeedbackTarget.TEXT) -> Feedback:
    sentence = SentenceReference(0, 4, item.text[:4]) if target is FeedbackTarget.SENTENCE else None
    return Feedback(f"f-{target}", "now", "anna", FeedbackKind.RELABEL, target, item.text.upper(), sentence=sentence)


def test_each_text_is_kept_once_with_the_last_scores(ledger: Ledger) -> None:
    first, second = waiting(), waiting(1)
    assert ledger.review.put([first, second], "tiny") == [first.item.id, second.item.id]
    newer = replace(first.item, text="text, NUMBER 0!", version="v2", created="later")
    assert ledger.review.put([WaitingItem(newer, _VECTOR)], "tiny") == []
    assert ledger.review.get(first.item.id) == newer
    assert ledger.review.outdated("v2", limit=5) == [second.item]
    found = ledger.review.waiting("tiny", limit=5)
    assert [entry.item.version for entry in found] == ["v1", "v2"]
    assert found[0].vector.tolist() == _VECTOR.tolist()
    assert ledger.review.waiting("other", limit=5) == []


def test_an_item_is_handed_out_to_one_and_comes_back_after_a_while(ledger: Ledger) -> None:
    item = waiting()
    ledger.review.put([item], "tiny")
    assert ledger.review.lease([item.item.id], seconds=60) == {item.item.id}
    assert ledger.review.lease([item.item.id], seconds=60) == set()
    assert ledger.review.waiting("tiny", limit=5) == []
    assert ledger.review.taken("tiny").tolist() == [_VECTOR.tolist()]
    assert ledger.review.counts() == {"waiting": 0, "leased": 1, "decided": 0}
    other = waiting(1)
    ledger.review.put([other], "tiny")
    assert ledger.review.lease([other.item.id], seconds=-1) == {other.item.id}
    assert [entry.item.id for entry in ledger.review.waiting("tiny", limit=5)] == [other.item.id]


def test_a_judged_text_never_comes_back(ledger: Ledger) -> None:
    item = waiting()
    ledger.review.put([item], "tiny")
    ledger.feedback.add(judged(item.item, FeedbackTarget.SENTENCE))
    assert len(ledger.review.waiting("tiny", limit=5)) == 1
    ledger.feedback.add(judged(item.item))
    ledger.review.put([item], "tiny")
    assert ledger.review.waiting("tiny", limit=5) == []
    assert ledger.review.counts() == {"waiting": 0, "leased": 0, "decided": 1}
    assert ledger.review.lease([item.item.id], seconds=60) == set()
    assert ledger.review.outdated("v9", limit=5) == []


def test_a_text_that_was_judged_before_comes_in_as_decided(ledger: Ledger) -> None:
    item = waiting()
    ledger.feedback.add(judged(item.item))
    ledger.review.put([item], "tiny")
    assert ledger.review.counts()["decided"] == 1


def test_items_can_be_forgotten(ledger: Ledger) -> None:
    item = waiting()
    ledger.review.put([item], "tiny")
    assert ledger.review.delete(item.item.id)
    assert not ledger.review.delete(item.item.id)
    with pytest.raises(ItemNotFound, match=item.item.id):
        ledger.review.get(item.item.id)
