"""What commands work with. Heavy imports wait until a command needs them, so that `--help` answers at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from leitmotif.errors import ConfigurationError, InputError
from leitmotif.settings import Settings

if TYPE_CHECKING:
    from leitmotif.domain import Codebook
    from leitmotif.ledger import Ledger
    from leitmotif.store.protocol import Store
    from service.parts import Parts


def load_settings() -> Settings:
    """The settings of the environment.

    Raises:
        ConfigurationError: some are wrong; names each.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = [f"LEITMOTIF_{'_'.join(map(str, entry['loc'])).upper()}: {entry['msg']}" for entry in error.errors()]
        raise ConfigurationError("; ".join(faults)) from error


@contextmanager
def opened_parts(settings: Settings | None = None) -> Iterator[Parts]:
    """Everything, encoder included."""
    from transformers.utils import logging

    from service.parts import build_parts

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    parts = build_parts(settings or load_settings())
    try:
        yield parts
    finally:
        parts.close()


@contextmanager
def opened_store() -> Iterator[Store]:
    """The database alone, which opens in milliseconds."""
    from leitmotif.store.opening import open_settled_store

    store = open_settled_store(load_settings())
    try:
        yield store
    finally:
        store.close()


@contextmanager
def opened_ledger(settings: Settings | None = None) -> Iterator[Ledger]:
    """Runs, audit log and added narratives alone."""
    from leitmotif.ledger import open_ledger

    ledger = open_ledger((settings or load_settings()).database_url)
    try:
        yield ledger
    finally:
        ledger.close()


def current_codebook(settings: Settings) -> Codebook:
    """The codebook in force: the file's, and what was added over HTTP."""
    from leitmotif.codebook import load_codebook
    from leitmotif.ledger.narratives import CurrentCodebook

    with opened_ledger(settings) as ledger:
        return CurrentCodebook(load_codebook(settings.codebook_path), ledger.narratives).read()


def read_input(name: str) -> bytes:
    """A file's bytes; `-` is standard input.

    Raises:
        InputError: it cannot be read.
    """
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}.") from error


def write_output(name: str, data: str, encoding: str = "utf-8") -> None:
    """Write a file; `-` is standard output.

    Raises:
        InputError: it cannot be written.
    """
    if name == "-":
        sys.stdout.write(data)
        return
    try:
        Path(name).write_text(data, encoding=encoding, newline="")
    except OSError as error:
        raise InputError(f"{name} cannot be written: {error.strerror}.") from error
