"""`compose.yaml` names what exists: settings, commands, services and volumes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from leitmotif.settings import Settings
from service.cli import app

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


def test_every_variable_is_a_setting(compose: dict[str, Any]) -> None:
    known = {f"LEITMOTIF_{name.upper()}" for name in Settings.model_fields}
    named = {name for service in compose["services"].values() for name in service["environment"]}
    assert {name for name in named if name.startswith("LEITMOTIF_")} <= known
    assert "LEITMOTIF_DATABASE_URL" in named


def test_every_command_exists(compose: dict[str, Any]) -> None:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    lines = [service["command"] for service in compose["services"].values() if "command" in service]
    lines += [
        service["healthcheck"]["test"][1:] for service in compose["services"].values() if "healthcheck" in service
    ]
    of_ours = [line for line in lines if line[0] == "leitmotif"]
    assert of_ours
    assert {line[1] for line in of_ours} <= set(known)


def test_every_service_and_volume_that_is_named_is_there(compose: dict[str, Any]) -> None:
    services = compose["services"]
    waited_for = {name for service in services.values() for name in service.get("depends_on", ())}
    assert waited_for <= set(services)
    mounted = {volume.split(":")[0] for service in services.values() for volume in service["volumes"]}
    assert {name for name in mounted if re.fullmatch(r"[a-z]+", name)} == set(compose["volumes"])


def test_the_recipe_sets_what_must_be_set(compose: dict[str, Any]) -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    recipe = (ROOT / "docs/scaling.md").read_text(encoding="utf-8")
    for name in set(re.findall(r"\$\{([A-Z_]+):\?", text)):
        assert f"{name}=" in recipe
