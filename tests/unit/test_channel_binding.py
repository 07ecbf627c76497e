"""Both ends of a TLS connection have the same channel bindings."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path
from types import SimpleNamespace

import pytest

from mailnode import certificates, channel_binding
from mailnode.certificates import ServerContext
from mailnode.settings import Settings


@pytest.fixture
def context(tmp_path: Path) -> ServerContext:
    settings = Settings(data_dir=tmp_path, hostname="mail.example.com")
    certificates.make(settings)
    return certificates.context(settings)


def connected(context: ssl.SSLContext, version: ssl.TLSVersion) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """The server's end and the client's."""
    asking = ssl.create_default_context()
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE
    asking.maximum_version = asking.minimum_version = version
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = context.wrap_bio(there, back, server_side=True), asking.wrap_bio(back, there)
    for _ in range(4):
        for end in reversed(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ends


def named(end: ssl.SSLObject) -> dict[str, bytes]:
    return {one.name: one.data for one in channel_binding.of(end)}


def test_tls_1_3_is_bound_by_the_exporter(context: ServerContext) -> None:
    """RFC 9266."""
    ours, theirs = (named(end) for end in connected(context, ssl.TLSVersion.TLSv1_3))
    assert ours["tls-exporter"] == theirs["tls-exporter"]
    assert len(ours["tls-exporter"]) == 32
    assert "tls-unique" not in ours
    assert named(connected(context, ssl.TLSVersion.TLSv1_3)[0])["tls-exporter"] != ours["tls-exporter"]


def test_tls_1_2_is_bound_by_tls_unique(context: ServerContext) -> None:
    """RFC 5929 §3."""
    server, client = connected(context, ssl.TLSVersion.TLSv1_2)
    assert named(server)["tls-unique"] == client.get_channel_binding("tls-unique")
    assert "tls-exporter" not in named(server)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_are_bound_by_the_certificate(context: ServerContext, version: ssl.TLSVersion) -> None:
    """RFC 5929 §4.1: the client hashes the certificate that it was shown."""
    server, client = connected(context, version)
    shown = client.getpeercert(binary_form=True)
    assert shown is not None
    assert named(server)["tls-server-end-point"] == hashlib.sha256(shown).digest()


def test_another_certificate_binds_anew(context: ServerContext, tmp_path: Path) -> None:
    before = context.end_point
    other = Settings(data_dir=tmp_path / "other", hostname="mail.example.com")
    certificates.make(other)
    certificates.load(context, other)
    assert context.end_point != before


def test_without_tls_there_is_nothing() -> None:
    assert channel_binding.of(None) == ()


def test_an_object_that_is_laid_out_otherwise_is_left_alone(context: ServerContext) -> None:
    server, _ = connected(context, ssl.TLSVersion.TLSv1_3)
    strange = SimpleNamespace(_sslobj=object(), version=server.version, context=context)
    assert [one.name for one in channel_binding.of(strange)] == ["tls-server-end-point"]
