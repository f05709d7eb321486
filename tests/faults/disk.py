"""A small disk of our own that really fills up, for the length of one process."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NEW_MOUNTS, _NEW_USERS = 0x00020000, 0x10000000


def mount_small_disk(folder: Path, megabytes: int) -> None:
    """Mount one on a folder. Nobody but this process sees it, and it goes with the process.

    Raises:
        PermissionError: this user may not.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_MOUNTS) != 0 and libc.unshare(_NEW_MOUNTS | _NEW_USERS) != 0:
        raise PermissionError(ctypes.get_errno(), "no mounts of our own")
    options = f"size={megabytes}m".encode()
    # Private first: else the mount would show everywhere.
    libc.mount(b"none", b"/", None, 0x44000, None)
    if libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, options) != 0:
        raise PermissionError(ctypes.get_errno(), "no file system of our own")


def may_mount() -> bool:
    """Whether this machine lets us, tried in a process of its own."""
    child = os.fork()
    if child == 0:
        try:
            mount_small_disk(Path("/tmp"), 1)
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Not a byte is left on the disk of a folder."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    try:
        yield
    finally:
        filler.unlink()
