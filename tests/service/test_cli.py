"""The command line, in process, on an installation of its own."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import service.parts
from leitmotif.ledger import open_ledger
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from service.cli import main
from service.jobs import new_run
from tests.service.conftest import build_with_doubles
from tests.service.support import ARTICLE, CASE, OTHER, publish
from tests.training.tiny import write_tiny_corpus


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


_CARRIED = ("database_url", "data_dir", "models_dir", "encoder", "encoder_precision")
_CARRIED += ("gate_macro_f1_loss", "gate_narrative_f1_loss", "gate_false_label_rise")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[Settings], Run]:
    """Runs commands with the settings of an installation."""

    def with_settings(settings: Settings) -> Run:
        for name in _CARRIED:
            monkeypatch.setenv(f"LEITMOTIF_{name.upper()}", str(getattr(settings, name)))
        monkeypatch.setenv("COLUMNS", "200")
        return start

    def start(*arguments: str) -> Ended:
        code = main(arguments)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return with_settings


@pytest.fixture
def run(command: Callable[[Settings], Run], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the installation of the test, with a double as the live model."""
    monkeypatch.setattr(service.parts, "build_parts", build_with_doubles)
    return command(settings)


@pytest.fixture
def tiny_run(command: Callable[[Settings], Run], tiny_settings: Settings) -> Run:
    """Runs a command where everything is real, training included.

    The hold-out of so small a corpus has ten texts of a kind: one more or less must not stop a version.
    """
    lenient = {"gate_macro_f1_loss": 0.1, "gate_narrative_f1_loss": 0.3, "gate_false_label_rise": 0.2}
    return command(tiny_settings.model_copy(update=lenient))


@pytest.fixture
def cases_file(tmp_path: Path) -> str:
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(json.dumps(case) for case in (CASE, OTHER)), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["cases", "show"], ["check"], ["check", "a", "--file", "b"], ["classify", "--nonsense"]]
)
def test_wrong_commands_end_with_2(run: Run, arguments: Sequence[str]) -> None:
    ended = run(*arguments)
    assert ended.code == 2
    assert ended.err


def test_help_names_the_commands(run: Run) -> None:
    ended = run("--help")
    assert ended.code == 0
    assert "classify" in ended.out


def test_import_list_show_export_delete(run: Run, cases_file: str, tmp_path: Path) -> None:
    assert "2 added" in run("cases", "import", cases_file, "--dry-run").out
    assert run("cases", "list").code == 1
    assert json.loads(run("cases", "import", cases_file, "--json").out)["added"] == 2
    assert "2 unchanged" in run("cases", "import", cases_file).out
    listed = json.loads(run("cases", "list", "--country", "Ukraine", "--json").out)["cases"]
    assert [case["id"] for case in listed] == [CASE["id"]]
    assert CASE["title"] in run("cases", "list", "-q", "plague biolab").out
    assert CASE["response"] in run("cases", "show", CASE["id"]).out
    out = tmp_path / "out.csv"
    assert run("cases", "export", "--format", "csv", "--out", str(out), "--narrative", "false_flag").code == 0
    assert [row["id"] for row in csv.DictReader(io.StringIO(out.read_text(encoding="utf-8")))] == [OTHER["id"]]
    assert run("cases", "delete", CASE["id"]).code == 0
    assert run("cases", "show", CASE["id"]).code == 1


def test_a_wrong_file_imports_nothing_and_names_every_row(run: Run, cases_file: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text('{"title": ""}\n{', encoding="utf-8")
    ended = run("cases", "import", cases_file, str(wrong))
    assert ended.code == 1
    assert [line.split(":")[1].strip() for line in ended.err.splitlines()[1:]] == ["row 1, title", "row 2"]
    assert run("cases", "list").code == 1


def test_missing_files_and_wrong_settings_are_one_clear_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = run("cases", "import", "nowhere.csv")
    assert (ended.code, ended.err) == (1, "leitmotif: nowhere.csv cannot be read: No such file or directory.\n")
    monkeypatch.setenv("LEITMOTIF_PORT", "many")
    ended = run("models", "list")
    assert ended.code == 1
    assert "LEITMOTIF_PORT" in ended.err
    assert "Traceback" not in ended.err


def test_classify(run: Run, live_version: str, tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    answer = run("classify", str(path), "--json")
    assert (answer.code, json.loads(answer.out)["labels"]) == (0, ["bioweapons"])
    assert "bioweapons" in run("classify", str(path)).out
    path.write_text("The weather was [bold]fine[/bold] in the whole country.", encoding="utf-8")
    assert run("classify", str(path)).code == 1


def test_without_a_model_it_says_what_to_run(run: Run, tmp_path: Path) -> None:
    ended = run("check", "Some claim about some thing")
    assert ended.code == 1
    assert "leitmotif train" in ended.err


def test_check(run: Run, live_version: str, cases_file: str) -> None:
    assert run("check", CASE["title"]).code == 1
    run("cases", "import", cases_file)
    ended = run("check", CASE["title"])
    assert ended.code == 0
    assert "inspectors found no such work" in " ".join(ended.out.split())
    assert json.loads(run("check", CASE["title"], "--json").out)["verdict"] == "match"


def test_check_a_spreadsheet(run: Run, live_version: str, cases_file: str, tmp_path: Path) -> None:
    run("cases", "import", cases_file)
    sheet, out = tmp_path / "claims.csv", tmp_path / "results.csv"
    sheet.write_text(f'nr;Claim\n1;{CASE["title"]}\n2;"=1+1"\n3;…\n', encoding="utf-8-sig")
    assert run("check", "--file", str(sheet), "--column", "Claim", "--out", str(out)).code == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig"))))
    assert [row["verdict"] for row in rows] == ["match", "no_match", "error"]
    assert rows[0]["case_id"] == CASE["id"]
    assert rows[1]["claim"] == "'=1+1"
    assert "no word" in rows[2]["note"]
    assert "no column" in run("check", "--file", str(sheet), "--column", "Nothing").err


def test_models(run: Run, settings: Settings, live_version: str) -> None:
    newer = publish(Registry(settings.models_dir))
    assert json.loads(run("models", "list", "--json").out)["live"] == live_version
    assert "# Card" in run("models", "show", newer).out
    assert run("models", "activate", newer).code == 0
    assert json.loads(run("evaluate", "--json").out) == {"version": newer, "metrics": {"macro_f1": 0.5}}
    assert run("models", "show", "nonsense").code == 1


def test_narratives(run: Run, cases_file: str) -> None:
    run("cases", "import", cases_file)
    entries = json.loads(run("narratives", "--json").out)["narratives"]
    assert {entry["id"]: entry["cases"] for entry in entries}["bioweapons"] == 1
    assert "bioweapons" in run("narratives").out


def test_prepare_does_what_is_needed_and_no_more(tiny_run: Run, tiny_settings: Settings) -> None:
    first = tiny_run("prepare")
    assert (first.code, "48 added" in first.out, "is live" in first.out) == (0, True, True)
    assert "up to date" in tiny_run("prepare").out
    write_tiny_corpus(tiny_settings.data_dir, cases=17)
    assert "the corpus has changed" in tiny_run("prepare").out
    assert len(Registry(tiny_settings.models_dir).versions()) == 2
    assert "up to date: nothing has changed" in tiny_run("train").out
    trained = json.loads(tiny_run("train", "--force", "--no-activate", "--json").out)
    assert (trained["live"], trained["gate"]["promoted"]) == (False, True)
    assert Registry(tiny_settings.models_dir).live() != trained["version"]


def test_roll_back_and_log(run: Run, settings: Settings, live_version: str) -> None:
    assert run("models", "log").code == 1
    refused = run("models", "rollback")
    assert (refused.code, "was live before" in refused.err) == (1, True)
    newer = publish(Registry(settings.models_dir))
    run("models", "activate", newer)
    assert live_version in run("models", "rollback").out
    assert Registry(settings.models_dir).live() == live_version
    entries = json.loads(run("models", "log", "--json").out)["entries"]
    assert [(e["who"], e["subject"], e["details"]) for e in entries] == [
        ("local", live_version, {"from": newer, "why": "rollback"}),
        ("local", newer, {"from": live_version, "why": "manual"}),
    ]
    assert newer in run("models", "log").out


def test_a_training_that_fails_is_recorded_and_resumes(tiny_run: Run, tiny_settings: Settings) -> None:
    write_tiny_corpus(tiny_settings.data_dir, cases=3)
    ended = tiny_run("train")
    assert (ended.code, "fewer than 20 claims" in ended.err) == (1, True)
    with open_ledger(tiny_settings.database_url) as ledger:
        (failed,) = ledger.runs.list(limit=5)
        assert (failed.status, failed.stage) == ("failed", "evaluate")
        again = tiny_run("train", "--resume", failed.id)
        assert "fewer than 20 claims" in again.err
        assert ledger.runs.list(limit=5)[0].attempt == 2
        assert "no training run" in tiny_run("train", "--resume", "nonsense").err


def test_train_refuses_while_another_run_is_under_way(tiny_run: Run, tiny_settings: Settings) -> None:
    with open_ledger(tiny_settings.database_url) as ledger:
        run = new_run(ledger)
    ended = tiny_run("train")
    assert (ended.code, run.id in ended.err) == (1, True)


def test_serve_refuses_the_network_without_keys(run: Run) -> None:
    ended = run("serve", "--host", "0.0.0.0")
    assert ended.code == 1
    assert "LEITMOTIF_API_KEYS" in ended.err


def test_serve_says_what_an_empty_installation_needs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uvicorn.run", lambda *_, **__: None)
    monkeypatch.setenv("LEITMOTIF_EMBEDDED_WORKER", "false")
    assert "leitmotif prepare" in run("serve").err
