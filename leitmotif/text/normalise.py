"""Normal forms of a text: one for comparing and hashing, never for showing."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_QUOTES = str.maketrans(
    dict.fromkeys("«»„“”‟‹›〝〞＂", '"') | dict.fromkeys("‘’‚‛`´ʼ", "'") | dict.fromkeys("‐‑‒–—―−", "-")
)
_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_SPACE = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[^\w\s]")
_WORD = re.compile(r"\w+")


def normalise(text: str) -> str:
    """NFKC, one kind of quote and dash, no invisible characters, single spaces. Keeps case and punctuation."""
    if not text.isascii():
        # Invisible characters and quotes go first: NFKC would compose around the ones and take the others apart.
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text).translate(_QUOTES))
    text = text.translate(_QUOTES)
    return _SPACE.sub(" ", text).strip()


def match_key(text: str) -> str:
    """What two copies of one text share: `normalise`, then case-folded, without punctuation and symbols."""
    if text.isascii():
        return " ".join(_WORD.findall(text.lower()))
    folded = unicodedata.normalize("NFKC", normalise(text).casefold())
    return _SPACE.sub(" ", _NOT_WORD.sub(_mark_or_space, folded)).strip()


def content_hash(text: str) -> str:
    """SHA-256 in hex of the `match_key`: equal for texts that differ in case, spacing or punctuation alone."""
    return hashlib.sha256(match_key(text).encode()).hexdigest()


def _mark_or_space(match: re.Match[str]) -> str:
    """Combining marks stay: they are the vowels of Hindi, Thai and others."""
    return match[0] if unicodedata.category(match[0]).startswith("M") else " "
