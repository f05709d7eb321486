"""Labelling texts of the queue on the page, in a real browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.pages.conftest import Open
from tests.pages.test_feedback import WAITS, stored
from tests.pages.test_page import analyse
from tests.service.encoders import tiny_encoder_folder

__all__ = ["tiny_encoder_folder"]

TEXTS = ("The attack on the market was staged by actors.", "A new tram line opened.")


def test_texts_of_the_queue_are_labelled(open_page: Open) -> None:
    page = open_page("#review")
    page.get_by_role("button", name="Next texts").click()
    expect(page.locator("#review-status")).to_contain_text("Nothing to label now")
    page.get_by_role("tab", name="Analyse a text").click()
    for text in TEXTS:
        analyse(page, text)
        page.get_by_role("button", name="Put this text into the review queue").click()
        expect(page.locator("#analyse-status")).to_have_text("The text waits in the queue.")
        page.get_by_role("button", name="Edit the text").click()
    page.get_by_role("tab", name="Review").click()
    page.get_by_role("button", name="Next texts").click()
    cards = page.locator("#queue article")
    expect(cards).to_have_count(2)
    staged, tram = (cards.filter(has_text=text) for text in TEXTS)
    staged.get_by_role("button", name="That is right").click()
    expect(staged).to_contain_text(WAITS)
    tram.get_by_text("Label anew").click()
    tram.get_by_role("combobox", name="Stance towards").first.select_option("refuted")
    expect(tram.get_by_role("checkbox").first).to_be_checked()
    tram.get_by_role("button", name="Store these labels").click()
    expect(tram).to_contain_text(WAITS)
    relabel, confirm = stored(page)
    assert (confirm["kind"], confirm["narratives"], confirm["text"]) == ("confirm", ["false_flag"], TEXTS[0])
    assert (relabel["kind"], list(relabel["stances"].values())) == ("relabel", ["refuted"])
    page.get_by_role("button", name="Next texts").click()
    expect(page.locator("#review-status")).to_contain_text("Nothing to label now")
