"""The player of transcripts, against a server that only repeats what it was told to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.transcript import Player, octets, read


class Said:
    """A wire whose server says the given lines, whatever it hears."""

    def __init__(self, *lines: bytes) -> None:
        self.lines = list(lines)
        self.heard: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.heard.append(data)

    def line(self) -> bytes:
        return self.lines.pop(0) if self.lines else b""

    def tls(self) -> None:
        self.heard.append(b"(tls)")

    def close(self) -> None:
        self.lines.clear()


def play(tmp_path: Path, text: str, *wires: Said) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    Player(lambda number: wires[number - 1]).play(read(path))


def test_header_and_steps_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("# why\nconnections: 2     state: selected     messages: 3\n2 C: b NOOP\nC: a NOOP\n")
    transcript = read(path)
    assert transcript.header == {"connections": "2", "state": "selected", "messages": "3"}
    assert [(step.connection, step.line) for step in transcript.steps] == [(2, "b NOOP"), (1, "a NOOP")]


def test_lines_are_sent_with_crlf_and_escapes_are_bytes(tmp_path: Path) -> None:
    wire = Said()
    play(tmp_path, "C: a\\x00b\nC-: half\\r\n", wire)
    assert wire.heard == [b"a\0b\r\n", b"half\r"]


def test_a_name_is_bound_once_and_used_ever_after(tmp_path: Path) -> None:
    wire = Said(b"* OK [UIDVALIDITY 7] x\r\n", b"* 7 again\r\n")
    play(tmp_path, "S: * OK [UIDVALIDITY <validity>] <text>\nC: say <validity> <other>\nS: * <validity> again\n", wire)
    assert wire.heard == [b"say 7 <other>\r\n"]


def test_another_line_than_wanted_fails_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"a\.txt:1: wanted 'a OK'"):
        play(tmp_path, "S: a OK\n", Said(b"a NO\r\n"))


def test_dots_pass_over_lines(tmp_path: Path) -> None:
    play(tmp_path, "S: ...\nS: a OK <text>\n", Said(b"* 1\r\n", b"* 2\r\n", b"a OK done\r\n"))


def test_the_end_of_the_connection_can_be_wanted(tmp_path: Path) -> None:
    play(tmp_path, "S: (closed)\n", Said())


def test_connections_are_apart(tmp_path: Path) -> None:
    one, two = Said(b"one\r\n"), Said(b"two\r\n")
    play(tmp_path, "2 S: two\n1 S: one\n", one, two)


def test_octets_keep_utf8() -> None:
    assert octets("邮件\\t\\\\") == "邮件\t\\".encode()
