"""The live model in memory: swapped for a newer one without a pause."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from leitmotif.classifier.model import NarrativeModel
from leitmotif.errors import LeitmotifError, NoLiveModel
from leitmotif.registry import Registry

logger = logging.getLogger(__name__)

Loader = Callable[[str], NarrativeModel]


class LiveModel:
    """Hands out the model that is live. Whoever holds one keeps it to the end of their request."""

    def __init__(self, registry: Registry, load: Loader) -> None:
        self._registry = registry
        self._load = load
        self._model: NarrativeModel | None = None
        self._lock = threading.Lock()

    def current(self) -> NarrativeModel:
        """The live model.

        Raises:
            NoLiveModel: none is live yet.
            ModelCorrupt: the first one cannot be loaded.
        """
        if self._model is None:
            self.refresh()
        if self._model is None:
            raise NoLiveModel("No model is live: run `leitmotif train`, or `make serve`, which does it.")
        return self._model

    def refresh(self) -> bool:
        """Load the version that the registry calls live, if it is another; True if it was.

        The old model stays where the new one cannot be loaded; the first one has nothing to fall back to.
        """
        with self._lock:
            live = self._registry.live()
            if self._model is not None and self._model.version == live:
                return False
            try:
                self._model = self._load(live)
            except LeitmotifError:
                if self._model is None:
                    raise
                logger.exception("model %s cannot be loaded; %s stays live", live, self._model.version)
                return False
            return True
