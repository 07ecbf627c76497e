"""A Mailnode for measurements: default settings on as many processes as there are cores, in a folder that goes away."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mailnode.database import begin_write
from mailnode.directory import users
from mailnode.settings import Settings
from mailnode.store.index import filling
from mailnode.store.opening import open_store
from tests.support import ports
from tests.support.node import Node, running

DOMAIN = "example.com"


@contextlib.contextmanager
def made(count: int = 2, **settings: str) -> Iterator[Node]:
    """With users u0, u1 … that is not running yet."""
    folder = Path(tempfile.mkdtemp(prefix="mailnode-bench-", dir="/tmp"))
    try:
        node = Node(folder, workers=str(os.cpu_count()), **settings).init(DOMAIN)
        node.add_users(*(address(number) for number in range(count)))
        yield node
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def served(count: int = 2, **settings: str) -> Iterator[Node]:
    """The same, running."""
    with made(count, **settings) as node, running(node):
        yield node


def address(number: int) -> str:
    return f"u{number}@{DOMAIN}"


@contextlib.contextmanager
def store(node: Node) -> Iterator[Engine]:
    """The node's own store, opened beside it."""
    engine = open_store(Settings(data_dir=node.directory / "data", hostname=node.name))
    try:
        yield engine
    finally:
        engine.dispose()


def user_id(engine: Engine, name: str) -> int:
    with Session(engine) as tx:
        return users.user(tx, name).id


def index_now(engine: Engine, user: int) -> None:
    """Everything into the search index."""
    with Session(engine) as tx:
        begin_write(tx)
        filling.fill_now(tx, user)
        tx.commit()


def wait_for_index(engine: Engine, user: int) -> None:
    """Until the node's worker has caught up."""

    def behind() -> bool:
        with Session(engine) as tx:
            return filling.behind(tx, user) is not None

    ports.until(lambda: not behind(), 300, "the search index did not catch up")
