"""The documentation names every call, command and setting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from leitmotif.settings import Settings
from service.cli import app as command_line
from service.main import create_app

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_every_call_is_in_api_md(settings: Settings) -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    documented = {
        f"{method.upper()} {path}" for path, item in create_app(settings).openapi()["paths"].items() for method in item
    }
    assert len(documented) > 20
    assert [call for call in sorted(documented) if f"| `{call}` |" not in text] == []
    listed = {line.split("`")[1] for line in text.splitlines() if line.startswith(("| `GET", "| `P", "| `DELETE"))}
    assert listed == documented


def test_every_command_is_in_cli_md() -> None:
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    listed = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `leitmotif ")}
    assert listed == set(_commands(typer.main.get_command(command_line), "leitmotif"))


def test_every_setting_is_in_settings_md_with_its_description() -> None:
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    listed = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `LEITMOTIF_")}
    assert listed == {f"LEITMOTIF_{name.upper()}" for name in Settings.model_fields}
    assert [name for name, field in Settings.model_fields.items() if str(field.description) not in text] == []


def test_every_problem_that_openapi_names_is_defined(settings: Settings) -> None:
    schema = create_app(settings).openapi()
    known = {f"#/components/schemas/{name}" for name in schema["components"]["schemas"]}
    assert set(_references(schema)) <= known


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/html"])
def test_openapi_knows_the_kinds_of_body(settings: Settings, kind: str) -> None:
    body = create_app(settings).openapi()["paths"]["/v1/classify"]["post"]["requestBody"]
    assert kind in body["content"]


def _commands(command: Any, name: str) -> Iterator[str]:
    below = getattr(command, "commands", {})
    if not below:
        yield name
    for child_name, child in below.items():
        yield from _commands(child, f"{name} {child_name}")


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)
