"""The log: one line an event whatever strangers say, and no reason to stop."""

from __future__ import annotations

import gc
import io
import json
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from mailnode import certificates, log
from mailnode.settings import Settings


@pytest.fixture(autouse=True)
def usual_configuration() -> Iterator[None]:
    yield
    log.configure()


def logged(monkeypatch: pytest.MonkeyPatch, form: Literal["text", "json"], **facts: object) -> str:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    log.configure(form)
    log.get("test").info("said", **facts)
    return stream.getvalue()


EVIL = "x\r\n2026-11-25 [info] logged in user=admin\x1b[2J\x9b31m\u2028"


@pytest.mark.parametrize("form", ["text", "json"])
def test_attack_a_stranger_writes_no_line_of_its_own(
    monkeypatch: pytest.MonkeyPatch, form: Literal["text", "json"]
) -> None:
    line = logged(monkeypatch, form, hello=EVIL)
    assert line.count("\n") == 1
    assert "\r" not in line
    assert "\x1b" not in line


def test_attack_a_stranger_does_not_speak_to_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert logged(monkeypatch, "text", hello=EVIL).rstrip("\n").isprintable()


def test_json_keeps_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(logged(monkeypatch, "json", hello=EVIL))["hello"] == EVIL


def test_attack_a_host_name_that_is_no_text_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, hostname="mail.example.com")
    certificates.make(settings)
    monkeypatch.setattr(sys, "unraisablehook", log.ignored)
    log.configure("json")
    server = certificates.context(settings)
    heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(heard, said, server_hostname="mail.example.com").do_handshake()
    heard.write(said.read().replace(b"mail.example.com", b"\xff" * 16))
    with pytest.raises(ssl.SSLError):
        server.wrap_bio(heard, said, server_side=True).do_handshake()
    [line] = capfd.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "not understood"


def test_what_is_raised_nowhere_is_one_line_with_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "unraisablehook", log.ignored)
    log.configure("json")

    class Broken:
        def __del__(self) -> None:
            raise ValueError("of ours")

    Broken()
    gc.collect()
    [line] = capfd.readouterr().err.splitlines()
    assert "ValueError: of ours" in json.loads(line)["exception"]


def test_attack_a_log_on_a_full_disk_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full").open("w", buffering=1)  # noqa: SIM115  its closing is the last thing that fails
    monkeypatch.setattr(sys, "stderr", full)
    log.configure("json")
    log.get("test").info("said")
    log.get("test").info("said again")
    with pytest.raises(OSError, match="No space"):
        full.close()


def test_what_matters_less_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    log.configure("json", "warning")
    log.get("test").info("said")
    log.get("test").warning("seen")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["seen"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_fault_is_written_with_its_traceback(monkeypatch: pytest.MonkeyPatch, form: Literal["text", "json"]) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    log.configure(form)
    try:
        raise ValueError("it broke")
    except ValueError:
        log.get("test").exception("failed", step=3)
    assert "ValueError: it broke" in stream.getvalue()
    assert "Traceback" in stream.getvalue()
    assert "exc_info" not in stream.getvalue()
