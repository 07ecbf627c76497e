"""One node with two users, for tests that need a server and nothing around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.node import Node, running


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A running node that keeps ``example.test``; users anna and bert. Tests of a module share it."""
    node = Node(tmp_path_factory.mktemp("home"), name="mail.example.test", nameservers="127.0.0.1:9").init(
        "example.test"
    )
    node.add_user("anna@example.test")
    node.add_user("bert@example.test")
    with running(node):
        yield node


@pytest.fixture
def certificate(home: Node) -> Path:
    """The node's own certificate, for clients that want to trust it."""
    return home.directory / "data" / "tls" / "certificate.pem"
