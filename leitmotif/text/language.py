"""Identifies the language of a text."""

from __future__ import annotations

from collections.abc import Collection

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from leitmotif.domain import Language

UNKNOWN = "und"
_ENOUGH_CHARACTERS = 5_000


class LanguageDetector:
    """py3langid, with word of which languages the encoder covers.

    Args:
        covered: ISO 639-1 codes that the encoder covers; `*` covers all.
    """

    def __init__(self, covered: Collection[str]) -> None:
        self._covered = frozenset(covered)
        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    def detect(self, text: str, declared: str = "") -> Language:
        """Language of `text`, or the `declared` one (ISO 639-1) with confidence 1.

        A text without letters is `und`, with confidence 0.
        """
        code, confidence = (declared.lower(), 1.0) if declared else self._identify(text)
        supported = code != UNKNOWN and ("*" in self._covered or code in self._covered)
        return Language(code=code, confidence=round(confidence, 4), supported=supported)

    def _identify(self, text: str) -> tuple[str, float]:
        sample = text[:_ENOUGH_CHARACTERS]
        if not any(character.isalpha() for character in sample):
            return UNKNOWN, 0.0
        # All capitals look like another language to a byte n-gram model.
        code, probability = self._identifier.classify(sample.lower() if sample.isupper() else sample)
        return str(code), float(probability)
