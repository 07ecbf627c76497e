"""The doctor finds what is wrong, and what it finds wrong is wrong."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailnode.cli import doctor as doctor_command
from mailnode.cli.opened import opened
from mailnode.directory import edit
from mailnode.node.doors import PROTOCOLS

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command, Ended

NOBODY = "127.0.0.1:9"  # no name server


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_command, "PATIENCE", 0.2)


@pytest.fixture
def doctor(made: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command of an installation whose ports are free."""
    for name in ("http", *(one.name for one in PROTOCOLS)):
        monkeypatch.setenv(f"MAILNODE_LISTEN_{name.upper()}", "127.0.0.1:0")
    monkeypatch.setenv("MAILNODE_NAMESERVERS", NOBODY)
    return made


def levels(ended: Ended) -> dict[str, str]:
    return {finding["subject"]: finding["level"] for finding in ended.json}


def test_a_sound_installation_without_dns(doctor: Command) -> None:
    ended = doctor("doctor", "--json")
    found = levels(ended)
    assert found.pop("resolver") == "wrong"
    assert found.pop("certificate") == "warning"  # self-signed
    assert set(found.values()) == {"ok"}
    assert ended.status == 1
    assert all(finding["advice"] for finding in ended.json if finding["level"] != "ok")


def test_before_init(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILNODE_NAMESERVERS", NOBODY)
    ended = command("doctor", "--json")
    assert levels(ended)["data folder"] == "wrong"
    assert "mailnode init" in ended.json[0]["advice"]


def test_a_port_that_cannot_be_had(doctor: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        monkeypatch.setenv("MAILNODE_LISTEN_POP3", "192.0.2.1:1110")
        monkeypatch.setenv("MAILNODE_LISTEN_IMAP", f"127.0.0.1:{silent.getsockname()[1]}")
        ended = doctor("doctor", "--json")
    assert {levels(ended)[f"port {name}"] for name in ("pop3", "imap")} == {"wrong"}
    assert "MAILNODE_LISTEN_POP3" in ended.out


def test_damage(doctor: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data/tls/certificate.pem").write_text("broken")
    (tmp_path / "data").chmod(0o755)
    monkeypatch.setenv("MAILNODE_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    monkeypatch.setenv("MAILNODE_HOSTNAME", "localhost")
    findings = doctor("doctor", "--json").json
    found = [(finding["subject"], finding["level"]) for finding in findings]
    assert "another certificate" in next(one["advice"] for one in findings if one["subject"] == "certificate")
    expected = [("data folder", "warning"), ("database", "wrong"), ("certificate", "wrong"), ("host name", "warning")]
    assert set(expected) <= set(found)


def test_an_own_certificate_that_is_not_there(doctor: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILNODE_TLS_CERTIFICATE", str(tmp_path / "own.pem"))
    monkeypatch.setenv("MAILNODE_TLS_KEY", str(tmp_path / "own.key"))
    [found] = [one for one in doctor("doctor", "--json").json if one["subject"] == "certificate"]
    assert found["level"] == "wrong"
    assert str(tmp_path / "own.pem") in found["found"]
    assert "MAILNODE_TLS_CERTIFICATE" in found["advice"]


def test_relaying(doctor: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILNODE_MYNETWORKS", "10.0.0.0/8, 0.0.0.0/0")
    monkeypatch.setenv("MAILNODE_SMARTHOST", "smtp://127.0.0.1:9")
    found = {finding["subject"]: finding for finding in doctor("doctor", "--json").json}
    assert found["networks that may relay"]["found"] == "0.0.0.0/0"
    assert found["smarthost"]["level"] == "wrong"


def test_an_older_schema_and_a_newer_one(doctor: Command, tmp_path: Path) -> None:
    for revision, advice in (("0001", "mailnode init"), ("9999", "install")):
        with sqlite3.connect(tmp_path / "data/mailnode.db") as database:
            database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        [found] = [finding for finding in doctor("doctor", "--json").json if finding["subject"] == "database"]
        assert found["level"] == "wrong"
        assert advice in found["advice"]


def test_people_read_a_table_and_then_the_advice(doctor: Command) -> None:
    table, _, advice = doctor("doctor").out.partition("\n\n")
    assert table.splitlines()[0].split() == ["Checked", "Found"]
    assert "resolver: look at" in advice


def test_users_who_keep_scram_from_being_offered(doctor: Command) -> None:
    with opened() as home:
        home.write(lambda tx: edit.set_password(tx, "anna@example.com", "$argon2id$from-elsewhere"))
    ended = doctor("doctor", "--json")
    [finding] = [one for one in ended.json if one["subject"] == "SCRAM"]
    assert finding["level"] == "warning"
    assert finding["found"] == "not offered: 1 user has no keys yet"
