"""Which messages belong together: mailnode.message.conversation."""

from __future__ import annotations

import pytest

from mailnode.message.conversation import MAX_IDS, base_subject, conversation_key, message_ids


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        (b"<a@b> <c@d>", ("a@b", "c@d")),
        (b"<a@b><c@d> <a@b>", ("a@b", "c@d")),
        (b'Your message of "today" <a@b>', ("a@b",)),
        (b"a@b", ("a@b",)),
        (b"no ids here", ()),
        (b"<a b> <>", ()),
        (b"", ()),
        (None, ()),
    ],
)
def test_message_ids(value: bytes | None, ids: tuple[str, ...]) -> None:
    assert message_ids(value) == ids


def test_of_very_many_ids_the_first_and_the_last_are_kept() -> None:
    ids = message_ids(b" ".join(b"<%d@x>" % number for number in range(1000)))
    assert len(ids) == MAX_IDS
    assert (ids[0], ids[-1]) == ("0@x", "999@x")


@pytest.mark.parametrize(
    "subject",
    [
        "budget",
        "Re: budget",
        "RE: Re: re:budget",
        "Fwd: FW: budget",
        "Re[2]: budget",
        "Re(3): budget",
        "[list] Re: [list] budget",
        "Re: [list] budget (fwd) (FWD)",
        "[Fwd: budget]",
        "[Fwd: Re: budget]",
        "回复: budget",
        "回复：答复：转发：budget",
        "AW: WG: budget",
        "Sv: Vs: Antw: budget",
        "  budget  ",
    ],
)
def test_base_subject(subject: str) -> None:
    assert base_subject(subject) == "budget"


@pytest.mark.parametrize("subject", ["[only a blob]", "", "Regarding: x", "Re budget", "(fwd", "中文主题"])
def test_base_subject_leaves_the_rest_alone(subject: str) -> None:
    assert base_subject(subject) == subject


def test_blanks_are_joined() -> None:
    assert base_subject("Re:  a \t b") == "a b"


def test_reply_has_the_key_of_the_first_message() -> None:
    first = conversation_key("a@x", ())
    assert conversation_key("b@x", ("a@x",)) == first
    assert conversation_key("c@x", ("a@x", "b@x")) == first
    assert conversation_key("d@x", ()) != first


def test_messages_without_ids_stand_by_their_subject() -> None:
    assert conversation_key("", (), "Re: X") == conversation_key("", (), "x")
    assert conversation_key("", (), "x") != conversation_key("", (), "y")
