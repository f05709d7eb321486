"""`python -m training`: train on the corpus and publish a version."""

from __future__ import annotations

import sys

from leitmotif.errors import LeitmotifError
from leitmotif.settings import Settings
from training.pipeline import run_training


def main() -> int:
    """Train with the settings of the environment; 0 on success, 1 with the reason on failure."""
    try:
        published = run_training(Settings(), progress=_show)
    except LeitmotifError as error:
        print(f"training failed: {error}", file=sys.stderr)
        return 1
    print(f"published {published.version}")
    for name, value in published.metrics.items():
        print(f"  {name:20} {value:.3f}")
    return 0


def _show(stage: str, done: float) -> None:
    print(f"[{done:4.0%}] {stage}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
