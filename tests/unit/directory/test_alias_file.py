"""Reading /etc/aliases files."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailnode.directory import alias_file, edit, lookup
from tests.support.store import Store

DEBIAN = b"""# See man 5 aliases for format

mailer-daemon: postmaster
postmaster:    root
root: anna,
\tbert@example.org ,  # no comment here
webmaster: "Anna" , \\anna
news: |/usr/bin/inject
"odd name": anna
archive: /var/mail/archive, anna
staff: :include:/etc/staff
this is nothing
empty:
"""


def test_names_targets_continuations_and_quotes() -> None:
    content = alias_file.parse(DEBIAN)
    assert {entry.name: entry.targets for entry in content.entries} == {
        "mailer-daemon": ("postmaster",),
        "postmaster": ("root",),
        "root": ("anna", "bert@example.org", "# no comment here"),
        "webmaster": ("Anna", "anna"),
        "odd name": ("anna",),
        "archive": ("anna",),
    }


def test_what_cannot_be_taken_is_named_by_line() -> None:
    assert alias_file.parse(DEBIAN).not_taken == (
        (8, "programs are not run: |/usr/bin/inject"),
        (10, "files are not written: /var/mail/archive"),
        (11, "lists in files are not read: :include:/etc/staff"),
        (12, "this is not name: target, target"),
        (13, "there is no target"),
    )


def test_the_rest_is_taken_and_a_second_time_changes_nothing(store: Store) -> None:
    content = alias_file.parse(b"a: anna\nanna: x\nb: a, x@example.org\nc: d\nd: c\nup@EXAMPLE.com: anna\n")
    with store.write() as tx:
        edit.create_domain(tx, "example.com", keys=())
        edit.create_user(tx, "anna@example.com", password_hash="")
        for _ in range(2):
            loaded = alias_file.load(tx, content, "example.com")
            assert loaded.taken == 4
            assert [line for line, _ in loaded.not_taken] == [2, 5]
        assert lookup.expand(tx, "b@example.com").remote == ("x@example.org",)
        assert [one.address for one in edit.aliases(tx)] == [f"{name}@example.com" for name in ("a", "b", "c", "up")]


@given(st.binary(max_size=300) | st.text('ab:,|"\\ \n\t#/@', max_size=80).map(str.encode))
def test_any_bytes_are_read_or_named(content: bytes) -> None:
    alias_file.parse(content)


def test_hostile_quotes_take_no_time() -> None:
    alias_file.parse(b"a: " + b'"\\' * 100_000)
    alias_file.parse(b'"' * 200_000)
    alias_file.parse(b"a: " + b"b," * 100_000)
