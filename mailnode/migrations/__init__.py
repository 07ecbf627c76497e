"""The schema and its history: Alembic's revisions, and the runner that ``init`` and ``serve`` call.

- `upgrade` brings any older schema, or an empty database, to this program's; it is one transaction,
  and of several processes that start together one does it and the others wait.
- A schema that this program does not know is a newer program's: it is left alone, and SchemaTooNew
  says so.
- A new revision is written by ``python -m mailnode.migrations "why"``, which compares the models with
  a database that has all revisions; a test holds that nothing is missing.

It lies here and not in ``backend``, because the command line must not need the web process.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

import mailnode
from mailnode.settings import BadSettings

FOLDER = Path(__file__).parent
LOCK = 7_263_548_201  # PostgreSQL's advisory lock of whoever migrates


class SchemaTooNew(BadSettings):
    """The database belongs to a newer program."""


def upgrade(engine: Engine) -> None:
    """Bring the schema to this program's version; harmless when it is there. Raises SchemaTooNew."""
    load_models()
    with engine.execution_options(writes=True).connect() as conn, conn.begin():
        if engine.dialect.name == "postgresql":
            conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if is_outdated(conn):
            command.upgrade(configuration(conn), "head")


def configuration(conn: Connection | None = None) -> Config:
    """Alembic's configuration for our folder, on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = conn
    return config


def load_models() -> None:
    """Import every table of the program."""
    for path in sorted(Path(mailnode.__file__).parent.glob("*/models.py")):
        import_module(f"mailnode.{path.parent.name}.models")


def is_outdated(conn: Connection) -> bool:
    """True where `upgrade` has something to do. Raises SchemaTooNew."""
    current = MigrationContext.configure(conn).get_current_revision()
    script = ScriptDirectory.from_config(configuration())
    if current is not None and current not in {one.revision for one in script.walk_revisions()}:
        raise SchemaTooNew(
            f"The database has the schema {current!r} of a newer Mailnode than this one ({mailnode.__version__}): "
            "install that version, or restore a backup that this one has made"
        )
    return current != script.get_current_head()
