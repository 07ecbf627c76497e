"""Lines of uids and flags that are made a thousand at a time are those that are written one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailnode.imap import fetch_rows, flag_lines
from mailnode.imap.flag_text import flag_text
from mailnode.imap.selected import Selected
from mailnode.proto.imap.commands import Attribute
from mailnode.store import entries, messages
from mailnode.store.flags import flags
from mailnode.store.snapshot import Alike
from tests.support.store import Store
from tests.unit.store.conftest import add_user
from tests.unit.store.mail import mail

OTHERS = st.dictionaries(st.integers(0, 2_600), st.sampled_from([(1, ""), (0, "$Work"), (3, "b c")]), max_size=12)
STARTS = st.one_of(st.integers(1, 3_100), st.sampled_from([999, 1_000, 99_500, 4_294_960_000]))


def written(plan: fetch_rows.Plan, number: int, uids: range, found: Alike, recents: tuple[int, int]) -> bytes:
    unusual = {uid: (bits, words) for uid, bits, words in found.others}
    lines = []
    for at, uid in enumerate(uids):
        bits, words = unusual.get(uid, (found.bits, found.keywords))
        text = flag_text(bits, words, recents[0] <= uid <= recents[1])
        begin = b"* %d UIDFETCH (" % uid if plan.uid_only else b"* %d FETCH (" % (number + at)
        lines.append(begin + plan.template.replace(b"%d", b"%d" % uid).replace(b"%b", text) + b")\r\n")
    return b"".join(lines)


@given(
    st.permutations([Attribute.UID, Attribute.FLAGS]),
    st.booleans(),
    STARTS,
    STARTS,
    st.integers(1, 2_600),
    OTHERS,
    st.tuples(st.integers(0, 2_600), st.integers(0, 300)),
)
def test_any_run(
    items: list[Attribute],
    uid_only: bool,
    number: int,
    uid: int,
    count: int,
    others: dict[int, tuple[int, str]],
    recent: tuple[int, int],
) -> None:
    uids = range(uid, uid + count)
    plan = fetch_rows.plan(items, uid_only=uid_only)
    found = Alike(count, 1, "x", [(uid + at, *flags) for at, flags in sorted(others.items()) if at < count])
    recents = (uid + recent[0], uid + recent[0] + recent[1] - 1)
    printed = flag_lines.printed(flag_lines.pattern(plan), number, uids, found, recents)
    assert printed == written(plan, number, uids, found, recents)


def test_what_the_store_says_counts(sqlite_store: Store) -> None:
    """Whether or not the mailbox is as the session knows it."""
    user_id = add_user(sqlite_store)
    with sqlite_store.write() as tx:
        placed = [messages.append(tx, user_id, "INBOX", mail(number)) for number in range(1, 21)]
    here = Selected(
        mailbox_id=placed[0].mailbox_id,
        name="INBOX",
        uid_validity=1,
        uids=range(1, 21),
        modseq=placed[-1].modseq,
        seen_modseq=placed[-1].modseq,
        owner_id=user_id,
    )
    plan = fetch_rows.plan([Attribute.UID, Attribute.FLAGS])
    for uid, text in ((4, b"\\Flagged"), (20, b"\\Flagged")):
        with sqlite_store.write() as tx:
            flagged = flags("\\Flagged")
            entries.set_flags(tx, user_id, here.mailbox_id, [(uid, uid)], entries.FlagMode.ADD, flagged)
        with sqlite_store.read() as tx:
            found = flag_lines.render(tx, here, 1, range(1, 21), plan)
        assert found is not None
        assert b"* %d FETCH (UID %d FLAGS (%b))\r\n" % (uid, uid, text) in found.data
    with sqlite_store.write() as tx:
        entries.expunge(tx, user_id, here.mailbox_id, [(9, 9)], only_deleted=False)
    with sqlite_store.read() as tx:
        assert flag_lines.render(tx, here, 1, range(1, 21), plan) is None
