"""A throw-away PostgreSQL cluster for the tests.

It is made in a temporary folder on a free port with durability switched off, runs as the user
``postgres`` when the tests run as root (the server refuses root), and is removed afterwards. It has
nothing to do with a server that the machine may already run.
"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql

from tests.support import needs, ports

SETTINGS = """
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
max_connections = 200
shared_buffers = 64MB
log_min_messages = fatal
"""


class Postgres:
    """``with Postgres() as server: server.create("name"); server.url("name")``."""

    def __init__(self) -> None:
        self.binaries = Path(needs.program("initdb")).parent
        self.directory = Path(tempfile.mkdtemp(prefix="mailnode-postgres-"))
        self.port = ports.free()
        self.user = "postgres" if os.geteuid() == 0 else getpass.getuser()

    def __enter__(self) -> Postgres:
        data = self.directory / "data"
        if os.geteuid() == 0:
            shutil.chown(self.directory, self.user)
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        with (data / "postgresql.conf").open("a") as config:
            config.write(f"{SETTINGS}port = {self.port}\nlisten_addresses = '127.0.0.1'\n")
            config.write(f"unix_socket_directories = '{self.directory}'\n")
        self._run("pg_ctl", "-D", data, "-w", "-l", self.directory / "log", "start")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._run("pg_ctl", "-D", self.directory / "data", "-w", "-m", "immediate", "stop")
        shutil.rmtree(self.directory, ignore_errors=True)

    def create(self, name: str, template: str = "template1") -> str:
        """Make a database and return its SQLAlchemy URL. Nobody may be connected to the template."""
        self._say("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.url(name)

    def drop(self, name: str) -> None:
        self._say("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def rename(self, old: str, new: str) -> None:
        """Nobody may be connected to it."""
        self._say("ALTER DATABASE {} RENAME TO {}", old, new)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def connect(self, name: str) -> psycopg.Connection:
        """A connection where every statement is a transaction."""
        return psycopg.connect(f"host=127.0.0.1 port={self.port} user=postgres dbname={name}", autocommit=True)

    def command(self, name: str, *arguments: object) -> list[str]:
        """One of PostgreSQL's programs, as the user that owns the cluster."""
        command = [str(self.binaries / name), *map(str, arguments)]
        return ["runuser", "-u", self.user, "--", *command] if os.geteuid() == 0 else command

    def _say(self, statement: str, *names: str) -> None:
        with self.connect("postgres") as tx:
            tx.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _run(self, name: str, *arguments: object) -> None:
        with (self.directory / "setup.log").open("ab") as log:
            done = subprocess.run(
                self.command(name, *arguments), cwd=self.directory, stdout=log, stderr=log, check=False
            )
        assert done.returncode == 0, f"{name} failed:\n{(self.directory / 'setup.log').read_text()}"
