"""Importing users: all or nothing, faults by line."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.directory import edit, user_file
from mailnode.directory.users import NewPassword
from mailnode.errors import BadImport
from tests.support.store import Store


def faults(content: bytes) -> list[int]:
    with pytest.raises(BadImport) as caught:
        user_file.parse(content)
    return [line for line, _ in caught.value.faults]


def test_columns_in_any_order_and_a_byte_order_mark() -> None:
    rows = user_file.parse('\ufeffPassword,Address,quota\r\n"a,pass""word",Anna@例子.测试,2G\r\n'.encode())
    assert [(row.address, row.password, row.quota) for row in rows] == [
        ("anna@xn--fsqu00a.xn--0zwm56d", 'a,pass"word', 2 * 1024**3)
    ]


def test_without_a_first_row_of_names() -> None:
    rows = user_file.parse(b"a@example.com,password1\n\nb@example.com,password2,Bert B.,500\n")
    assert [(row.line, row.name, row.quota) for row in rows] == [(1, "", None), (3, "Bert B.", 500)]


def test_every_fault_has_its_line() -> None:
    content = b"address,password,name,quota\na@example.com,password1\nno address,password1\nb@example.com,short\n"
    content += b"a@EXAMPLE.com,password1\nc@example.com,password1,C,-5\nd@example.com,password1,D,1,more\n"
    assert faults(content) == [3, 4, 5, 6, 7]


def test_columns_that_are_not_known() -> None:
    assert faults(b"address,passwort\na@example.com,password1\n") == [1]
    assert faults(b"address,name\na@example.com,password1\n") == [1]


def test_not_utf8_and_not_csv() -> None:
    assert faults(b"address,password\na@example.com,\xff\n") == [2]
    assert faults(b'a@example.com,"password1') == [1]


def test_one_fault_keeps_all_out(store: Store) -> None:
    rows = user_file.parse(b"a@example.com,password1\nb@example.net,password1\nc@example.com,password1\n")
    with store.write() as tx:
        edit.create_domain(tx, "example.com", keys=())
        edit.create_user(tx, "c@example.com", password_hash="")
    with pytest.raises(BadImport) as caught, store.write() as tx:
        user_file.load(tx, rows, [NewPassword("x", "y")] * 3)
    assert [line for line, _ in caught.value.faults] == [2, 3]
    with store.read() as tx:
        assert [user.address for user in edit.users(tx)] == ["c@example.com"]


def test_all_of_them(store: Store) -> None:
    rows = user_file.parse(b"a@example.com,password1,Anna\nb@example.com,password2,,1K\n")
    steps: list[tuple[int, int]] = []
    hashes = user_file.hash_all(rows, 2, lambda done, total: steps.append((done, total)))
    with store.write() as tx:
        edit.create_domain(tx, "example.com", keys=())
        assert len(user_file.load(tx, rows, hashes)) == 2
        assert [(user.display_name, user.quota_bytes) for user in edit.users(tx)] == [("Anna", None), ("", 1024)]
    assert steps == [(1, 2), (2, 2)]


@given(st.binary(max_size=200) | st.text('a@.,"\n\r x1', max_size=60).map(str.encode))
def test_any_bytes_are_rows_or_faults(content: bytes) -> None:
    with contextlib.suppress(BadImport):
        assert all(row.line > 0 for row in user_file.parse(content))
