"""An IMAP door of the module's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailnode.imap import serve
from tests.support.imapd import ReadingServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingServer]:
    with ReadingServer(serve, tmp_path_factory.mktemp("imap")) as one:
        yield one
