"""Places of files, local or in object storage, and the roots below which a service may touch them."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import fsspec
from fsspec.core import split_protocol, url_to_fs

from leitmotif.errors import InputError, Problem, StorageError

_LOCAL = frozenset({None, "file", "local"})


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder: `path` on a file system of fsspec."""

    system: fsspec.AbstractFileSystem
    path: str

    @property
    def is_local(self) -> bool:
        return "file" in _names(self.system)

    def below(self, name: str) -> Place:
        """A file in this folder."""
        return replace(self, path=f"{self.path}/{name}")

    def beside(self, ending: str) -> Place:
        """What has the same name with something at its end."""
        return replace(self, path=self.path + ending)

    def exists(self) -> bool:
        """Whether there is something here."""
        with _named(self.path, "looked at"):
            return bool(self.system.exists(self.path))

    def size(self) -> int:
        """Bytes of the file."""
        with _named(self.path, "read"):
            return int(self.system.size(self.path) or 0)

    @contextmanager
    def reading(self) -> Iterator[IO[bytes]]:
        """The file, opened."""
        with _named(self.path, "read"), self.system.open(self.path, "rb") as file:
            yield file

    def publish(self, write: Callable[[IO[bytes]], None], folder: Place) -> None:
        """Write the file under a name of its own in `folder`, then give it this one: nobody ever sees half of it."""
        temporary = folder.below(f"{secrets.token_hex(8)}.tmp").path
        with _named(self.path, "written"):
            try:
                with self.system.open(temporary, "wb") as file:
                    write(file)
                    if self.is_local:
                        file.flush()
                        os.fsync(file.fileno())
                self.system.mv(temporary, self.path)
            except BaseException:
                with contextlib.suppress(OSError):
                    self.system.rm_file(temporary)
                raise

    def make_folder(self) -> None:
        """Make this a folder, if it is none yet."""
        with _named(self.path, "made"):
            self.system.makedirs(self.path, exist_ok=True)

    def remove(self) -> None:
        """Remove the folder and all in it; nothing if it is gone already."""
        with _named(self.path, "removed"), contextlib.suppress(FileNotFoundError):
            self.system.rm(self.path, recursive=True)


def place_of(address: str) -> Place:
    """The place that a path or URL names.

    Raises:
        InputError: no file system goes by that name, or its package is not installed.
    """
    if "::" in address or "\0" in address:
        raise InputError(f"{address!r} is neither a path nor one URL.")
    try:
        # Other processes write to the same folders: a remembered listing would be wrong.
        system, path = url_to_fs(address, use_listings_cache=False)
    except (ValueError, ImportError) as error:
        raise InputError(f"{address}: {error}. Install the fsspec package of that storage.") from error
    return Place(system, path)


def absolute(address: str) -> str:
    """A path as other processes have to know it; a URL as it is."""
    return str(Path(address).absolute()) if split_protocol(address)[0] is None else address


def check_within(field: str, address: str, roots: Sequence[str]) -> None:
    """Refuse a place that lies below none of the roots. Links and `..` do not lead out of a root.

    Raises:
        InputError: it does; names the field.
    """
    if not roots:
        raise _refusal(field, "bulk runs over HTTP are off: set LEITMOTIF_BULK_ROOTS to the folders that they may use")
    if "::" in address or "\0" in address or not any(_is_within(address, root) for root in roots):
        raise _refusal(field, f"{address!r} lies below none of LEITMOTIF_BULK_ROOTS")


def _is_within(address: str, root: str) -> bool:
    (protocol, path), (root_protocol, root_path) = split_protocol(address), split_protocol(root)
    if protocol in _LOCAL and root_protocol in _LOCAL:
        real = Path(os.path.realpath(path))
        return real != Path(os.path.realpath(root_path)) and real.is_relative_to(os.path.realpath(root_path))
    if protocol != root_protocol or {".", "..", ""} & set(path.split("/")) or "\\" in path:
        return False
    return bool(path.startswith(root_path.rstrip("/") + "/"))


def _refusal(field: str, message: str) -> InputError:
    return InputError(f"{field}: {message}.", [Problem(field, message)])


def _names(system: fsspec.AbstractFileSystem) -> tuple[str, ...]:
    return (system.protocol,) if isinstance(system.protocol, str) else tuple(system.protocol)


@contextmanager
def _named(path: str, act: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{path} cannot be {act}: {error.strerror or error}.") from error
