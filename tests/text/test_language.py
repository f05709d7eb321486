"""Language detection, and whether the encoder covers what was found."""

from __future__ import annotations

import pytest

from leitmotif.text.language import LanguageDetector

_DETECTOR = LanguageDetector(("en", "de"))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "The ministry said on Monday that the laboratories had never been military."),
        ("en", "THE MINISTRY SAID THAT THE LABORATORIES HAD NEVER BEEN MILITARY"),
        ("de", "Das Ministerium teilte am Montag mit, die Labore seien nie militärisch gewesen."),
        ("fr", "Le ministère a déclaré lundi que les laboratoires n'avaient jamais été militaires."),
        ("es", "El ministerio dijo el lunes que los laboratorios nunca habían sido militares."),
        ("it", "Il ministero ha detto lunedì che i laboratori non sono mai stati militari."),
        ("pl", "Ministerstwo oświadczyło w poniedziałek, że laboratoria nigdy nie były wojskowe."),
        ("ru", "Министерство заявило в понедельник, что лаборатории никогда не были военными."),
        ("uk", "Міністерство заявило в понеділок, що лабораторії ніколи не були військовими."),
        ("cs", "Ministerstvo v pondělí uvedlo, že laboratoře nikdy nebyly vojenské."),
        ("ar", "قالت الوزارة يوم الاثنين إن المختبرات لم تكن عسكرية قط."),
        ("zh", "该部周一表示，这些实验室从来都不是军事用途。"),
    ],
)
def test_identifies(code: str, text: str) -> None:
    language = _DETECTOR.detect(text)
    assert language.code == code
    assert 0.5 < language.confidence <= 1.0
    assert language.supported == (code in {"en", "de"})


@pytest.mark.parametrize("text", ["", "123 456", "…!? 🙂"])
def test_text_without_letters_is_undetermined(text: str) -> None:
    language = _DETECTOR.detect(text)
    assert (language.code, language.confidence, language.supported) == ("und", 0.0, False)


def test_a_declared_language_is_believed() -> None:
    language = _DETECTOR.detect("The weather was fine in the whole country.", declared="DE")
    assert (language.code, language.confidence, language.supported) == ("de", 1.0, True)


def test_a_star_covers_everything_but_nothing() -> None:
    detector = LanguageDetector(("*",))
    assert detector.detect("Министерство заявило в понедельник.").supported
    assert not detector.detect("123").supported


def test_a_long_text_is_judged_by_its_beginning() -> None:
    text = "The ministry said that the laboratories had never been military. " * 200
    assert _DETECTOR.detect(text + "Министерство заявило. " * 500).code == "en"
