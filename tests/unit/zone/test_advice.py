"""The advice on a record says the same facts in both languages."""

from __future__ import annotations

import string
from typing import get_args

import pytest

from mailnode.directory import dkim_rotation
from mailnode.zone.advice import Advice, Subject, advice
from mailnode.zone.records import Record

KEY = Record("a._domainkey.example.com", "TXT", "v=DKIM1; p=AAAA", "dkim", state=dkim_rotation.COMING)


@pytest.mark.parametrize("verdict", [one for part in get_args(Subject) for one in get_args(part) if one != "ok"])
def test_both_languages_name_the_record(verdict: Subject) -> None:
    said = advice(KEY, verdict)
    for sentence in (said.english, said.chinese):
        assert KEY.name in sentence
        assert (KEY.value in sentence) == (verdict != "unknown")
    assert said.english.isascii()
    assert not set(said.chinese) <= set(string.printable)


def test_what_is_well_needs_no_advice() -> None:
    assert advice(KEY, "ok") == Advice("", "")


def test_a_coming_key_is_explained_in_both_languages() -> None:
    said = advice(KEY, "missing")
    assert said.english.endswith("; mail is signed with this key once it is there")
    assert said.chinese.endswith("；此记录生效后即用此密钥签名邮件")
