"""A whole service on a database of its own, with the tiny encoder and a live model double."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from leitmotif.registry import Registry
from leitmotif.settings import Settings
from service.main import create_app
from service.parts import Parts, build_parts
from tests.service.doubles import load_double
from tests.service.support import publish
from tests.training.conftest import spread_encoder_folder, tiny_settings

__all__ = ["spread_encoder_folder", "tiny_settings"]

DATA = Path(__file__).parent.parent.parent / "data"
Serve = Callable[..., TestClient]


@pytest.fixture
def settings(tmp_path: Path, tiny_encoder_folder: Path) -> Settings:
    """Settings of an installation in `tmp_path`."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(DATA / "narratives.yaml", data)
    return Settings(
        _env_file=None,
        database_url=f"sqlite:///{tmp_path}/leitmotif.db",
        data_dir=data,
        models_dir=tmp_path / "models",
        encoder=str(tiny_encoder_folder),
        encoder_precision="float32",
        model_poll_seconds=0.05,
    )


@pytest.fixture
def live_version(settings: Settings) -> str:
    """A published and activated version."""
    registry = Registry(settings.models_dir)
    version = publish(registry)
    registry.activate(version)
    return version


@pytest.fixture
def serve(settings: Settings) -> Iterator[Serve]:
    """Starts a service, its settings changed as asked."""
    clients: list[TestClient] = []

    def start(**changes: Any) -> TestClient:
        app = create_app(settings.model_copy(update=changes), build=build_with_doubles)
        client = TestClient(app, raise_server_exceptions=False)
        clients.append(client.__enter__())
        return client

    yield start
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def client(serve: Serve, live_version: str) -> TestClient:
    """A service with a live model and no cases."""
    return serve()


def build_with_doubles(settings: Settings) -> Parts:
    """Real parts, but for the model."""
    return build_parts(settings, load=load_double)
