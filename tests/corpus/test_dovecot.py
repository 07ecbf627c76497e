"""We and Debian's Dovecot say the same of every message of the corpus, but for what ``dovecot.md`` gives a reason."""

from __future__ import annotations

import pytest

from tests.corpus import against_dovecot as against
from tests.corpus.against_dovecot import Difference


@pytest.fixture(scope="module")
def found() -> list[Difference]:
    return against.differences()


def test_every_difference_has_a_reason(found: list[Difference]) -> None:
    unknown = [one for one in found if one not in against.justified()]
    assert not unknown, "\n" + against.listed(unknown, {})


def test_no_reason_is_given_for_what_does_not_differ(found: list[Difference]) -> None:
    settled = [one for one in against.justified() if one not in found]
    assert not settled, "\n" + against.listed(settled, against.justified())


def test_every_reason_is_written_down_and_used() -> None:
    assert {*against.justified().values()} == {*against.reasons()}


def test_every_reason_names_an_rfc() -> None:
    assert not [name for name, text in against.reasons().items() if "RFC" not in text]
