"""The installation as a command sees it: settings, and transactions on its database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mailnode import database
from mailnode.cli.language import Text
from mailnode.errors import MailError
from mailnode.settings import Settings
from mailnode.store.opening import open_store

T = TypeVar("T")
NOT_MADE = Text(
    "There is no Mailnode in {folder} yet; run: mailnode init",
    "{folder} 中还没有 Mailnode；请运行：mailnode init",
)


class NotMade(MailError):
    """A command came before ``mailnode init``."""

    kind = "not-made"


@dataclass(frozen=True, slots=True)
class Opened:
    settings: Settings
    engine: Engine

    def write(self, step: Callable[[Session], T]) -> T:
        """One writing transaction; nothing of it stays when ``step`` raises."""
        with Session(self.engine, expire_on_commit=False) as tx:
            database.begin_write(tx)
            result = step(tx)
            tx.commit()
            return result

    def read(self, step: Callable[[Session], T]) -> T:
        with Session(self.engine, expire_on_commit=False) as tx:
            return step(tx)


@contextmanager
def opened() -> Iterator[Opened]:
    """Raises BadSettings, NotMade."""
    settings = Settings.load()
    if settings.database.startswith("sqlite") and not settings.data_dir.exists():
        raise NotMade(NOT_MADE(folder=settings.data_dir))
    engine = open_store(settings)
    try:
        yield Opened(settings, engine)
    finally:
        engine.dispose()
