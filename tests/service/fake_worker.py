"""`service.worker` with a training that takes no time, to test what surrounds training."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from leitmotif.errors import NotEnoughData
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from service.worker import main
from tests.service.support import publish


@dataclass(frozen=True)
class Published:
    version: str
    metrics: dict[str, float] = field(default_factory=lambda: {"macro_f1": 0.5})


def train(settings: Settings, progress: Callable[[str, float], None], activate: bool) -> Published:
    """Publishes an empty version; `FAKE_TRAINING` asks for other endings."""
    ending = os.environ.get("FAKE_TRAINING", "")
    progress("reading", 0.1)
    if ending == "refuse":
        raise NotEnoughData("There are 3 labelled cases, 30 are needed.")
    if ending == "die":
        os._exit(9)
    progress("fitting", 0.5)
    while ending == "wait" and not (settings.models_dir / "go").exists():
        time.sleep(0.05)
    registry = Registry(settings.models_dir)
    version = publish(registry)
    if activate:
        registry.activate(version)
    return Published(version)


if __name__ == "__main__":
    sys.exit(main(train=train))
