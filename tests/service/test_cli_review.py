"""`leitmotif review`, in process."""

from __future__ import annotations

import json
from pathlib import Path

from leitmotif.ledger import open_ledger
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from tests.service.encoders import tiny_encoder_folder
from tests.service.support import publish
from tests.service.test_cli import Run, command, run

__all__ = ["command", "run", "tiny_encoder_folder"]

TEXTS = ({"text": "The attack on the market was staged by actors.", "title": "Market"}, {"text": "A new tram line."})


def live(settings: Settings) -> None:
    registry = Registry(settings.models_dir)
    registry.activate(publish(registry))


def test_texts_are_added_listed_and_labelled(run: Run, settings: Settings, tmp_path: Path) -> None:
    live(settings)
    file, note = tmp_path / "texts.jsonl", tmp_path / "note.txt"
    file.write_text("\n".join(json.dumps(text) for text in TEXTS), encoding="utf-8")
    note.write_text("They breed plague in a biolab near Kharkiv.", encoding="utf-8")
    assert run("review", "list").code == 1
    assert "3 added, 0 known" in run("review", "add", str(file), str(note)).out
    assert "0 added, 1 known" in run("review", "add", str(note)).out
    items = json.loads(run("review", "list", "--json").out)["items"]
    item = next(entry["id"] for entry in items if entry["labels"] == ["false_flag"])
    labelled = run("review", "label", item, "--narrative", "false_flag", "--stance", "refuted", "--note", "no")
    assert (labelled.code, "waits for an editor" in labelled.out) == (0, True)
    assert item not in run("review", "list", "--strategy", "random").out
    ledger = open_ledger(settings.database_url)
    feedback = ledger.feedback.page(limit=5).records[0].feedback
    assert (feedback.who, feedback.stances, feedback.title) == ("local", {"false_flag": "refuted"}, "Market")
    ledger.close()


def test_wrong_lines_and_labels_are_named(run: Run, settings: Settings, tmp_path: Path) -> None:
    live(settings)
    file = tmp_path / "texts.jsonl"
    file.write_text('{"text": "good words"}\n{"txt": "a"}\nnonsense\n', encoding="utf-8")
    ended = run("review", "add", str(file))
    assert ended.code == 1
    assert "line 2, txt" in ended.err
    assert "line 3" in ended.err
    assert run("review", "list").code == 1
    assert run("review", "label", "rv-1").code == 2
    assert run("review", "label", "rv-1", "--none", "--narrative", "false_flag").code == 2
    assert "rv-1" in run("review", "label", "rv-1", "--none").err
    (tmp_path / "note.txt").write_text("They breed plague in a biolab.", encoding="utf-8")
    run("review", "add", str(tmp_path / "note.txt"))
    item = json.loads(run("review", "list", "--json").out)["items"][0]["id"]
    assert "unicorns" in run("review", "label", item, "--narrative", "unicorns").err


def test_another_version_looks_again(run: Run, settings: Settings, tmp_path: Path) -> None:
    live(settings)
    (tmp_path / "note.txt").write_text("They breed plague in a biolab.", encoding="utf-8")
    run("review", "add", str(tmp_path / "note.txt"))
    assert "0 scored anew" in run("review", "rescore").out
    live(settings)
    assert "1 scored anew" in run("review", "rescore").out
    version = Registry(settings.models_dir).live()
    assert json.loads(run("review", "list", "--json").out)["items"][0]["version"] == version
