"""A node that is told of an authority has its certificates soon, though its web process starts last."""

from __future__ import annotations

import socket
from pathlib import Path

from cryptography import x509

from tests.support.client import trusting
from tests.support.node import Node
from tests.support.pebble import Pebble
from tests.support.ports import until


def issuer(node: Node, name: str | None) -> str:
    """Of the certificate that a client is shown who asks for a name."""
    with (
        socket.create_connection((node.host, node.ports["imaps"])) as raw,
        trusting().wrap_socket(raw, server_hostname=name) as tls,
    ):
        return x509.load_der_x509_certificate(tls.getpeercert(binary_form=True) or b"").issuer.rfc4514_string()


def test_certificates_are_had_at_the_first_start_and_shown_by_every_door(tmp_path: Path) -> None:
    node = Node(tmp_path)
    with Pebble(tmp_path / "authority", node.ports["http"]) as authority:
        told = {"DIRECTORY": authority.directory, "TRUSTED": str(authority.trusted)}
        told["NAMES"] = "mail.example.com mail.customer.example"
        node.environment |= {f"MAILNODE_ACME_{name}": value for name, value in told.items()}
        node.init("example.com").start()
        try:
            for name in ("mail.example.com", "mail.customer.example", None):
                until(lambda asked=name: "Pebble" in issuer(node, asked), 120)  # type: ignore[misc]
            assert "no certificate" not in node.log.read_text()
        finally:
            node.kill()
