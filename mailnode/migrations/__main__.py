"""``python -m mailnode.migrations "why"``: write the revision that the models are ahead of the history."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from mailnode import database, migrations
from mailnode.settings import Settings


def main(words: str) -> None:
    """Compare the models with an empty database that has all revisions; write the difference."""
    with tempfile.TemporaryDirectory() as folder:
        engine = database.engine(Settings(data_dir=Path(folder)))
        migrations.upgrade(engine)
        with engine.execution_options(writes=True).connect() as conn, conn.begin():
            config = migrations.configuration(conn)
            number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
            command.revision(config, words, autogenerate=True, rev_id=f"{number:04}")
        engine.dispose()


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
