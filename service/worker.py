"""The process of one training run: `python -m service.worker RUN_ID --activate`, settings as JSON on standard input."""

from __future__ import annotations

import argparse
import logging
import sys

from leitmotif.errors import LeitmotifError
from leitmotif.settings import Settings
from leitmotif.store.opening import open_settled_store
from service.jobs import Train, execute

logger = logging.getLogger(__name__)


def main(arguments: list[str] | None = None, *, train: Train | None = None) -> int:
    """Do the run; 0 if it published a version."""
    parser = argparse.ArgumentParser(prog="python -m service.worker")
    parser.add_argument("run_id")
    parser.add_argument("--activate", action=argparse.BooleanOptionalAction, default=True)
    wanted = parser.parse_args(arguments)
    settings = Settings.model_validate_json(sys.stdin.read())
    logging.basicConfig(level=settings.log_level.upper())
    store = open_settled_store(settings)
    try:
        run = store.get_run(wanted.run_id)
        if run is None:
            logger.error("there is no training run %s", wanted.run_id)
            return 2
        execute(store, settings, run, activate=wanted.activate, train=train)
    except LeitmotifError as error:
        logger.error("training run %s failed: %s", wanted.run_id, error)
        return 1
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
