"""Any bytes in any split give the same lines; what is stuffed is unstuffed to the same message."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.proto import pop3


def lines_of(pieces: list[bytes]) -> list[bytes | None]:
    """Every line that comes out; None for one that was refused."""
    buffer, found = pop3.Lines(), []
    for piece in pieces:
        buffer.feed(piece)
        while True:
            try:
                line = buffer.next_line()
            except ProtocolError:
                found.append(None)
                continue
            if line is None:
                break
            found.append(line)
    return found


WIRE = st.lists(st.sampled_from([b"NOOP", b" ", b"\r\n", b"\n", b"\r", b"\0", b"x" * 9000, b"\xff"]), max_size=12)


@given(WIRE, st.data())
def test_any_split_gives_the_same_lines(parts: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    pieces = [whole[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert lines_of(pieces) == lines_of([whole])


@given(st.binary(max_size=40))
def test_any_line_is_a_command_or_refused(line: bytes) -> None:
    try:
        command = pop3.parse(line)
    except ProtocolError:
        return
    assert command.name.isalpha() or command.name == "UTF8"


@given(st.lists(st.sampled_from([b".", b"..", b"a", b"", b".x"]), max_size=8))
def test_a_client_reads_what_was_stuffed(body: list[bytes]) -> None:
    raw = b"".join(line + b"\r\n" for line in body)
    sent = pop3.stuffed(raw)
    assert sent.endswith(b".\r\n")
    got = [line[1:] if line.startswith(b"..") else line for line in sent.split(b"\r\n")[:-2]]
    assert got == body


@given(st.binary(max_size=200).filter(lambda raw: b"\r" not in raw))
def test_bare_line_feeds_never_leave(raw: bytes) -> None:
    sent = pop3.stuffed(raw)
    assert sent.count(b"\n") == sent.count(b"\r\n")
