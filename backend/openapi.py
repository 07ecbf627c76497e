"""``python -m backend.openapi``: the API's description as YAML, from the code. ``openapi.yaml`` is its output."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask

from backend.app import create_app
from mailnode.settings import Settings


def description(app: Flask) -> dict[str, Any]:
    """The OpenAPI document of an application."""
    found: dict[str, Any] = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].document()
    return found


def written(document: dict[str, Any]) -> str:
    """The document as it stands in the repository."""
    import yaml  # a tool of developers, not of the running server

    return yaml.safe_dump(document, allow_unicode=True, sort_keys=True, width=120)


def main() -> None:
    """No database is asked: a folder that does not exist will do."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder)))
        sys.stdout.write(written(description(app)))


if __name__ == "__main__":
    main()
