"""Correcting answers and labelling texts on the page, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Open
from tests.pages.test_page import QUOTE, add_cases, analyse
from tests.service.encoders import tiny_encoder_folder
from tests.service.support import ARTICLE, CASE

__all__ = ["tiny_encoder_folder"]

WAITS = "It waits for an editor."
TEXTS = ("The attack on the market was staged by actors.", "A new tram line opened.")


def stored(page: Page) -> list[dict[str, Any]]:
    """Feedback, newest first."""
    answer = page.request.get(page.url.split("#")[0] + "v1/feedback")
    found: list[dict[str, Any]] = answer.json()["feedback"]
    return found


def test_a_label_is_confirmed_and_a_sentence_rejected(open_page: Open) -> None:
    page = open_page()
    analyse(page, ARTICLE)
    card = page.locator("#label-1")
    card.get_by_role("button", name="Confirm the label").click()
    expect(card).to_contain_text(f"Confirmed. {WAITS}")
    card.get_by_text("1 sentence", exact=True).click()
    card.get_by_role("button", name="Reject that this sentence carries").click()
    expect(card).to_contain_text(f"Rejected. {WAITS}")
    sentence, label = stored(page)
    assert (label["kind"], label["text"], label["labels"]) == ("confirm", ARTICLE, ["bioweapons"])
    assert label["stances"] == {"bioweapons": "attributed"}
    # The emoji before it is one code point.
    assert (sentence["kind"], sentence["sentence"]["exact"]) == ("reject", QUOTE)
    assert ARTICLE[sentence["sentence"]["start"] : sentence["sentence"]["end"]] == QUOTE


def test_a_text_is_labelled_anew_by_keyboard(open_page: Open) -> None:
    page = open_page()
    analyse(page, ARTICLE)
    form = page.locator("#labels details").filter(has_text="Label anew")
    form.locator("summary").focus()
    page.keyboard.press("Enter")
    box = form.get_by_role("checkbox", checked=True)
    expect(box).to_have_count(1)
    box.focus()
    page.keyboard.press("Space")
    form.get_by_role("button", name="Store these labels").press("Enter")
    expect(form).to_contain_text(WAITS)
    assert (stored(page)[0]["kind"], stored(page)[0]["narratives"]) == ("relabel", [])


def test_a_match_is_rejected_and_gone(open_page: Open) -> None:
    page = open_page("#claim")
    add_cases(page, CASE)
    claim = page.get_by_label("Claim", exact=True)
    claim.fill("US scientists breed the plague in a secret biolab near Kharkiv")
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("button", name="Reject that this case answers the claim").click()
    expect(page.locator("#matches")).to_contain_text(WAITS)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#verdict")).to_contain_text("is left out")
    expect(page.locator("#matches article")).to_have_count(0)


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


@pytest.mark.parametrize("width", [360, 1280])
def test_the_forms_fit_the_screen(open_page: Open, width: int) -> None:
    page = open_page()
    page.set_viewport_size({"width": width, "height": 740})
    analyse(page, ARTICLE)
    page.locator("#labels summary").filter(has_text="Label anew").click()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
