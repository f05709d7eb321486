"""Model versions: whole or not at all, checked before use, switched in one step."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn

from leitmotif.classifier.loading import ARRAYS_FILE, HEADS_FILE, load_model
from leitmotif.encoder import SentenceEncoder
from leitmotif.errors import ModelCorrupt, ModelError, ModelIncompatible, ModelNotFound, NoLiveModel
from leitmotif.registry import MANIFEST, Registry

_DESCRIBED: dict[str, Any] = {
    "encoder": "tiny@0",
    "labels": ["false_flag"],
    "codebook_sha256": "0",
    "data_sha256": "0",
    "settings_sha256": "0",
    "seed": 1,
    "libraries": {"scikit-learn": sklearn.__version__},
    "metrics": {"map": 0.5},
}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models")


def publish(registry: Registry, files: dict[str, bytes] | None = None, **changes: Any) -> str:
    with registry.publishing(**(_DESCRIBED | changes)) as (version, folder):
        for name, body in (files or {"card.md": b"# Card\n", "parts/a.bin": b"a"}).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(body)
    return version


# --- publish and verify ---


def test_an_empty_registry(registry: Registry) -> None:
    assert registry.versions() == []
    assert registry.activations() == []
    registry.sweep()
    with pytest.raises(NoLiveModel):
        registry.live()


def test_a_published_version_is_whole(registry: Registry, tmp_path: Path) -> None:
    version = publish(registry)
    manifest = registry.verify(version)
    assert manifest.version == version
    assert set(manifest.files) == {"card.md", "parts/a.bin"}
    assert manifest.metrics == {"map": 0.5}
    assert [m.version for m in registry.versions()] == [version]
    assert [p.name for p in (tmp_path / "models" / "versions").iterdir()] == [version]
    with pytest.raises(NoLiveModel):
        registry.live()


def test_a_fault_while_publishing_leaves_nothing(registry: Registry, tmp_path: Path) -> None:
    def interrupted() -> None:
        with registry.publishing(**_DESCRIBED) as (_, folder):
            (folder / "card.md").write_text("half")
            raise RuntimeError("disk")

    with pytest.raises(RuntimeError, match="disk"):
        interrupted()
    assert list((tmp_path / "models" / "versions").iterdir()) == []
    with pytest.raises(ValueError), registry.publishing(**(_DESCRIBED | {"seed": "no number"})):
        pass
    assert registry.versions() == []


def test_versions_are_listed_newest_first(registry: Registry, tmp_path: Path) -> None:
    version = publish(registry)
    versions = tmp_path / "models" / "versions"
    older = versions / "20200101T000000Z-00000000"
    (versions / version).rename(older)
    manifest = json.loads((older / MANIFEST).read_text())
    (older / MANIFEST).write_text(json.dumps(manifest | {"version": older.name}))
    newer = publish(registry)
    assert [m.version for m in registry.versions()] == [newer, older.name]
    assert registry.verify(older.name).version == older.name


@pytest.mark.parametrize("damage", ["changed", "longer", "missing", "extra", "hidden", "renamed", "nested"])
def test_a_tampered_version_is_refused(registry: Registry, damage: str) -> None:
    version = publish(registry)
    registry.activate(version)
    good = publish(registry)
    folder = registry.folder(version)
    if damage == "changed":
        (folder / "card.md").write_bytes(b"# Bard\n")
    elif damage == "longer":
        (folder / "parts" / "a.bin").write_bytes(b"a\0")
    elif damage == "missing":
        (folder / "card.md").unlink()
    elif damage == "extra":
        (folder / "more.joblib").write_bytes(b"x")
    elif damage == "hidden":
        (folder / ".hidden").write_bytes(b"x")
    elif damage == "renamed":
        (folder / "card.md").rename(folder / "Card.md")
    elif damage == "nested":
        (folder / "parts" / MANIFEST).write_bytes(b"{}")
    with pytest.raises(ModelCorrupt):
        registry.verify(version)
    with pytest.raises(ModelCorrupt):
        registry.activate(version)
    registry.activate(good)
    assert registry.live() == good


@pytest.mark.parametrize("body", ["", "{", "[]", '{"format": 1}', "\xff"])
def test_a_damaged_manifest(registry: Registry, body: str) -> None:
    version = publish(registry)
    (registry.folder(version) / MANIFEST).write_text(body, encoding="latin-1")
    with pytest.raises(ModelCorrupt, match=MANIFEST):
        registry.manifest(version)
    assert registry.versions() == []


@pytest.mark.parametrize("change", [{"format": 2}, {"version": "20200101T000000Z-00000000"}])
def test_a_manifest_of_another_format_or_version(registry: Registry, change: dict[str, Any]) -> None:
    version = publish(registry)
    path = registry.folder(version) / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ModelCorrupt, match="train again"):
        registry.verify(version)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../..", "x", "20200101T000000Z-00000000", "20200101T000000Z-00000000\n", "/etc"]
)
def test_names_of_no_version(registry: Registry, name: str) -> None:
    publish(registry)
    for call in (registry.folder, registry.manifest, registry.verify, registry.activate):
        with pytest.raises(ModelNotFound):
            call(name)


def test_a_file_with_the_name_of_a_version_is_left_out(registry: Registry, tmp_path: Path) -> None:
    version = publish(registry)
    (tmp_path / "models" / "versions" / "20200101T000000Z-00000000").write_text("not a folder")
    assert [m.version for m in registry.versions()] == [version]


_PUBLISHER = """
import sys
from pathlib import Path
from leitmotif.registry import Registry
with Registry(Path(sys.argv[1])).publishing(encoder="e", labels=[], codebook_sha256="", data_sha256="",
        settings_sha256="", seed=1, libraries={}, metrics={}) as (version, folder):
    (folder / "big.bin").write_bytes(b"x" * 1_000_000)
    print("building", flush=True)
    sys.stdin.read()
"""


def test_a_crash_while_publishing_publishes_nothing(registry: Registry, tmp_path: Path) -> None:
    live = publish(registry)
    registry.activate(live)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-c", _PUBLISHER, str(tmp_path / "models")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"building\n"
        process.send_signal(signal.SIGKILL)
    versions = tmp_path / "models" / "versions"
    assert len(list(versions.iterdir())) == 2
    assert [m.version for m in registry.versions()] == [live]
    assert registry.live() == live
    registry.sweep()
    assert [p.name for p in versions.iterdir()] == [live]
    assert registry.verify(live).version == live


# --- activate and roll back ---


def test_activate_and_roll_back(registry: Registry) -> None:
    first, second = publish(registry), publish(registry)
    for version in (first, second, first):
        registry.activate(version)
        assert registry.live() == version
    assert [entry["version"] for entry in registry.activations()] == [first, second, first]
    assert all(set(entry) == {"version", "at"} for entry in registry.activations())


def test_readers_see_one_version_or_the_other(registry: Registry, tmp_path: Path) -> None:
    names = [publish(registry), publish(registry)]
    registry.activate(names[0])
    seen: set[str] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add((tmp_path / "models" / "CURRENT").read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(100):
        registry.activate(names[number % 2])
    done.set()
    reader.join()
    assert seen <= {name + "\n" for name in names}
    assert sorted(p.name for p in (tmp_path / "models").iterdir()) == ["CURRENT", "activations.jsonl", "versions"]
    assert len(registry.activations()) == 101


def test_half_a_line_in_the_log_of_activations(registry: Registry, tmp_path: Path) -> None:
    version = publish(registry)
    registry.activate(version)
    with (tmp_path / "models" / "activations.jsonl").open("a") as log:
        log.write('{"version": "2020')
    assert [entry["version"] for entry in registry.activations()] == [version]
    registry.activate(version)
    assert [entry["version"] for entry in registry.activations()] == [version, version]


# --- what is in a version is checked before it is loaded ---


class Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self._path}'",)


@pytest.fixture
def encoder(tiny_encoder_folder: Path) -> SentenceEncoder:
    return SentenceEncoder(tiny_encoder_folder, "tiny")


def with_heads(registry: Registry, tmp_path: Path, encoder: SentenceEncoder, parts: Any) -> str:
    heads, arrays = tmp_path / "heads", tmp_path / "arrays.npz"
    joblib.dump(parts, heads)
    np.savez(arrays, definitions=np.zeros((1, encoder.dimension), np.float32))
    files = {HEADS_FILE: heads.read_bytes(), ARRAYS_FILE: arrays.read_bytes()}
    return publish(registry, files, encoder=encoder.name)


def wrapped(kind: str, evil: Evil) -> Any:
    return {
        "bare": evil,
        "in a list": {"vectorisers": [evil]},
        "as a key": {("carry", evil): 1},
        "in an array of objects": {"carry": np.array([evil], dtype=object)},
    }[kind]


_KINDS = ["bare", "in a list", "as a key", "in an array of objects"]


@pytest.mark.parametrize("kind", _KINDS)
def test_a_malicious_model_is_refused_before_anything_of_it_runs(
    registry: Registry, tmp_path: Path, encoder: SentenceEncoder, kind: str
) -> None:
    mark = tmp_path / "it-ran"
    version = with_heads(registry, tmp_path, encoder, wrapped(kind, Evil(mark)))
    assert registry.verify(version).version == version
    refused = False
    try:
        load_model(registry, version, encoder)
    except ModelError:
        refused = True
    assert not mark.exists()
    assert refused


@pytest.mark.parametrize("kind", _KINDS)
def test_the_same_file_does_harm_when_it_is_loaded_unchecked(tmp_path: Path, kind: str) -> None:
    mark = tmp_path / "it-ran"
    joblib.dump(wrapped(kind, Evil(mark)), tmp_path / "heads")
    try:
        joblib.load(tmp_path / "heads")
    except TypeError:
        assert kind == "as a key"
    assert mark.exists()


@pytest.mark.parametrize("made_by", ["0.1.0", "99.0.0", ""])
def test_a_model_of_another_scikit_learn_is_refused(
    registry: Registry, tmp_path: Path, encoder: SentenceEncoder, made_by: str
) -> None:
    mark = tmp_path / "it-ran"
    joblib.dump(Evil(mark), tmp_path / "heads")
    libraries = {"scikit-learn": made_by} if made_by else {}
    version = publish(
        registry, {HEADS_FILE: (tmp_path / "heads").read_bytes()}, encoder=encoder.name, libraries=libraries
    )
    with pytest.raises(ModelIncompatible, match="train again"):
        load_model(registry, version, encoder)
    assert not mark.exists()


def test_a_model_for_another_encoder_is_refused(registry: Registry, encoder: SentenceEncoder) -> None:
    version = publish(registry, {HEADS_FILE: b"x"}, encoder="other@1")
    with pytest.raises(ModelIncompatible, match="other@1"):
        load_model(registry, version, encoder)


def test_a_changed_model_file_is_refused(registry: Registry, tmp_path: Path, encoder: SentenceEncoder) -> None:
    mark = tmp_path / "it-ran"
    version = with_heads(registry, tmp_path, encoder, {})
    joblib.dump(Evil(mark), registry.folder(version) / HEADS_FILE)
    with pytest.raises(ModelCorrupt, match=HEADS_FILE):
        load_model(registry, version, encoder)
    assert not mark.exists()
