"""What there must be before anything can serve: the data folder, the schema, a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from sqlalchemy.orm import Session

import mailnode
from mailnode import certificates, database
from mailnode.settings import BadSettings, Settings


@dataclass(frozen=True, slots=True)
class Made:
    """What `make` had to do."""

    data_dir: Path
    certificate: bool


def make(settings: Settings) -> Made:
    """Make what is missing; harmless to repeat. Raises BadSettings."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadSettings(f"The data folder {settings.data_dir} cannot be made: {error.strerror}") from error
    migrate(settings)
    return Made(settings.data_dir.resolve(), certificates.make(settings))


def migrate(settings: Settings) -> None:
    """Bring the schema to this program's version."""
    for path in sorted(Path(mailnode.__file__).parent.glob("*/models.py")):
        import_module(f"mailnode.{path.parent.name}.models")
    engine = database.engine(settings)
    with Session(engine) as tx:
        database.begin_write(tx)
        database.Base.metadata.create_all(tx.connection())
        tx.commit()
    engine.dispose()
