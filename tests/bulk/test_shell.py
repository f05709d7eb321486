"""`leitmotif bulk`, in this process and over a worker, in every format."""

from __future__ import annotations

import json
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from leitmotif.ledger import Ledger
from leitmotif.ledger.workers import Worker
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from service.bulk.runs import BulkRuns, Files
from service.bulk.stages import BulkStages
from service.cli import main
from service.scorers import PinnedScorers
from tests.bulk.articles import articles, ids, read, write
from tests.bulk.workers import start_worker

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
def shell(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment with these settings; returns the working directory."""
    for name in ("database_url", "data_dir", "models_dir", "encoder", "encoder_precision", "bulk_batch"):
        monkeypatch.setenv(f"LEITMOTIF_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.parametrize("source", ["in.jsonl", "in.csv", "in.parquet"])
@pytest.mark.parametrize("output", ["out.jsonl", "out.parquet"])
def test_every_format_in_and_out(
    shell: Path, settings: Settings, capsys: pytest.CaptureFixture[str], source: str, output: str
) -> None:
    made = articles(12)
    made[3]["text"] = ""
    made[5]["text"] = "!!!"
    write(shell / source, made)
    assert main(["bulk", source, output, "--json"]) == 0
    run = told(capsys)
    assert (run["status"], run["done"], run["articles"], run["errors"]) == ("succeeded", 12, 12, 2)
    results = read(shell / output)
    assert ids(results) == ids(made)
    assert [result["row"] for result in results] == [number + (2 if source == "in.csv" else 1) for number in range(12)]
    assert {result["model"] for result in results} == {Registry(settings.models_dir).live()}
    assert [number for number, result in enumerate(results) if result["error"]] == [3, 5]
    assert results[3]["outcome"] is None
    labelled = [result for result in results if result["labels"]]
    assert len(labelled) > 4
    for result in labelled:
        text = made[int(result["id"][1:])]["text"]
        assert {score["narrative"] for score in result["scores"] if score["assigned"]} == set(result["labels"])
        assert {one["narrative"] for one in result["evidence"]} == set(result["labels"])
        assert all(text[one["start"] : one["end"]] == one["exact"] for one in result["evidence"])


def test_an_output_is_not_replaced_unless_asked(shell: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(shell / "in.jsonl", articles(2))
    (shell / "out.jsonl").write_text("mine")
    assert main(["bulk", "in.jsonl", "out.jsonl"]) == 1
    assert "out.jsonl is there already" in capsys.readouterr().err
    assert (shell / "out.jsonl").read_text() == "mine"
    assert main(["bulk", "in.jsonl", "out.jsonl", "--force"]) == 0
    assert len(read(shell / "out.jsonl")) == 2


def test_a_file_without_text_fails_and_leaves_nothing(shell: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shell / "in.csv").write_text("title\nx\n")
    assert main(["bulk", "run", "in.csv", "out.jsonl"]) == 1
    assert "no column `text`" in capsys.readouterr().err
    assert not (shell / "out.jsonl").exists()
    assert main(["bulk", "list", "--json"]) == 0
    assert [run["status"] for run in told(capsys)["runs"]] == ["failed"]


def test_a_run_that_nobody_takes_is_shown_and_cancelled(shell: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(shell / "in.jsonl", articles(2))
    assert main(["bulk", "list"]) == 1
    assert main(["bulk", "in.jsonl", "out.jsonl", "--no-wait", "--json"]) == 0
    said = capsys.readouterr()
    run = json.loads(said.out[said.out.index("{") :])
    assert "start `leitmotif worker`" in said.err
    assert main(["bulk", "show", run["id"]]) == 0
    assert main(["bulk", "cancel", run["id"]]) == 0
    assert "cancelled" in capsys.readouterr().out
    assert main(["bulk", "show", "bulk-none"]) == 1


def test_with_a_worker_the_run_is_queued_and_followed(
    shell: Path,
    settings: Settings,
    ledger: Ledger,
    workers: list[ForkServerProcess],
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(shell / "in.jsonl", articles(7))
    assert main(["worker", "--check"]) == 1
    workers.append(start_worker(settings))
    while not ledger.workers.count():
        assert workers[0].is_alive()
        time.sleep(0.05)
    assert main(["worker", "--check"]) == 0
    assert main(["bulk", "in.jsonl", "out.jsonl", "--json"]) == 0
    run = told(capsys)
    assert (run["status"], run["done"]) == ("succeeded", 7)
    found = ledger.bulk.get(run["id"])
    assert found.durable
    assert f"-{workers[0].pid}-" in found.worker


def test_a_shell_that_was_killed_is_resumed(
    shell: Path, settings: Settings, ledger: Ledger, runs: BulkRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    write(shell / "in.jsonl", articles(12))
    gone = Worker("shell-gone", "another-machine", 1)
    run = runs.record(Files("in.jsonl", "out.jsonl"), confined=False, durable=False, worker=gone.id)
    stages = BulkStages(settings, ledger, PinnedScorers(settings), gone.id)
    stages.begin(run.id)
    assert stages.read(run.id) == 3
    assert stages.score(run.id, 1) == "scored"
    assert main(["bulk", "list", "--json"]) == 0
    left = told(capsys)["runs"][0]
    assert (left["status"], left["done"]) == ("failed", 5)
    assert main(["bulk", "resume", run.id, "--json"]) == 0
    assert told(capsys)["status"] == "succeeded"
    assert [result["row"] for result in read(shell / "out.jsonl")] == list(range(1, 13))
