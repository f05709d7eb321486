"""The live model version in memory: swapped for a newer one without a pause."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from leitmotif.classifier.model import NarrativeModel
from leitmotif.domain import Codebook
from leitmotif.errors import LeitmotifError, NoLiveModel
from leitmotif.matching import ClaimMatcher
from leitmotif.registry import Registry

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadedVersion:
    """What one model version brings: the classifier, the matcher with its learned weights, and its codebook."""

    model: NarrativeModel
    matcher: ClaimMatcher
    codebook: Codebook

    @property
    def version(self) -> str:
        return self.model.version


Loader = Callable[[str], LoadedVersion]


class ModelSource(Protocol):
    """Hands out the version that texts are analysed with."""

    def current(self) -> LoadedVersion:
        """The version."""


class PinnedModel:
    """Always the same version, whichever is live."""

    def __init__(self, loaded: LoadedVersion) -> None:
        self._loaded = loaded

    def current(self) -> LoadedVersion:
        return self._loaded


class LiveModel:
    """Hands out the version that is live. Whoever holds one keeps it to the end of their request."""

    def __init__(self, registry: Registry, load: Loader) -> None:
        self._registry = registry
        self._load = load
        self._loaded: LoadedVersion | None = None
        self._refused = ""
        self._lock = threading.Lock()

    def current(self) -> LoadedVersion:
        """The live version.

        Raises:
            NoLiveModel: none is live yet.
            ModelCorrupt: the first one cannot be loaded.
        """
        if self._loaded is None:
            self.refresh()
        if self._loaded is None:
            raise NoLiveModel("No model is live: run `leitmotif train`, or `make serve`, which does it.")
        return self._loaded

    def refresh(self) -> bool:
        """Load the version that the registry calls live, if it is another; True if it was.

        The old version stays where the new one cannot be loaded; the first one has nothing to fall back to.
        """
        with self._lock:
            live = self._registry.live()
            if self._loaded is not None and live in {self._loaded.version, self._refused}:
                return False
            try:
                self._loaded = self._load(live)
            except LeitmotifError:
                if self._loaded is None:
                    raise
                self._refused = live
                logger.exception("model %s cannot be loaded; %s stays live", live, self._loaded.version)
                return False
            self._refused = ""
            return True

    def activate(self, version: str) -> LoadedVersion:
        """Make a version live, here at once and in replicas when they look. Loaded first: a failure changes nothing.

        Raises:
            ModelNotFound: there is no such version.
            ModelError: it cannot be used.
        """
        with self._lock:
            loaded = self._load(version)
            self._registry.activate(version)
            self._loaded, self._refused = loaded, ""
            return loaded
