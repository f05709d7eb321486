"""An encoder whose vectors tell texts apart, though nobody has trained it, and an installation to train in."""

from __future__ import annotations

from pathlib import Path

import pytest

from leitmotif.settings import Settings
from tests.conftest import build_encoder
from tests.training.tiny import WORDS, write_tiny_corpus


@pytest.fixture(scope="session")
def spread_encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny encoder with the words of the tiny corpus."""
    words = {word for some in WORDS.values() for word in some} | set(
        "it is not true that false near the says on".split()
    )
    return build_encoder(sorted(words), tmp_path_factory, spread=40.0)


@pytest.fixture
def tiny_settings(tmp_path: Path, spread_encoder_folder: Path) -> Settings:
    """Settings of an installation with the tiny corpus."""
    return Settings(
        _env_file=None,
        database_url=f"sqlite:///{tmp_path}/leitmotif.db",
        data_dir=write_tiny_corpus(tmp_path / "data"),
        models_dir=tmp_path / "models",
        encoder=str(spread_encoder_folder),
        encoder_precision="float32",
    )
