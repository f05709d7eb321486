"""Finds quoted passages, by the quotation marks of all languages in use."""

from __future__ import annotations

import re

from leitmotif.domain import Span

# Opening mark -> its closing marks: „…“ (German, Czech) and „…” (Polish, Romanian), ”…” (Swedish, Finnish), and so on.
_CLOSING = {
    "«": "»",
    "»": "«",
    "„": "“”",
    "“": "”",
    "”": "”",
    "‚": "‘",
    "‘": "’",
    "「": "」",
    "『": "』",
    '"': '"',
}
_APOSTROPHE = re.compile(r"(?<=\w)[’'](?=\w)")
_BLANK_LINE = re.compile(r"\n\s*\n")


def quoted_spans(text: str, words: int = 3) -> tuple[Span, ...]:
    """Spans of quotations (marks left out) of at least `words` words, outermost only, in order.

    Shorter ones are scare quotes or titles. A quotation never crosses a blank line, and an opening mark that is
    never closed opens nothing.
    """
    masked = _APOSTROPHE.sub("_", text)
    found = sorted(_all_pairs(masked), key=lambda span: (span.start, -span.end))
    outer: list[Span] = []
    for span in found:
        # A mark that closes one quotation opens no other.
        if not outer or span.start - 1 > outer[-1].end:
            outer.append(span)
    return tuple(span for span in outer if len(text[span.start : span.end].split()) >= words)


def _all_pairs(text: str) -> list[Span]:
    spans = []
    for opening, closing in _CLOSING.items():
        # Behind “ or „ a ” closes, so it opens none.
        others = "“„" if opening == "”" else ""
        pattern = re.compile(f"{opening}([^{opening}{closing}{others}]+)[{closing}]")
        start = 0
        while match := pattern.search(text, start):
            if blank := _BLANK_LINE.search(match[1]):
                start = match.start(1) + blank.end()
            else:
                spans.append(Span(match.start(1), match.end(1)))
                start = match.end()
    return spans


def quoted_share(sentence: str) -> float:
    """Share of the characters of `sentence` that stand in quotation marks, in [0, 1]."""
    quoted = sum(span.end - span.start for span in quoted_spans(sentence, words=2))
    return quoted / max(len(sentence), 1)
