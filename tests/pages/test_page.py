"""What people do on the page, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.service.support import ARTICLE, CASE, OTHER

Open = Callable[..., Page]

QUOTE = "“They breed plague in a biolab near Kharkiv”, Sergei Ivanov said on Monday."
CLAIM = str(CASE["summary"])


def add_cases(page: Page, *cases: dict[str, object], key: str = "") -> None:
    headers = {"X-API-Key": key} if key else {}
    answer = page.request.post(page.url.split("#")[0] + "v1/cases", data=list(cases), headers=headers)
    assert answer.status == 201, answer.text()


def analyse(page: Page, text: str) -> None:
    page.get_by_label("Text", exact=True).fill(text)
    page.get_by_role("button", name="Analyse", exact=True).click()


def test_labels_stance_and_the_exact_sentence_after_an_emoji(open_page: Open) -> None:
    page = open_page()
    add_cases(page, CASE)
    analyse(page, ARTICLE)
    expect(page.get_by_role("heading", name="1 narrative found")).to_be_focused()
    label = page.locator("#label-1")
    expect(label.get_by_role("heading")).to_contain_text("biolabs")
    expect(label).to_contain_text("attributed to Sergei Ivanov")
    expect(label.get_by_role("img")).to_have_attribute("aria-label", "Probability 90 %, assigned from 50 %")
    mark = page.locator("mark")
    expect(mark).to_have_count(1)
    assert mark.text_content() == QUOTE
    expect(mark).to_contain_class("attributed")
    assert page.locator("#passages").text_content() == ARTICLE


def test_nearest_case_says_which_sentence_and_leads_to_it(open_page: Open) -> None:
    page = open_page()
    add_cases(page, CASE)
    analyse(page, ARTICLE)
    card = page.locator("#cases-near article")
    expect(card).to_have_count(1)
    for words in (CASE["title"], CASE["summary"], CASE["response"], "2022-03-09", "Ukraine, United States", "Sputnik"):
        expect(card).to_contain_text(str(words))
    expect(card).to_contain_text("similarity")
    expect(card.get_by_role("link")).to_have_attribute("href", "https://example.org/biolab")
    card.get_by_role("button").click()
    assert page.evaluate("document.activeElement.dataset.start") is not None


def test_sentence_and_label_light_up_together(open_page: Open) -> None:
    page = open_page()
    analyse(page, f"{ARTICLE} The whole attack was staged.")
    marks = page.locator("mark")
    expect(marks).to_have_count(2)
    linked = page.locator(".label.linked, mark.linked")
    expect(linked).to_have_count(0)
    for position in (0, 1):
        number = str(marks.nth(position).get_attribute("data-numbers"))
        marks.nth(position).hover()
        expect(linked).to_have_count(2)
        expect(page.locator(f"#label-{number}")).to_contain_class("linked")
        page.locator(f"#label-{number}").hover()
        expect(linked).to_have_count(2)
        expect(marks.nth(position)).to_contain_class("linked")


def test_text_without_a_narrative_can_be_edited_again(open_page: Open) -> None:
    page = open_page()
    text = "The new tram line opened on Saturday. It has eleven stops and is six kilometres long."
    analyse(page, text)
    expect(page.get_by_role("heading", name="No known narrative found")).to_be_visible()
    expect(page.locator("#outcome")).to_contain_text("does not mean that the text is true")
    page.get_by_role("button", name="Edit the text").click()
    expect(page.get_by_label("Text", exact=True)).to_be_focused()
    expect(page.get_by_label("Text", exact=True)).to_have_value(text)


def test_unsure_comes_with_its_reason(open_page: Open) -> None:
    page = open_page()
    analyse(page, "Hello.")
    expect(page.get_by_role("heading", name="Unsure")).to_be_visible()
    expect(page.locator("#outcome .warning").first).not_to_be_empty()


def test_markup_in_a_text_stays_text(open_page: Open) -> None:
    page = open_page()
    text = "The man on the corner sells <img src=x onerror=alert(1)> plague from a biolab near the old harbour."
    add_cases(page, CASE | {"title": "<b>bold</b> biolab", "url": "https://example.org/a?b=<i>"})
    analyse(page, text)
    expect(page.locator("mark")).to_have_text(text)
    assert page.locator("#passages img, #cases-near h3 b").count() == 0
    expect(page.locator("#cases-near h3")).to_have_text("<b>bold</b> biolab")


@pytest.mark.parametrize("text", ["", "  \n "])
def test_empty_text_gives_an_error_in_words(open_page: Open, text: str) -> None:
    page = open_page()
    analyse(page, text)
    expect(page.get_by_role("alert").filter(has_text="There is no text yet")).to_be_visible()
    expect(page.get_by_label("Text", exact=True)).to_be_focused()
    expect(page.get_by_label("Text", exact=True)).to_have_attribute("aria-invalid", "true")


def test_what_the_service_refuses_is_shown(open_page: Open) -> None:
    page = open_page(allowed=(413,), max_text_characters=20)
    analyse(page, ARTICLE)
    expect(page.get_by_role("alert").filter(has_text="20")).to_be_visible()
    expect(page.locator("#results")).to_be_hidden()


def test_a_page_is_read_from_a_file(open_page: Open, tmp_path: Path) -> None:
    page = open_page()
    file = tmp_path / "page.html"
    paragraphs = f"<p>🌍 The minister spoke for a whole hour about the harvest.</p><p>{QUOTE}</p>"
    file.write_text(
        f"<html><head><title>Talk</title></head><body><article>{paragraphs}</article></body></html>", "utf-8"
    )
    page.locator("#file").set_input_files(file)
    expect(page.locator("mark")).to_have_text(QUOTE)


def test_a_text_file_fills_the_field(open_page: Open, tmp_path: Path) -> None:
    page = open_page()
    file = tmp_path / "article.txt"
    file.write_text(ARTICLE, "utf-8")
    page.locator("#file").set_input_files(file)
    expect(page.get_by_label("Text", exact=True)).to_have_value(ARTICLE)


def test_claim_known_and_unknown(open_page: Open) -> None:
    page = open_page("#claim")
    add_cases(page, CASE)
    claim = page.get_by_label("Claim", exact=True)
    claim.fill(CLAIM)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("heading", name="Known claim", exact=True)).to_be_focused()
    card = page.locator("#matches article")
    expect(card).to_contain_text(str(CASE["response"]))
    expect(card.locator(".badge")).to_have_text("match")
    expect(card.locator(".reasons li").first).not_to_be_empty()
    expect(card.get_by_role("link")).to_have_attribute("href", "https://example.org/biolab")
    claim.fill("Zebra jigsaw quickly vexing fjord sphinx")
    page.get_by_role("button", name="Check", exact=True).click()
    heading = page.get_by_role("heading", name="Not in this database — that does not mean it is true")
    expect(heading).to_be_visible()


def test_cases_are_listed_searched_and_filtered(open_page: Open) -> None:
    page = open_page()
    many = [OTHER | {"id": f"case-{number}", "title": f"Staged attack number {number}"} for number in range(24)]
    add_cases(page, CASE, *many)
    page.get_by_role("tab", name="Cases").click()
    found = page.locator("#found > li")
    expect(found).to_have_count(20)
    expect(page.locator("#cases-status")).to_have_text("20 of 25 cases, newest first")
    page.get_by_role("button", name="Load more").click()
    expect(found).to_have_count(25)
    expect(page.get_by_role("button", name="Load more")).to_be_hidden()
    page.get_by_label("Narrative", exact=True).select_option("bioweapons")
    page.get_by_role("button", name="Search").click()
    expect(found).to_have_count(1)
    expect(found).to_contain_text(str(CASE["title"]))
    page.get_by_label("Narrative", exact=True).select_option("")
    page.get_by_label("Search", exact=True).fill("biolab Kharkiv")
    page.get_by_role("button", name="Search").click()
    expect(found.first).to_contain_text(str(CASE["title"]))


def test_keyboard_alone_is_enough(open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("tab", name="Analyse a text")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Check a claim")).to_be_focused()
    expect(page.get_by_label("Claim", exact=True)).to_be_visible()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_label("Text", exact=True)).to_be_focused()
    page.keyboard.insert_text(ARTICLE)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="1 narrative found")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.locator("mark")).to_be_focused()
    expect(page.locator("#label-1")).to_contain_class("linked")
    page.keyboard.press("Enter")
    expect(page.locator("#label-1")).to_be_focused()


def test_a_key_is_asked_for_only_where_one_is_needed(open_page: Open) -> None:
    page = open_page(allowed=(401,), api_keys=("secret",))
    field = page.get_by_label("API key")
    expect(field).to_be_focused()
    field.fill("wrong")
    page.get_by_role("button", name="Use this key").click()
    expect(page.get_by_role("alert").filter(has_text="key is needed")).to_be_visible()
    field.fill("secret")
    page.keyboard.press("Enter")
    expect(field).to_be_hidden()
    analyse(page, ARTICLE)
    expect(page.locator("mark")).to_have_text(QUOTE)


def test_no_key_is_asked_for_without_need(open_page: Open) -> None:
    page = open_page()
    analyse(page, ARTICLE)
    expect(page.locator("mark")).to_have_count(1)
    expect(page.get_by_label("API key")).to_be_hidden()


@pytest.mark.parametrize("number", range(4))
def test_examples_fill_the_field(open_page: Open, number: int) -> None:
    page = open_page()
    page.locator("#article-examples button").nth(number).click()
    assert len(page.get_by_label("Text", exact=True).input_value()) > 200


def test_narrow_screens_do_not_scroll_sideways(open_page: Open) -> None:
    page = open_page()
    page.set_viewport_size({"width": 360, "height": 740})
    add_cases(page, CASE)
    analyse(page, ARTICLE + " " + "x" * 300)
    expect(page.locator("mark")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_api_reference_works_offline(open_page: Open) -> None:
    page = open_page("docs")
    expect(page.locator(".opblock-summary-path").filter(has_text="/v1/classify").first).to_be_visible()
