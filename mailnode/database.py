"""The database: one declarative base, how an engine is made, and what a commit waits for.

Rules that cannot be seen elsewhere:

- On SQLite every writing transaction first takes a file lock beside the database (``write_lock``) and
  then begins IMMEDIATE. Say that a transaction will write with `begin_write`, as its first statement.
- Nobody waits for ever for a process that stands still with a lock: StoreBusy after `PATIENCE`.
- Bodies are durable before the rows that name them: whoever has put bytes outside the database
  registers a hook with `Pending.durable`, which runs before the commit and may prevent it.
- `Pending.changed` collects the users whose mail changed; it is told to listeners after the commit,
  never before.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

from sqlalchemy import BigInteger, DateTime, Engine, Integer, MetaData, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from mailnode import write_lock
from mailnode.errors import MailError, StoreBusy, StoreFull
from mailnode.settings import Settings
from mailnode.write_lock import WriteLock

PATIENCE = 15.0  # seconds
# On PostgreSQL: rows that somebody has locked, and a session that stands still in a transaction.
POSTGRES_OPTIONS = "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
SQLITE_PRAGMAS = (
    "PRAGMA busy_timeout=30000",
    "PRAGMA page_size=4096",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # an answered 250 survives a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16384",
    "PRAGMA mmap_size=1073741824",
    "PRAGMA wal_autocheckpoint=4000",
)


# The type of an id. SQLite counts rows by INTEGER only; PostgreSQL needs the 64 bits said.
Id = BigInteger().with_variant(Integer, "sqlite")
NEVER_REUSED = {"sqlite_autoincrement": True}  # of a table whose ids mean nothing else after a removal


class Base(DeclarativeBase):
    """The base of every table. Tables are named in the singular."""

    metadata = MetaData(naming_convention=NAMES)


def utcnow() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC on every engine."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Pending:
    """What the running transaction owes: hooks before its commit, listeners after it.

    ``gathers``: nothing of it is taken back but the whole, so rows that nobody reads in it may be written at its end.
    """

    __slots__ = ("_after", "_durable", "_gathered", "changed", "gathers")

    def __init__(self) -> None:
        self.gathers = False
        self._gathered: dict[object, list[Any]] = {}
        self._durable: dict[object, Callable[[], None]] = {}
        self._after: list[Callable[[], None]] = []
        self.changed: set[int] = set()

    def durable(self, key: object, hook: Callable[[], None]) -> None:
        """Run ``hook`` once before the commit; it raises to prevent the commit."""
        self._durable.setdefault(key, hook)

    def gathered(self, write: Callable[[Connection, list[Any]], None], conn: Connection) -> list[Any]:
        """The rows that ``write`` is given once before the commit."""
        rows = self._gathered.get(write)
        if rows is None:
            rows = self._gathered[write] = []
            self.durable(write, partial(write, conn, rows))
        return rows

    def after(self, hook: Callable[[], None]) -> None:
        """Run ``hook`` after the commit."""
        self._after.append(hook)

    def make_durable(self) -> None:
        hooks, self._durable = self._durable, {}
        self._gathered = {}
        for hook in hooks.values():
            hook()

    def run_after(self) -> None:
        hooks, self._after = self._after, []
        for hook in hooks:
            hook()


def pending(tx: Session) -> Pending:
    """The Pending of the session's running transaction."""
    found: Pending = tx.connection().info["pending"]
    tx.info["pending"] = found
    return found


@event.listens_for(Session, "before_commit")
def _make_durable(session: Session) -> None:
    """Not the engine's own commit event: what is raised there leaves the transaction open."""
    owed: Pending | None = session.info.get("pending")
    if owed and not session.in_nested_transaction():
        owed.make_durable()


@event.listens_for(Session, "after_commit")
def _run_after(session: Session) -> None:
    if session.in_nested_transaction():
        return
    owed: Pending | None = session.info.pop("pending", None)
    if owed:
        owed.run_after()


def begin_write(tx: Session) -> None:
    """Open the session's transaction as a writing one; must come before its first statement. Raises StoreBusy."""
    tx.connection(execution_options={"writes": True, "patience": PATIENCE})


def one_snapshot(tx: Session) -> None:
    """Let all that the session's transaction reads be of one moment, as it always is on SQLite; must come before its
    first statement."""
    if not is_sqlite(tx):
        tx.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def refusal_of(error: BaseException) -> MailError | None:
    """What the world is told of a disk that is full or takes nothing; None for any other error."""
    cause: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # without what an I/O error was about
    full = code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY)
    full = full or (isinstance(cause, OSError) and cause.errno in UNWRITABLE)
    return StoreFull() if full or getattr(cause, "sqlstate", None) == "53100" else None


def is_sqlite(tx: Session) -> bool:
    return tx.get_bind().dialect.name == "sqlite"


def insert_on_conflict(tx: Session, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can be told what to do ON CONFLICT, where another process may insert the same at this moment."""
    return sqlite.insert(table) if is_sqlite(tx) else postgresql.insert(table)


def storable(text: str) -> str:
    """Text that both engines take: PostgreSQL has no NUL, neither has lone surrogates."""
    return text if text.isprintable() else text.replace("\0", "").encode("utf-8", "replace").decode()


def engine(settings: Settings, **options: object) -> Engine:
    """An engine on the settings' database, ready for use. ``options`` become execution options."""
    url = make_url(settings.database)
    sqlite = url.get_backend_name() == "sqlite"
    connect: dict[str, Any] = {}
    if sqlite:
        connect = {"check_same_thread": False, "timeout": 30, "factory": LockedSqlite}
    elif url.get_backend_name() == "postgresql" and "options" not in url.query:
        connect = {"options": POSTGRES_OPTIONS}
    made = create_engine(
        url,
        connect_args=connect,
        execution_options=dict(options),
        hide_parameters=True,  # mail is never logged with an error
        pool_size=8,
        max_overflow=24,
        pool_timeout=60,
    )
    if sqlite:
        _make_sqlite_ours(made, write_lock.beside(url.database or ""))
    event.listen(made, "begin", _begin)
    return made


def _begin(conn: Connection) -> None:
    conn.info["pending"] = Pending()


class LockedSqlite(sqlite3.Connection):
    """An SQLite connection that may hold the write lock until its transaction has ended."""

    write_lock = WriteLock("")  # never taken; `engine` gives every connection one of its own

    def commit(self) -> None:
        try:
            super().commit()
        except BaseException:
            self.write_lock.give_back()
            raise
        self.write_lock.give_back(changed=True)

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self.write_lock.give_back()

    def close(self) -> None:
        super().close()
        self.write_lock.close()


def _make_sqlite_ours(made: Engine, lock_path: str) -> None:
    """Take transactions out of the driver's hands, and serialise writers by the file lock."""

    @event.listens_for(made, "connect")
    def connected(dbapi: LockedSqlite, record: Any) -> None:
        dbapi.isolation_level = None
        dbapi.write_lock = WriteLock(lock_path)
        for pragma in SQLITE_PRAGMAS:
            dbapi.execute(pragma).close()

    @event.listens_for(made, "begin")
    def begin(conn: Connection) -> None:
        options, driver = conn.get_execution_options(), cast(LockedSqlite, conn.connection.dbapi_connection)
        if options.get("writes"):
            if not driver.write_lock.take(options.get("patience")):
                raise StoreBusy
            driver.execute("BEGIN IMMEDIATE")
        else:
            driver.execute("BEGIN")
