"""Correcting answers on the page, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Open
from tests.pages.test_page import QUOTE, add_cases, analyse
from tests.service.support import ARTICLE, CASE, OTHER

WAITS = "It waits for an editor."


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
    add_cases(page, CASE, OTHER)
    claim = page.get_by_label("Claim", exact=True)
    claim.fill("US scientists breed the plague in a secret biolab near Kharkiv")
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("button", name="Reject that this case answers the claim").click()
    expect(page.locator("#matches")).to_contain_text(WAITS)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#verdict")).to_contain_text("is left out")
    expect(page.locator("#matches article")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_forms_fit_the_screen(open_page: Open, width: int) -> None:
    page = open_page()
    page.set_viewport_size({"width": width, "height": 740})
    analyse(page, ARTICLE)
    page.locator("#labels summary").filter(has_text="Label anew").click()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
