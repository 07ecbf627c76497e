"""The command line in a data folder of its own, in this process."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailnode.cli.main import main


@dataclass(frozen=True, slots=True)
class Ended:
    """How one command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Ended]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """``command("user", "list", stdin="")`` runs one command; nothing has been made yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAILNODE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MAILNODE_HOSTNAME", "mail.example.com")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name in ("MAILNODE_DATABASE_URL", "MAILNODE_BLOB_URL", "MAILNODE_CONFIG", "MAILNODE_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, stdin: str = "") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        try:
            status = main(arguments)
        except SystemExit as error:  # argparse
            status = int(error.code or 0)
        return Ended(status, *capsys.readouterr())

    return run


@pytest.fixture
def made(command: Command) -> Command:
    """The same after ``init``, with one domain and one user."""
    for arguments in (("init",), ("domain", "add", "example.com")):
        assert command(*arguments).status == 0
    assert command("user", "add", "anna@example.com", "--password-stdin", stdin="correct horse\n").status == 0
    return command
