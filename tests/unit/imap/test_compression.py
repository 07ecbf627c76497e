"""DEFLATE both ways (RFC 4978): every split, large answers, bombs and rubbish."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import pytest

from mailnode.imap import serve
from tests.support.imap_wire import ImapWire
from tests.support.imapd import ReadingServer, mail


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    with ReadingServer(serve, tmp_path_factory.mktemp("imap"), message_size_limit=20_000_000) as one:
        yield one


class Compressed:
    """A logged-in connection after COMPRESS."""

    def __init__(self, server: ReadingServer, user: str) -> None:
        self.wire = ImapWire(server.port).log_in(user)
        assert b" OK " in self.wire.command("COMPRESS DEFLATE")[-1]
        self.packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.unpacker = zlib.decompressobj(-15)
        self.heard = b""

    def send(self, data: bytes) -> None:
        self.wire.socket.sendall(self.packer.compress(data) + self.packer.flush(zlib.Z_SYNC_FLUSH))

    def until(self, text: bytes) -> bytes:
        while text not in self.heard:
            data = self.wire.socket.recv(65_536)
            assert data, f"closed; {self.heard[-200:]!r}"
            self.heard += self.unpacker.decompress(data)
        said, _, self.heard = self.heard.partition(text)
        return said + text


@pytest.fixture
def client(server: ReadingServer) -> Iterator[Compressed]:
    user = server.add_user()
    for number in range(1, 501):
        server.deliver(user.id, mail(number))
    one = Compressed(server, user.address)
    yield one
    one.wire.close()


def test_answers_are_compressed(client: Compressed) -> None:
    client.send(b"a SELECT INBOX\r\nb FETCH 1:* (ENVELOPE BODY.PEEK[])\r\n")
    assert client.until(b"b OK").count(b" FETCH (") == 500


def test_octet_by_octet(client: Compressed) -> None:
    packed = client.packer.compress(b"a NOOP\r\n") + client.packer.flush(zlib.Z_SYNC_FLUSH)
    for octet in packed:
        client.wire.socket.sendall(bytes([octet]))
    client.until(b"a OK")


def test_a_literal_that_is_small_on_the_wire_and_large_unpacked(client: Compressed) -> None:
    raw = mail(1) + b"x" * 5_000_000
    client.send(b"a APPEND Archive {%d+}\r\n%b\r\nb NOOP\r\n" % (len(raw), raw))
    client.until(b"a OK [APPENDUID ")
    client.until(b"b OK")


def test_many_commands_in_one_packet(client: Compressed) -> None:
    client.send(b"".join(b"n%d NOOP\r\n" % number for number in range(20_000)))
    client.until(b"n19999 OK")


def test_a_line_without_end_is_refused_however_it_is_packed(client: Compressed) -> None:
    client.send(b"a NOOP" + b" " * 30_000_000 + b"\r\nb NOOP\r\n")
    client.until(b"a BAD")
    client.until(b"b OK")


def test_a_second_layer_is_refused(client: Compressed) -> None:
    client.send(b"a COMPRESS DEFLATE\r\n")
    client.until(b"a NO [COMPRESSIONACTIVE]")


def test_rubbish_ends_the_connection(client: Compressed) -> None:
    client.wire.socket.sendall(b"\xff" * 100)
    with pytest.raises((AssertionError, ConnectionError)):
        client.until(b"never")
