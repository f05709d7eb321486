"""Whose fault a failure is: the article's, or not."""

from __future__ import annotations

from typing import Any, cast

import pytest

from leitmotif.bulk.rows import Row
from leitmotif.bulk.scoring import score_rows
from leitmotif.domain import Analysis, Article, Language, Outcome
from leitmotif.errors import InputError, LeitmotifError, ModelCorrupt, RunCancelled, TextEmpty

_ANALYSIS = Analysis("v1", "tiny", Language("en", 1.0, True), Outcome.NONE, (), (), 1, 1)
_ERRORS: dict[str, Exception] = {"odd": RuntimeError("inside"), "empty": TextEmpty("no"), "broken": ModelCorrupt("bad")}


class AnalyserDouble:
    """Fails as the text says."""

    def classify(self, article: Article, *, neighbours: int) -> Analysis:
        if article.text in _ERRORS:
            raise _ERRORS[article.text]
        return _ANALYSIS


def errors(*texts: str, check: Any = lambda: None) -> list[str | None]:
    rows = [Row(number, text=text) for number, text in enumerate(texts, 1)]
    return [result["error"] for result in score_rows(rows, cast(Any, AnalyserDouble()), "v1", check)]


def test_one_article_does_not_sink_the_others() -> None:
    assert errors("fine", "odd", "empty", "fine") == [None, "It could not be analysed: RuntimeError.", "no", None]
    assert errors("odd") == ["It could not be analysed: RuntimeError."]
    assert errors("empty", "empty") == ["no", "no"]


@pytest.mark.parametrize(("texts", "error"), [(("fine", "broken"), ModelCorrupt), (("odd", "odd"), LeitmotifError)])
def test_what_is_no_articles_fault_stops_the_batch(texts: tuple[str, ...], error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        errors(*texts)
    assert not isinstance(caught.value, InputError)


def test_it_stops_when_asked() -> None:
    def stop() -> None:
        raise RunCancelled

    with pytest.raises(RunCancelled):
        errors("fine", check=stop)
