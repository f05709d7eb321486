"""EUvsDisinfo case pages, in both layouts, as text and as HTML. All content is invented here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from leitmotif.domain import Case
from leitmotif.formats import detect_format, read_cases
from leitmotif.formats.record import Reading

_NOW = """\
Database
Search
DISINFO: The moon base of Latvia threatens Pskov

DISINFORMATION CASE DETAILS

Outlet: Lunar Herald (archived), moon.example *
Date of publication: March 04, 2023
Article language(s): Russian, German
Countries / regions discussed: Latvia, EU, Central Asia
Tags: Moon, Military base

DISINFO: The moon base of Latvia threatens Pskov

SUMMARY

Latvia has dug a base on the moon.

Its guns look down on Pskov.

RESPONSE

Latvia has no base on the moon. The summary: there is none.

See other cases on the moon in our database.

Disclaimer

Cases in the database focus on messages.

Your opinion matters!

Data Protection Information *

Subscribe to the Disinfo Review

🎵 Playlist
"""

_OLD = """\
Disinfo: Bees are trained in Vilnius to sting Russians

Summary

Bees of a secret hive know Russians by their accent.

Disproof

Bees have no ears for accents.

The hive makes honey.

publication/media

  • Reported in: Issue 999
  • DATE OF PUBLICATION: 08/01/2022
  • Article language(s) Spanish, Castilian
  • Countries and/or Regions discussed in the disinformation: Lithuania, US
  • Keywords: Bees, Russophobia
see more

Disinfo: A wall of cheese was built against Belarus

The wall is of Edam.

It is to starve the mice of Grodno.

Disproof

There is no such wall.

Disinfo: Storks carry spies

Storks land in Brest with spies.

Disproof

Storks carry frogs.
See more
Related cases
Disinfo: Frogs carry storks
"""

_HTML = """\
<!doctype html><html><head><title>Case</title><style>.b{}</style><script>var DISINFO = "x";</script></head><body>
<nav><a href="/">Home</a> <a href="/about">About</a></nav>
<main><h1>DISINFO: The moon base of Latvia threatens Pskov</h1>
<h3>DISINFORMATION CASE DETAILS</h3>
<ul><li><span>Outlet: </span><a href="https://moon.example">Lunar Herald</a></li>
<li><span>Date of publication: </span>March 04, 2023</li>
<li><span>Article language(s): </span>Russian</li>
<li><span>Countries / regions discussed: </span>Latvia, EU</li></ul>
<h2>SUMMARY</h2><div><p>Latvia has dug a base<br>on the moon.</p><p>Its <b>guns</b> look
down on Pskov.</p></div>
<h2>RESPONSE</h2><div><p>There is &quot;none&quot;. See <a href="https://euvsdisinfo.eu/x">this</a>.</p></div>
<section><h4>Disclaimer</h4><p>Cases in the database focus on messages.</p></section>
<form><h4>Subscribe to the Disinfo Review</h4></form><p>🎵 Playlist</p></main></body></html>
"""

_SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
_BOILERPLATE = (
    "Disclaimer",
    "Subscribe",
    "Playlist",
    "Your opinion matters",
    "Data Protection",
    "Mailchimp",
    "see more",
)


def read(page: str, kind: str = "euvsdisinfo") -> Reading:
    return read_cases(page.encode(), kind, ())


def cases_of(page: str) -> tuple[Case, ...]:
    reading = read(page)
    assert reading.problems == ()
    return reading.cases


def test_todays_layout_as_text() -> None:
    (case,) = cases_of(_NOW)
    assert case.title == "The moon base of Latvia threatens Pskov"
    assert case.summary == "Latvia has dug a base on the moon.\n\nIts guns look down on Pskov."
    assert case.response == (
        "Latvia has no base on the moon. The summary: there is none.\n\nSee other cases on the moon in our database."
    )
    assert case.date == "2023-03-04"
    assert case.languages == ("ru", "de")
    assert case.countries == ("LV", "EU")
    assert case.outlets == ("Lunar Herald", "moon.example")
    assert case.keywords == ("Moon", "Military base")


def test_old_layout_with_several_cases() -> None:
    bees, cheese, storks = cases_of(_OLD.removesuffix("Disinfo: Frogs carry storks\n"))
    assert bees.title == "Bees are trained in Vilnius to sting Russians"
    assert bees.summary == "Bees of a secret hive know Russians by their accent."
    assert bees.response == "Bees have no ears for accents.\n\nThe hive makes honey."
    assert (bees.date, bees.languages, bees.countries) == ("2022-01-08", ("es",), ("LT", "US"))
    assert bees.keywords == ("Bees", "Russophobia")
    assert (cheese.title, cheese.response) == ("A wall of cheese was built against Belarus", "There is no such wall.")
    assert cheese.summary == "The wall is of Edam.\n\nIt is to starve the mice of Grodno."
    assert (storks.summary, storks.response) == ("Storks land in Brest with spies.", "Storks carry frogs.")
    assert (cheese.date, cheese.languages, storks.keywords) == ("", (), ())


def test_a_title_without_text_is_a_problem_with_its_line() -> None:
    reading = read(_OLD)
    (problem,) = reading.problems
    assert problem.where == f"line {_OLD.splitlines().index('Disinfo: Frogs carry storks') + 1}"
    assert "Frogs carry storks" in problem.message
    assert len(reading.cases) == 3


def test_html() -> None:
    (case,) = cases_of(_HTML)
    assert case.title == "The moon base of Latvia threatens Pskov"
    assert case.summary.replace("\n\n", " ") == "Latvia has dug a base on the moon. Its guns look down on Pskov."
    assert case.response == 'There is "none". See this.'
    assert (case.date, case.languages, case.countries) == ("2023-03-04", ("ru",), ("LV", "EU"))
    assert case.outlets == ("Lunar Herald",)


def test_old_layout_as_html() -> None:
    body = "".join(f"<p>{line}</p>" for line in _OLD.splitlines()[:-1])
    assert cases_of(f"<html><body>{body}</body></html>") == cases_of("\n".join(_OLD.splitlines()[:-1]))


@pytest.mark.parametrize(
    "page", [_NOW, _HTML, _OLD.removesuffix("Disinfo: Frogs carry storks\n")], ids=["now", "html", "old"]
)
def test_no_boilerplate_is_left(page: str) -> None:
    for case in cases_of(page):
        for word in _BOILERPLATE:
            assert word not in case.title + case.summary + case.response


@pytest.mark.parametrize(
    "page", [_NOW, _HTML, _OLD, _NOW.replace("\n", "\r\n"), "\ufeff" + _NOW], ids=["now", "html", "old", "crlf", "bom"]
)
def test_pages_are_recognised(page: str) -> None:
    assert detect_format(page) == "euvsdisinfo"
    assert read(page, "auto") == read(page)


def test_the_address_of_a_single_case_is_taken_over() -> None:
    url = "https://euvsdisinfo.eu/report/the-moon-base-of-latvia/"
    (case,) = cases_of(f"{url}\n{_NOW}\nShare: {url}")
    assert case.url == url
    other = "https://euvsdisinfo.eu/report/another-case/"
    (case,) = cases_of(f"{url}\n{_NOW}\nSee {other}")
    assert case.url == ""


def test_reading_twice_gives_the_same_ids() -> None:
    assert [case.id for case in cases_of(_NOW)] == [case.id for case in cases_of(_NOW)]
    ids = [case.id for case in read(_OLD).cases]
    assert len(set(ids)) == 3


@pytest.mark.parametrize("page", ["", "An article about the moon.", "<html><body><p>Nothing</p></body></html>"])
def test_another_text_is_no_case_page(page: str) -> None:
    reading = read(page)
    assert reading.cases == ()
    assert [problem.where for problem in reading.problems] == ["line 1"]


def seeds() -> Iterator[Path]:
    yield from sorted(_SEEDS.glob("*.txt"))


@pytest.mark.skipif(not _SEEDS.is_dir(), reason="the real pages of ../shared/seeds are not here")
@pytest.mark.parametrize(("number", "count"), [("000", 1), ("001", 1), ("002", 4)])
def test_real_pages(number: str, count: int) -> None:
    (path,) = (path for path in seeds() if path.name.startswith(number))
    reading = read_cases(path.read_bytes(), "auto", ())
    assert reading.problems == ()
    assert len(reading.cases) == count
    assert len({case.id for case in reading.cases}) == count
    for case in reading.cases:
        assert len(case.title.split()) >= 5
        assert "disinfo:" not in case.title.casefold()
        assert len(case.summary.split()) >= 20
        assert len(case.response.split()) >= 12
        for word in (*_BOILERPLATE, "%s"):
            assert word not in case.title + case.summary + case.response
        assert "RESPONSE" not in case.summary
        assert "Disproof" not in case.summary + case.response


@pytest.mark.skipif(not _SEEDS.is_dir(), reason="the real pages of ../shared/seeds are not here")
def test_the_details_of_a_real_old_page() -> None:
    (path,) = (path for path in seeds() if path.name.startswith("002"))
    first, *others = read_cases(path.read_bytes(), "auto", ()).cases
    assert (first.date, first.languages) == ("2022-01-08", ("es",))
    assert first.countries == ("RU", "CN", "KZ", "US", "AF")
    assert "Colour revolutions" in first.keywords
    assert [case.date for case in others] == ["", "", ""]


@pytest.mark.skipif(not _SEEDS.is_dir(), reason="the real pages of ../shared/seeds are not here")
@pytest.mark.parametrize("number", ["003", "004"])
def test_real_articles_are_no_case_pages(number: str) -> None:
    (path,) = (path for path in seeds() if path.name.startswith(number))
    text = path.read_text(encoding="utf-8")
    assert detect_format(text) != "euvsdisinfo"
