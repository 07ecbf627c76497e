"""Settings: the file, the environment above it, and one sentence for what cannot be used."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from mailnode.settings import RESTRICTIONS, BadSettings, FilterAt, Listen, Settings, Smarthost, parse_listen


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own, without settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILNODE_CONFIG", raising=False)
    return tmp_path


def test_the_environment_stands_above_the_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "mailnode.toml").write_text('hostname = "file.example"\nworkers = 3\n')
    monkeypatch.setenv("MAILNODE_HOSTNAME", "environment.example")
    loaded = Settings.load()
    assert (loaded.hostname, loaded.workers) == ("environment.example", 3)


def test_another_file_is_named_and_must_be_there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILNODE_CONFIG", str(place / "other.toml"))
    with pytest.raises(BadSettings, match=r"other\.toml cannot be read"):
        Settings.load()
    (place / "other.toml").write_text("workers = 2\n")
    assert Settings.load().workers == 2
    (place / "other.toml").write_bytes(b'hostname = "\xff"\n')
    with pytest.raises(BadSettings, match=r"other\.toml cannot be read"):
        Settings.load()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("listen_smtp", "127.0.0.1:25,[::1]:25", (Listen("127.0.0.1", 25), Listen("::1", 25))),
        ("listen_pop3", "off", ()),
        ("nameservers", "192.0.2.1:53, 192.0.2.2", ("192.0.2.1:53", "192.0.2.2")),
        ("mynetworks", "10.1.2.3/8", (ipaddress.ip_network("10.0.0.0/8"),)),
        ("proxy_protocol", "smtp, imaps", ("smtp", "imaps")),
        ("relay_domains", "Backup.example. 例子.测试", ("backup.example", "xn--fsqu00a.xn--0zwm56d")),
        ("smarthost", "", None),
        ("smarthost", "smtp://out.example", Smarthost("out.example", 25, tls=False)),
        ("smarthost", "smtps://me%40x:p%20w@out.example", Smarthost("out.example", 465, True, "me@x", "p w")),
        ("filters", "clamd=tcp://[::1]:3310?size=9", (FilterAt("clamd", "::1", 3310, size=9),)),
        ("filters", "milter=inet:8891@a.example", (FilterAt("milter", "a.example", 8891),)),
        ("filters", "spamd=unix:///x?action=tag", (FilterAt("spamd", path="/x", action="tag"),)),
        ("smtpd_restrictions", "permit_mynetworks reject_unauth_pipelining", (RESTRICTIONS[0], RESTRICTIONS[8])),
    ],
)
def test_values(name: str, value: str, expected: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"MAILNODE_{name.upper()}", value)
    assert getattr(Settings.load(), name) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LISTEN_IMAP", "::1:143"),
        ("LISTEN_IMAP", "127.0.0.1:70000"),
        ("WORKERS", "none"),
        ("FILTERS", "rspamd=ftp://127.0.0.1"),
        ("FILTERS", "rspamd=http://127.0.0.1?action=eat"),
        ("FILTERS", "rspamd=http://127.0.0.1:70000"),
        ("MYNETWORKS", "everybody"),
        ("PROXY_PROTOCOL", "http"),
        ("RELAY_DOMAINS", "a..b"),
        ("TLS_MINIMUM", "1.0"),
        ("SMARTHOST", "http://out.example"),
        ("SMTPD_RESTRICTIONS", "permit_everybody"),
        ("AUTH_WITHOUT_TLS", "always"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"MAILNODE_{name}", value)
    with pytest.raises(BadSettings, match=f"MAILNODE_{name} cannot be used"):
        Settings.load()


def test_a_setting_that_does_not_exist(place: Path) -> None:
    (place / "mailnode.toml").write_text("hostnmae = 1\n")
    with pytest.raises(BadSettings, match="no setting 'hostnmae'"):
        Settings.load()


def test_addresses_are_written_as_they_are_read() -> None:
    for text in ("[::1]:25", "127.0.0.1:0", "mail.example.com:993"):
        assert str(parse_listen(text)) == text
