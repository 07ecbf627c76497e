"""What there must be before anything can serve: the data folder, the schema, a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mailnode import certificates, database, migrations
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
    """Bring the schema to this program's version. Raises BadSettings for that of a newer one."""
    engine = database.engine(settings)
    try:
        migrations.upgrade(engine)
    finally:
        engine.dispose()
