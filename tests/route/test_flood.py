"""Every door of a node flooded at once while the resolver says nothing: its people send, read and look all the same."""

from __future__ import annotations

import contextlib
import socket
import urllib.request
from collections.abc import Iterator

import pytest

from tests.support.node import Node, running

ANNA = "anna@a.test"
LETTER = b"From: anna@a.test\r\nSubject: still here\r\n\r\nHello\r\n"
IDLE, BUSY = 40, 3  # connections to each door: those that say nothing, and those of each flood
FLOODS = (
    b"x" * 1_000_000,  # a line without an end
    b"NOOP\r\n" * 100_000,  # commands without an end, and nothing is read
    b"a NOOP\r\n" * 100_000,
    b"EHLO c.test\r\nMAIL FROM:<x@far.test>\r\n" + b"RCPT TO:<anna@a.test>\r\n" * 30_000,
    b"EHLO c.test\r\nMAIL FROM:<x@far.test>\r\nRCPT TO:<anna@a.test>\r\nDATA\r\nslow",
    b"a LOGIN {100000000+}\r\n" + b"x" * 100_000,
    b"USER anna@a.test\r\nPASS wrong\r\n" * 10_000,
    b"\x16\x03\x01\xff\xff" + b"\0" * 70_000,  # the beginning of TLS
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 50_000,
    b"POST /api/v1/sessions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{",
)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
        resolver.bind(("127.0.0.1", 0))  # takes questions and answers none
        silence = f"127.0.0.1:{resolver.getsockname()[1]}"
        made = Node(tmp_path_factory.mktemp("flood"), nameservers=silence).init("a.test")
        made.add_user(ANNA)
        with running(made):
            with made.imap(ANNA):
                pass  # Anna is known where she is; guessers come from elsewhere
            yield made


def opened(node: Node, door: str, number: int, said: bytes) -> socket.socket | None:
    """A stranger's connection that has said as much of it as the door takes at once; None where it takes none."""
    source = f"127.{20 + number}.0.1"
    try:
        made = socket.create_connection((node.host, node.ports[door]), timeout=60, source_address=(source, 0))
    except OSError:
        return None
    made.setblocking(False)
    with contextlib.suppress(OSError):
        made.send(said)
    return made


@pytest.mark.timeout(300)
def test_people_are_served_in_a_flood(node: Node) -> None:
    said = [b"", *FLOODS]
    wanted = [(door, text) for door in node.ports for text in said for _ in range(IDLE if not text else BUSY)]
    held = [opened(node, door, number % 50, text) for number, (door, text) in enumerate(wanted)]
    try:
        assert sum(one is not None for one in held) > 500
        node.submit(ANNA, [ANNA, "far@elsewhere.test"], LETTER)
        [stored] = node.wait_for(ANNA)
        assert stored.endswith(LETTER)
        assert node.pop3(ANNA).stat()[0] == 1
        with urllib.request.urlopen(f"{node.url}/api/v1/openapi.json", timeout=60) as answer:
            assert answer.status == 200
        [waiting] = node.json("queue", "list")
        assert waiting["recipients"] == ["far@elsewhere.test"]
    finally:
        for one in held:
            if one is not None:
                one.close()
    assert "Traceback" not in node.log.read_text(errors="replace"), "nothing of ours has failed"
