"""Finds quoted passages, by the quotation marks of all languages in use."""

from __future__ import annotations

import re

from leitmotif.domain import Span

# „…“ (German, Czech), „…” (Polish, Romanian), “…”, «…», »…«, ‘…’, ‚…‘, 「…」, "…"
_PAIRS = (
    ("«", "»"),
    ("»", "«"),
    ("„", "“"),
    ("„", "”"),
    ("“", "”"),
    ("‚", "‘"),
    ("‘", "’"),
    ("「", "」"),
    ('"', '"'),
)
_LONGEST = 1_500
_APOSTROPHE = re.compile(r"(?<=\w)[’'](?=\w)")


def quoted_spans(text: str, words: int = 3) -> tuple[Span, ...]:
    """Spans of quotations (marks left out) of at least `words` words, outermost only, in order.

    Shorter ones are scare quotes or titles. A quotation never crosses a blank line, and an opening mark that is
    never closed opens nothing.
    """
    masked = _APOSTROPHE.sub("_", text)
    found = sorted(_all_pairs(masked), key=lambda span: (span.start, -span.end))
    outer: list[Span] = []
    for span in found:
        if len(text[span.start : span.end].split()) < words:
            continue
        if not outer or span.start >= outer[-1].end:
            outer.append(span)
    return tuple(outer)


def _all_pairs(text: str) -> list[Span]:
    spans = []
    for opening, closing in _PAIRS:
        pattern = re.compile(
            rf"{re.escape(opening)}((?:(?!\n\s*\n)[^{re.escape(opening + closing)}]){{1,{_LONGEST}}}){re.escape(closing)}"
        )
        spans += [Span(match.start(1), match.end(1)) for match in pattern.finditer(text)]
    return spans


def quoted_share(sentence: str) -> float:
    """Share of the characters of `sentence` that stand in quotation marks, in [0, 1]."""
    quoted = sum(span.end - span.start for span in quoted_spans(sentence, words=2))
    return quoted / max(len(sentence), 1)
