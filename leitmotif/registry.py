"""Model versions on disk: publish, verify, activate, roll back.

A version is an immutable folder `models/versions/NAME` with a `manifest.json` that lists the SHA-256 of every other
file. It is built under a hidden name and renamed when complete, so a version exists whole or not at all. `CURRENT`
names the live version; it is replaced in one step, so a reader sees the old name or the new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from leitmotif.errors import ModelCorrupt, ModelNotFound, NoLiveModel, StorageError

MANIFEST = "manifest.json"
FORMAT = 1
_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")
_STAGING = ".staging-"


class Manifest(BaseModel):
    """What a version says of itself. `labels` is the order of every score."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    version: str
    created: str
    encoder: str
    labels: list[str]
    codebook_sha256: str
    data_sha256: str
    settings_sha256: str
    seed: int
    libraries: dict[str, str]
    metrics: dict[str, float]
    files: dict[str, str]
    holdout: str = ""
    """The rule by which texts were kept from training, to compare versions on; empty where none were."""


class Registry:
    """The versions under one folder. Any number of processes may read while one publishes or activates."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._versions = folder / "versions"

    def versions(self) -> list[Manifest]:
        """Manifests of all versions, newest first; folders without a readable manifest are left out."""
        names = sorted((p.name for p in self._versions.glob("*") if _NAME.fullmatch(p.name)), reverse=True)
        return [manifest for name in names if (manifest := self._try_manifest(name))]

    def manifest(self, version: str) -> Manifest:
        """The manifest of a version.

        Raises:
            ModelNotFound: there is no such version.
            ModelCorrupt: its manifest cannot be read.
        """
        path = self.folder(version) / MANIFEST
        try:
            return Manifest.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise ModelCorrupt(f"{path} cannot be read ({error}): delete the version and train again.") from error

    def folder(self, version: str) -> Path:
        """The folder of a version that exists."""
        folder = self._versions / version
        if not _NAME.fullmatch(version) or not folder.is_dir():
            raise ModelNotFound(
                f"There is no model version {version!r}; `leitmotif models list` shows those there are."
            )
        return folder

    def verify(self, version: str) -> Manifest:
        """Check every file of a version against its manifest.

        Raises:
            ModelNotFound: there is no such version.
            ModelCorrupt: a file is missing, changed or unlisted, or the manifest is of another format.
        """
        manifest, folder = self.manifest(version), self.folder(version)
        if manifest.format != FORMAT or manifest.version != version:
            raise ModelCorrupt(f"{folder} was written in format {manifest.format} as {manifest.version}: train again.")
        present = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} - {MANIFEST}
        if present != set(manifest.files):
            odd = ", ".join(sorted(present ^ set(manifest.files)))
            raise ModelCorrupt(f"{folder}: files missing or not in the manifest: {odd}.")
        for name, expected in manifest.files.items():
            if sha256(folder / name) != expected:
                raise ModelCorrupt(f"{folder / name} is not the file that was published; delete the version.")
        return manifest

    def live(self) -> str:
        """Name of the live version.

        Raises:
            NoLiveModel: none is live yet.
        """
        try:
            name = (self._folder / "CURRENT").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            name = ""
        if not name:
            raise NoLiveModel("No model is live: run `leitmotif train`, or `make serve`, which does it.")
        return name

    def live_or_none(self) -> str | None:
        """Name of the live version, or None."""
        try:
            return self.live()
        except NoLiveModel:
            return None

    def activate(self, version: str) -> None:
        """Make a version live, after checking every file of it, and note it in the log of activations.

        Raises:
            ModelNotFound: there is no such version.
            ModelCorrupt: it is not what was published.
            StorageError: the folder cannot be written; what was live stays live.
        """
        self.verify(version)
        try:
            self._log_activation(version)
            _replace(self._folder / "CURRENT", version + "\n")
        except OSError as error:
            raise StorageError(
                f"{self._folder} cannot be written ({error.strerror or error}), so {version} did not go live: "
                "if the disk is full, free space; then do it again."
            ) from error

    def _log_activation(self, version: str) -> None:
        entry = {"version": version, "at": now()}
        with (self._folder / "activations.jsonl").open("a+b") as log:
            # A switch that was cut short may have left half a line.
            log.seek(max(log.tell() - 1, 0))
            start = b"" if log.read() in {b"", b"\n"} else b"\n"
            log.write(start + json.dumps(entry).encode() + b"\n")

    def activations(self) -> list[dict[str, str]]:
        """Every switch, oldest first: {version, at}."""
        try:
            lines = (self._folder / "activations.jsonl").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [entry for line in lines if (entry := _try_entry(line))]

    def exists(self, version: str) -> bool:
        """Whether there is such a version."""
        return bool(_NAME.fullmatch(version)) and (self._versions / version).is_dir()

    @contextmanager
    def publishing(self, name: str = "", **described: Any) -> Iterator[tuple[str, Path]]:
        """Yields (version, folder) to fill; at the end the folder gets its manifest and its name.

        On an error the folder is removed and nothing is published. `described` are the manifest's other fields;
        `metrics` may be filled in while the folder is being built. A `name` comes from `new_name`.
        """
        self._versions.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=self._versions))
        version = name or new_name()
        try:
            yield version, staging
            files = {str(p.relative_to(staging)): sha256(p) for p in sorted(staging.rglob("*")) if p.is_file()}
            manifest = Manifest(format=FORMAT, version=version, created=now(), files=files, **described)
            (staging / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
            _sync(staging)
            staging.chmod(0o755)
            staging.rename(self._versions / version)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what an interrupted publication left behind. Only while nothing else publishes."""
        for folder in self._versions.glob(f"{_STAGING}*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _try_manifest(self, version: str) -> Manifest | None:
        try:
            return self.manifest(version)
        except (ModelCorrupt, ModelNotFound):
            return None


def _try_entry(line: str) -> dict[str, str] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def new_name() -> str:
    """A name for a version: the time, and something that no other has."""
    return f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}-{hashlib.sha256(os.urandom(16)).hexdigest()[:8]}"


def now() -> str:
    """This moment as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _replace(path: Path, text: str) -> None:
    """Write a file in one step: readers see the old content or the new."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".current-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
