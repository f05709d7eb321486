"""What accepted feedback teaches."""

from __future__ import annotations

from dataclasses import replace

from leitmotif.domain import Stance
from leitmotif.ledger.feedback import Feedback, FeedbackKind, FeedbackTarget, SentenceReference
from training.feedback import LONGEST_PASSAGE, Learned, learn

KNOWN = ("moon", "bees", "salt")
TEXT = "The moon is a base. The bees were seen in the garden on Monday, and nobody knows why they came."
GIVEN = Feedback(
    "f", "now", "anna", FeedbackKind.RELABEL, FeedbackTarget.TEXT, TEXT, language="en", narratives=("moon", "bees")
)
SENTENCE = replace(
    GIVEN, target=FeedbackTarget.SENTENCE, sentence=SentenceReference(0, 19, TEXT[:19]), narratives=("moon",)
)
MATCH = Feedback("m", "now", "anna", FeedbackKind.CONFIRM, FeedbackTarget.MATCH, "The moon hides a base", case="c1")


def learned(*feedback: Feedback) -> Learned:
    return learn(feedback, KNOWN, {"c1", "c2"})


def confirm(*narratives: str, labels: tuple[str, ...] = ("moon", "bees")) -> Feedback:
    return replace(GIVEN, kind=FeedbackKind.CONFIRM, narratives=narratives, labels=labels)


def reject(*narratives: str, labels: tuple[str, ...] = ("moon", "bees")) -> Feedback:
    return replace(GIVEN, kind=FeedbackKind.REJECT, narratives=narratives, labels=labels)


def test_nothing_teaches_nothing() -> None:
    assert learned() == Learned()
    assert Learned().records == []


def test_a_relabelled_text_is_a_passage_of_its_strongest_stance() -> None:
    found = learned(replace(GIVEN, stances={"moon": Stance.REFUTED, "bees": Stance.ATTRIBUTED}))
    (passage,) = found.passages
    assert (passage.text, passage.narratives, passage.stance) == (TEXT, ("bees",), Stance.ATTRIBUTED)
    assert (passage.register_, passage.language) == ("paragraph", "en")
    assert len(found.records) == 1


def test_a_sentence_is_a_passage_of_its_own_in_the_group_of_its_text() -> None:
    found = learned(SENTENCE, GIVEN)
    assert [(p.text, p.register_) for p in found.passages] == [(TEXT[:19], "sentence"), (TEXT, "paragraph")]
    assert found.passages[0].id == found.passages[1].id


def test_a_text_waits_until_every_label_is_judged() -> None:
    assert learned(confirm("moon")) == Learned()
    assert learned(reject("moon")) == Learned()
    assert learned(confirm("moon"), reject("bees")).passages[0].narratives == ("moon",)
    assert learned(confirm("moon", "bees")).passages[0].narratives == ("moon", "bees")
    # The later word holds.
    assert learned(reject("moon", "bees"), confirm("bees")).passages[0].narratives == ("bees",)
    assert learned(GIVEN, reject("moon")).passages[0].narratives == ("bees",)


def test_a_text_whose_labels_are_all_rejected_carries_nothing() -> None:
    found = learned(reject("moon", "bees"))
    (article,) = found.articles
    assert (article.genre, article.title) == ("neutral", "The moon is a base.")
    assert [sentence.text for sentence in article.sentences] == [TEXT[20:]]
    assert article.narratives == ()
    one = replace(GIVEN, text="Rain fell in Riga all day long.", narratives=())
    (plain,) = learned(one).plain_texts
    assert (plain.text, plain.language) == (one.text, "en")


def test_a_confirmed_none_is_a_text_without_narrative() -> None:
    assert len(learned(confirm(labels=())).articles) == 1


def test_unknown_narratives_and_cases_are_left_out() -> None:
    assert learned(replace(GIVEN, narratives=("gone",))) == Learned()
    assert learned(replace(MATCH, case="c9")) == Learned()


def test_a_long_text_teaches_by_its_sentences_only() -> None:
    long = replace(GIVEN, text=f"{TEXT} {'word ' * LONGEST_PASSAGE}")
    assert learned(long) == Learned()
    assert len(learned(replace(SENTENCE, text=long.text)).passages) == 1
    assert len(learned(replace(long, narratives=())).articles) == 1


def test_nearly_equal_texts_are_one_group_also_when_more_come() -> None:
    copy = replace(GIVEN, text=TEXT + " More follows.")
    other = replace(GIVEN, text="Salt is taxed by the bakers of the west, he wrote.", narratives=("salt",))
    first, second, third = learned(GIVEN, copy, other).passages
    assert first.id == second.id != third.id
    assert learned(GIVEN).passages[0].id == first.id


def test_the_language_is_found_where_nobody_says_it() -> None:
    german = replace(
        GIVEN, language="", text="Die Vereinigten Staaten züchten an der Grenze gefährliche Viren in geheimen Laboren."
    )
    assert learned(german).passages[0].language == "de"


def test_matches_are_pairs_and_the_last_word_holds() -> None:
    (pair,) = learned(MATCH).claim_pairs
    assert (pair.text, pair.case, pair.relation) == (MATCH.text, "c1", "match")
    again = replace(MATCH, id="m2", text="the moon hides a BASE", kind=FeedbackKind.REJECT)
    other = replace(MATCH, id="m3", case="c2", kind=FeedbackKind.REJECT)
    assert [(p.case, p.relation) for p in learned(MATCH, again, other).claim_pairs] == [
        ("c1", "differs"),
        ("c2", "differs"),
    ]
