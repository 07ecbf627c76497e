"""Any octets that lie in a mailbox are shown by the API: the row, the whole, its header and every part of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.properties.test_message import MAIL
from tests.support import store as stores
from tests.support.examples import examples
from tests.support.site import Person, Site, opened


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with stores.on_sqlite(sqlite_template, tmp_path_factory.mktemp("api")) as store, opened(store) as made:
        yield made


def shown(person: Person, path: str) -> object:
    """What is there; files are read to their end."""
    answer = person.get(path)
    try:
        assert answer.status_code == 200, (path, answer.json)
        assert answer.get_data() is not None
        return answer.json if answer.is_json else None
    finally:
        answer.close()


@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MAIL)
def test_any_octets_are_shown(site: Site, raw: bytes) -> None:
    place = f"messages/{site.deliver('anna', raw)}"
    whole = shown(site.anna, place)
    assert isinstance(whole, dict)
    for part in whole["parts"]:
        for inline in ("", "?inline=1"):
            shown(site.anna, f"{place}/parts/{part['part']}{inline}")
    for path in (f"{place}/raw", f"{place}/headers", f"messages?mailbox={site.mailbox('anna', 'INBOX')}&limit=5"):
        shown(site.anna, path)
    draft = site.anna.post("drafts", {"message": place.removeprefix("messages/")})
    assert draft.status_code in (201, 422), draft.json
