"""An encoder that tells texts apart, where the usual tiny one finds all alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import build_encoder

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORDS = "the attack on market was staged by actors they breed plague in biolab near new tram line opened saturday"


@pytest.fixture(scope="session")
def tiny_encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In the place of the fixture of this name."""
    return build_encoder([*_LETTERS, *(f"##{c}" for c in _LETTERS), *_WORDS.split()], tmp_path_factory, spread=40.0)
