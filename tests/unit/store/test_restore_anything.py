"""Whatever a client does, everything can be put back as it was, and nothing that came since is lost."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from mailnode.errors import MailError
from mailnode.store import check, entries, mailboxes, messages, ranges, restore
from mailnode.store.entries import FlagMode
from mailnode.store.flags import DELETED, SEEN, Flags
from mailnode.store.rewind import Aim
from tests.support.examples import examples
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import fill, mail
from tests.unit.store.past import BEFORE, make_past, put_back, seen
from tests.unit.store.test_check import Hands

NUMBERS = itertools.count(1)
NAMES = ("INBOX", "Archive", "Work", "Work/Old", "New", "New/Deep")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["flag", "clear", "copy", "move", "expunge", "append", "create", "rename", "remove", "inbox"]),
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.sets(st.integers(1, 9), max_size=5),
    ),
    max_size=12,
)


def do(tx: Session, user_id: int, step: tuple[str, str, str, set[int]]) -> None:
    what, name, other, uids = step
    wanted = ranges.of(uids)

    def here() -> int:
        return mailboxes.by_name(tx, user_id, name).id

    def there() -> int:
        return mailboxes.by_name(tx, user_id, other).id

    work: dict[str, Callable[[], object]] = {
        "flag": lambda: entries.set_flags(tx, user_id, here(), wanted, FlagMode.ADD, Flags(SEEN | DELETED, "x")),
        "clear": lambda: entries.set_flags(tx, user_id, here(), wanted, FlagMode.REPLACE, Flags()),
        "copy": lambda: entries.copy(tx, user_id, here(), wanted, there()),
        "move": lambda: entries.move(tx, user_id, here(), wanted, there()),
        "expunge": lambda: entries.expunge(tx, user_id, here(), wanted, only_deleted=False),
        "append": lambda: messages.append(tx, user_id, name, mail(50 + len(uids))),
        "create": lambda: mailboxes.create(tx, user_id, name),
        "rename": lambda: mailboxes.rename(tx, user_id, name, other),
        "remove": lambda: entries.remove_mailbox(tx, user_id, name),
        "inbox": lambda: entries.rename_inbox(tx, user_id, other),
    }
    work[what]()


@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_everything_is_put_back(sqlite_store: Store, steps: list[tuple[str, str, str, set[int]]]) -> None:
    store, user_id = sqlite_store, add_user(sqlite_store, f"u{next(NUMBERS)}")
    with store.write() as tx:
        mailboxes.create(tx, user_id, "Work/Old")
    for name in ("INBOX", "Work", "Work/Old"):
        fill(store, user_id, 4, name, Flags(0, name.replace("/", "")))
    make_past(store)
    before = seen(store, user_id)
    for step in steps:
        try:
            with store.write() as tx:
                do(tx, user_id, step)
        except MailError:
            continue
    between = seen(store, user_id)
    assert put_back(store, user_id).lost == 0
    after = seen(store, user_id)
    for name, there in before.items():
        assert Counter(there) <= Counter(after[_present_name(store, user_id, name)])
    assert _subjects(between) <= _subjects(after)
    with store.read() as tx:
        assert restore.look(tx, user_id, Aim(BEFORE)).messages == 0
    assert list(check.run(Hands(store), store.settings.data_dir, repair=False)) == []


def _present_name(store: Store, user_id: int, name: str) -> str:
    """Where the mailbox is that had this name: another one may have taken it since."""
    with store.read() as tx:
        tree = restore.look(tx, user_id, Aim(BEFORE)).tree
    return next((one.was for one in tree if one.kind == "taken" and one.name == name), name)


def _subjects(what: dict[str, list[tuple[str, int, str]]]) -> set[str]:
    return {one[0] for there in what.values() for one in there}
