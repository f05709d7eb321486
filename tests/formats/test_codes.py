"""Names and dates to ISO codes."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitmotif.formats.codes import country_codes, iso_date, language_codes


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Russian", ["ru"]),
        ("russian", ["ru"]),
        ("en", ["en"]),
        ("EN", ["en"]),
        ("eng", ["en"]),
        ("Spanish, Castilian", ["es"]),
        ("Greek", ["el"]),
        ("Moldovan", ["ro"]),
        ("Serbian (Latin)", ["sr"]),
        ("Farsi", ["fa"]),
        ("Norwegian", ["no"]),
        ("Kyrgyz", ["ky"]),
        ("Pashto", ["ps"]),
        ("Ukrainian", ["uk"]),
        ("Chinese", ["zh"]),
        ("", []),
        ("nan", []),
        ("zz", None),
        ("Klingonish", None),
        ("Latgalian", None),
    ],
)
def test_languages(name: str, codes: list[str] | None) -> None:
    assert language_codes(name) == codes


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Ukraine", ["UA"]),
        ("ua", ["UA"]),
        ("UKR", ["UA"]),
        (" russia ", ["RU"]),
        ("Russian Federation", ["RU"]),
        ("US", ["US"]),
        ("USA", ["US"]),
        ("United States", ["US"]),
        ("UK", ["GB"]),
        ("Britain", ["GB"]),
        ("EU", ["EU"]),
        ("European Union", ["EU"]),
        ("Kosovo", ["XK"]),
        ("Turkey", ["TR"]),
        ("Türkiye", ["TR"]),
        ("Czech Republic", ["CZ"]),
        ("Czechia", ["CZ"]),
        ("North Macedonia", ["MK"]),
        ("Moldova", ["MD"]),
        ("Syria", ["SY"]),
        ("Iran", ["IR"]),
        ("South Korea", ["KR"]),
        ("North Korea", ["KP"]),
        ("Bosnia and Herzegovina", ["BA"]),
        ("Ivory Coast", ["CI"]),
        ("Democratic Republic of the Congo", ["CD"]),
        ("Baltic states", ["EE", "LV", "LT"]),
        ("Central Asia", []),
        ("USSR", []),
        ("", []),
        ("Atlantis", None),
        ("ZZ", None),
    ],
)
def test_countries(name: str, codes: list[str] | None) -> None:
    assert country_codes(name) == codes


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ""),
        ("2024", "2024"),
        ("2024-07", "2024-07"),
        ("2024-07-03", "2024-07-03"),
        (" 2024-07-03 ", "2024-07-03"),
        ("2024-07-03T12:00:00Z", "2024-07-03"),
        ("2024-07-03 12:00", "2024-07-03"),
        ("03/07/2024", "2024-07-03"),
        ("3/7/2024", "2024-07-03"),
        ("03.07.2024", "2024-07-03"),
        ("03-07-2024", "2024-07-03"),
        ("3 July 2024", "2024-07-03"),
        ("July 3, 2024", "2024-07-03"),
        ("July 03, 2024", "2024-07-03"),
        ("3 Jul 2024", "2024-07-03"),
        ("July 2024", "2024-07"),
        ("07/2024", "2024-07"),
        ("29/02/2024", "2024-02-29"),
        ("29/02/2023", None),
        ("2023-02-29", None),
        ("2024-13", None),
        ("2024-7-3", None),
        ("31.04.2024", None),
        ("12/31/2024", None),
        ("01/01/0021", None),
        ("1 January 999", None),
        ("20240703", None),
        ("24", None),
        ("soon", None),
    ],
)
def test_dates(value: str, expected: str | None) -> None:
    assert iso_date(value) == expected


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_every_date_is_read_back(day: date) -> None:
    assert iso_date(f"{day:%d/%m/%Y}") == iso_date(f"{day:%d %B %Y}") == iso_date(str(day)) == str(day)


@given(st.text(max_size=20))
def test_any_text_has_codes_or_none(text: str) -> None:
    for found in (language_codes(text), country_codes(text)):
        assert found is None or all(len(code) == 2 for code in found)
    found_date = iso_date(text)
    assert found_date is None or len(found_date) in {0, 4, 7, 10}
