"""One node with two users, for tests that need a server and nothing around it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.node import Node, running


@pytest.fixture(scope="module")
def web() -> bool:
    """Whether the node has a web process; modules whose tests use it say so."""
    return False


@pytest.fixture(scope="module")
def home(web: bool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A running node that keeps ``example.test``; users anna and bert. Tests of a module share it."""
    node = Node(tmp_path_factory.mktemp("home"), name="mail.example.test", web=web, nameservers="127.0.0.1:9")
    node.init("example.test").add_users("anna@example.test", "bert@example.test")
    with running(node):
        yield node


@pytest.fixture
def mark() -> str:
    """A word that no other message holds."""
    return f"mark{uuid.uuid4().hex}"


@pytest.fixture
def certificate(home: Node) -> Path:
    """The node's own certificate, for clients that want to trust it."""
    return home.directory / "data" / "tls" / "certificate.pem"
