"""Splits a text into sentences that keep their offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sentencex

from leitmotif.domain import Sentence

_LINE = re.compile(r"[^\r\n\u2028\u2029\x0b\x0c\x85]+")
_WORD = re.compile(r"\w")


def split_sentences(text: str, language: str = "en") -> tuple[Sentence, ...]:
    """Sentences of `text` in order, with `text[s.start:s.end] == s.text`.

    Lines are never joined: a headline, a list item and a paragraph each end with their line. Pieces without
    a letter or digit are left out. `language` is ISO 639-1; unknown codes fall back to English rules.
    """
    return tuple(_sentences(text, language))


def _sentences(text: str, language: str) -> Iterator[Sentence]:
    for paragraph, line in enumerate(_LINE.finditer(text)):
        for boundary in sentencex.get_sentence_boundaries(language or "en", line.group()):
            start = line.start() + boundary["start_index"]
            piece = text[start : line.start() + boundary["end_index"]]
            stripped = piece.strip()
            if _WORD.search(stripped):
                start += len(piece) - len(piece.lstrip())
                yield Sentence(start, start + len(stripped), stripped, paragraph)
