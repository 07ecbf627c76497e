"""Whatever is sent to a living server is answered, never by SERVERBUG, and the next command is understood."""

from __future__ import annotations

import socket
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.imapd import PASSWORD, ReadingServer, mail


def one(*choices: str) -> st.SearchStrategy[str]:
    return st.sampled_from(choices)


def fill(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(template.format, *parts)


MANY_KEYWORDS = " ".join(f"k{number}" for number in range(150))
HUGE = "9223372036854775807"

sets = one("1", "*", "1:*", "*:1", "2:4294967295", "4294967295", "1,3,5:7,*", "9")
names = one("INBOX", "inbox", "Sent", "New", "New/Sub", "a//b", "/", "&ZeVnLIqe-", '"with space"', "x" * 300)
flags = one("()", "(\\Seen)", "\\Deleted $Junk", "(a b c A)", f"({MANY_KEYWORDS})")
days = one("1-Jan-0001", "31-Dec-9999", "4-Nov-2021", '"29-Feb-2024"')
strings = one('""', "a", '"Message 1"', '"%"', '"_"', '"\\\\"', "{3+}\r\n\xff\xfe\x00", '"ä"', "NIL", '"* ?"')
items = one(
    *["ALL", "FULL", "(UID MODSEQ)", "BODY[]", "BODY.PEEK[]<0.4294967295>", "BODY[1.1.1.MIME]", "BINARY[]"],
    *["BINARY.SIZE[1]", "BODY[HEADER.FIELDS (a b)]", 'BODY[HEADER.FIELDS ("%s" Subject)]', "(BODY)", "RFC822 BODY"],
    *["BODY[HEADER.FIELDS.NOT (a)]<9.9>", "RFC822.SIZE", f"(FLAGS) (CHANGEDSINCE {HUGE})", "FLAGS (CHANGEDSINCE 0)"],
)
keys = st.recursive(
    fill("{} {}", one("SUBJECT", "FROM", "TO", "BODY", "TEXT", "HEADER x-y", "KEYWORD"), strings)
    | fill("{} {}", one("SINCE", "BEFORE", "ON", "SENTON", "SENTSINCE"), days)
    | fill("{} {}", one("LARGER", "SMALLER", "MODSEQ"), one("0", HUGE))
    | fill("{} {}", one("OLDER", "YOUNGER"), one("1", "4294967295"))
    | one("ALL", "RECENT", "NEW", "UNSEEN", "1:*", "UID 1:*", "UID 4294967295", "KEYWORD a"),
    lambda inner: fill("NOT {}", inner) | fill("OR {} {}", inner, inner) | fill("({} {})", inner, inner),
    max_leaves=6,
)
uid = one("", "UID ")
commands = (
    fill("{}FETCH {} {}", uid, sets, items)
    | fill("{}STORE {} {} {}", uid, sets, one("FLAGS", "+FLAGS", "-FLAGS.SILENT"), flags)
    | fill("{}STORE {} (UNCHANGEDSINCE {}) FLAGS ()", uid, sets, one("0", "1", HUGE))
    | fill("{}SEARCH {}", uid, keys)
    | fill("{}SEARCH RETURN ({}) {}", uid, one("", "ALL", "MIN MAX COUNT"), keys)
    | fill("{}{} {} {}", uid, one("COPY", "MOVE"), sets, names)
    | fill("{} {}", one("CREATE", "DELETE", "SELECT", "EXAMINE", "SUBSCRIBE", "UNSUBSCRIBE"), names)
    | fill("RENAME {} {}", names, names)
    | fill("STATUS {} (MESSAGES DELETED SIZE HIGHESTMODSEQ RECENT)", names)
    | fill('LIST "" {} RETURN (SUBSCRIBED STATUS (UNSEEN))', one("*", "%", "N*%b", '""'))
    | fill("APPEND {} {} {}", names, flags, one("{2+}\r\nab", "{0+}\r\n", "{1+}\r\n\x00"))
    | one("EXPUNGE", "UID EXPUNGE 1:*", "CLOSE", "UNSELECT", "CHECK", "NOOP", "IDLE\r\nDONE", "GETQUOTA x")
    | st.text(st.characters(exclude_characters="\r\n{"), max_size=40)
)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(commands, min_size=1, max_size=20))
def test_every_command_is_answered(server: ReadingServer, script: list[str]) -> None:
    user = server.add_user()
    for number in range(1, 6):
        server.deliver(user.id, mail(number))
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as conn, conn.makefile("rb") as lines:
        conn.sendall(f"in LOGIN {user.address} {PASSWORD}\r\nsel SELECT INBOX\r\n".encode())
        read_to(lines, b"sel ")
        for command in script:
            conn.sendall(b"t " + command.encode("latin-1", "replace") + b"\r\n")
            conn.sendall(b"after NOOP\r\n")
            for line in read_to(lines, b"after "):
                assert b"SERVERBUG" not in line, (command, line)


def read_to(lines: Any, tag: bytes) -> list[bytes]:
    """Lines up to the one with the tag; literals are passed over unread where they hold whole lines."""
    found: list[bytes] = []
    while not found or not found[-1].startswith(tag):
        found.append(lines.readline())
        assert found[-1], found[-3:]
    return found
