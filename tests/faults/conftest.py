"""A database of each kind, to be prepared once and copied for each fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.installation import Databases, PostgresDatabases, SqliteDatabases
from tests.training.conftest import spread_encoder_folder, tiny_settings

__all__ = ["spread_encoder_folder", "tiny_settings"]


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    if request.param == "sqlite":
        yield SqliteDatabases(tmp_path)
        return
    made = PostgresDatabases(request.getfixturevalue("postgres"))
    yield made
    made.drop()
