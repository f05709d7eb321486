"""Analysers of pinned model versions, for processes that score in bulk. Heavy parts are loaded at the first article."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from leitmotif.settings import Settings

if TYPE_CHECKING:
    from leitmotif.analysis import Analyser
    from leitmotif.library import Library
    from service.parts import Foundations

_KEPT = 2
"""Versions kept in memory: while a new one goes live, runs of both may be under way."""


class PinnedScorers:
    """Loads a version once and keeps it, whichever is live meanwhile. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._base: tuple[Foundations, Library] | None = None
        self._loaded: dict[str, Analyser] = {}
        self._lock = threading.Lock()

    def of(self, version: str) -> Analyser:
        """The analyser of a version.

        Raises:
            ModelNotFound: there is no such version.
            ModelError: it cannot be used.
        """
        with self._lock:
            if version not in self._loaded:
                self._loaded[version] = self._load(version)
                while len(self._loaded) > _KEPT:
                    self._loaded.pop(next(iter(self._loaded)))
            return self._loaded[version]

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            if self._base is not None:
                self._base[0].store.close()
            self._base, self._loaded = None, {}

    def _load(self, version: str) -> Analyser:
        from leitmotif.analysis import Analyser
        from leitmotif.live import PinnedModel
        from leitmotif.text.language import LanguageDetector
        from service.parts import load_version

        base, library = self._base or self._open()
        self._base = base, library
        detector = LanguageDetector(self._settings.encoder_languages)
        return Analyser(PinnedModel(load_version(base, version)), library, detector, self._settings)

    def _open(self) -> tuple[Foundations, Library]:
        from leitmotif.codebook import load_codebook
        from leitmotif.encoder import open_encoder
        from leitmotif.library import Library
        from leitmotif.registry import Registry
        from leitmotif.store.opening import open_settled_store
        from service.parts import Foundations

        codebook, encoder = load_codebook(self._settings.codebook_path), open_encoder(self._settings)
        store = open_settled_store(self._settings)
        base = Foundations(Registry(self._settings.models_dir), store, encoder, codebook)
        return base, Library(store, encoder)
