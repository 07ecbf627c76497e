"""What our server and Debian's Dovecot say of the same messages, and where they differ.

``python -m tests.corpus.against_dovecot [--write]`` lists every difference as a row of ``dovecot.md``, with the reason
that stands there, and "?" where there is none; ``--write`` puts the list into that file. A difference is one leaf of
ENVELOPE, BODY or BODYSTRUCTURE, one number, or the octets of sections.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailnode.imap import serve
from tests.corpus.letters import letters
from tests.support import imap_reader, imap_shape
from tests.support.dovecot import Dovecot
from tests.support.imap_reader import Conversation, HungUp, No, Value
from tests.support.imapd import PASSWORD, ReadingServer

TABLE = Path(__file__).parent / "dovecot.md"
WHOLE = (b"RFC822.SIZE", b"ENVELOPE", b"BODY", b"BODYSTRUCTURE")
SECTIONS = (
    *(
        "[]",
        "[HEADER]",
        "[TEXT]",
        "[HEADER.FIELDS (Subject X-None date)]",
        "[HEADER.FIELDS (SUBJECT From to)]",
        "[HEADER.FIELDS.NOT (Subject X-None date)]",
    ),
    *("[]<0.10>", "[]<7.1000000>", "[TEXT]<2.3>", "[]<99999999.1>", "[HEADER.FIELDS (To)]<1.4>"),
)
NOWHERE = ("[99]", "[1.99.1]")  # asked of one message only
OF_PART = ("[{}]", "[{}.MIME]", "[{}]<1.2>")
OF_MESSAGE = ("[{}.HEADER]", "[{}.TEXT]", "[{}.HEADER.FIELDS (SUBJECT)]")
MOST_PARTS = 12  # of one message, from the front and the end together
SHOWN = 60  # characters of a value in the table


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    message: str
    item: str
    ours: str
    theirs: str


def differences() -> list[Difference]:
    """All of them, in the order of the corpus."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with ReadingServer(serve, folder / "ours") as server:
            user = server.add_user()
            ours = Side(lambda: imap_reader.connect("127.0.0.1", server.port, user.address, PASSWORD))
            theirs = Side(Dovecot(folder / "dovecot").connect)
            try:
                return [*_compare(ours, theirs)]
            finally:
                ours.conversation.close()
                theirs.conversation.close()


class Side:
    """One of the two servers; a connection that it hung up is opened again."""

    def __init__(self, connect: Callable[[], Conversation]) -> None:
        self._connect = connect
        self.open()

    def open(self) -> None:
        self.conversation = self._connect()
        self.conversation.command(b"SELECT INBOX")

    def append(self, raw: bytes) -> str:
        """How it was refused; empty when it was not."""
        try:
            self.conversation.command(b"APPEND INBOX", raw)
        except No as error:
            return str(error).split()[1]
        return ""

    def say(self, uid: int, items: Sequence[str]) -> list[Value]:
        """The values of the items; where they are refused together, each alone, or the kind of refusal."""
        asked = [item.replace("[", ".PEEK[", 1) if "SIZE" not in item else item for item in items]
        try:
            said = self.conversation.fetch(uid, " ".join(asked).encode())
            by_name = {name.upper(): value for name, value in said.items()}
            return [by_name[_answered(item)] for item in items]
        except No as error:
            if len(items) > 1:
                return [self.say(uid, [item])[0] for item in items]
            return [" ".join(str(error).split()[1:3]).encode()]  # NO and its code; the words may differ
        except HungUp:
            self.conversation.close()
            self.open()
            return [self.say(uid, [item])[0] for item in items] if len(items) > 1 else [b"hangs up"]


def _answered(item: str) -> bytes:
    """The name of the item in the answer: it says where a piece begins, not how long it may be."""
    return re.sub(r"<(\d+)\.\d+>$", r"<\1>", item).upper().encode()


def _compare(ours: Side, theirs: Side) -> Iterator[Difference]:
    for uid, (name, raw) in enumerate(letters().items(), 1):
        taken = [server.append(raw) for server in (ours, theirs)]
        if taken[0] != taken[1]:
            yield Difference(name, "APPEND", *taken)
        if any(taken):
            for server, refusal in zip((ours, theirs), taken, strict=True):
                if refusal:  # so that both have the same uids
                    server.append(b"nothing\r\n")
        if not any(taken):
            yield from _of_message(ours, theirs, uid, name)


def _of_message(ours: Side, theirs: Side, uid: int, name: str) -> Iterator[Difference]:
    said, heard = (server.conversation.fetch(uid, b" ".join(WHOLE)) for server in (ours, theirs))
    rows: dict[tuple[str, str, str], list[str]] = {}
    for item in WHOLE:
        for leaf, one, other in imap_shape.differing(_leaves(item, said[item]), _leaves(item, heard[item])):
            rows.setdefault((leaf, shown(one), shown(other)), []).append(item.decode())
    for (leaf, one, other), items in rows.items():
        yield Difference(name, f"{', '.join(items)}: {leaf}" if leaf else items[0], one, other)
    wanted = [*_wanted(said[b"BODY"], heard[b"BODY"]), *(NOWHERE if name == "plain" else ())]
    unlike = [*_sections(ours, theirs, uid, wanted)]
    if unlike:
        names = ", ".join(item for item, _, _ in unlike[:8]) + (f" and {len(unlike) - 8} more" if unlike[8:] else "")
        yield Difference(name, names, *map(shown, unlike[0][1:]))


def _leaves(item: bytes, value: Value) -> imap_shape.Leaves:
    if item == b"ENVELOPE":
        return imap_shape.envelope(value)
    return {"": value} if item == b"RFC822.SIZE" else imap_shape.structure(value)


def _wanted(*bodies: Value) -> Iterator[str]:
    """The sections to ask for: of the message, and of the parts that either server sees."""
    yield from SECTIONS
    for body in bodies:
        messages = {at.replace(" in", "") or "1" for at, part in imap_shape.walk(body) if imap_shape.is_message(part)}
        found = imap_shape.numbers(body)
        for number in dict.fromkeys([*found[: MOST_PARTS // 2], *found[-MOST_PARTS // 2 :]]):
            yield from (form.format(number) for form in OF_PART)
            if number in messages:
                yield from (form.format(number) for form in OF_MESSAGE)
            yield f"BINARY[{number}]"
            yield f"BINARY.SIZE[{number}]"


def _sections(ours: Side, theirs: Side, uid: int, wanted: Sequence[str]) -> Iterator[tuple[str, Value, Value]]:
    items = [item if item.startswith("BINARY") else f"BODY{item}" for item in dict.fromkeys(wanted)]
    for item, one, other in zip(items, ours.say(uid, items), theirs.say(uid, items), strict=True):
        if one != other:
            yield item, one, other


def shown(value: Value) -> str:
    """A value in the table: the beginning of it, in one line."""
    text = repr(value) if not isinstance(value, bytes) else repr(value)[1:]
    text = text.replace("|", "¦").replace("`", "´")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)})"


# The file beside this one.

_ROW = re.compile(
    r"^\| (?P<message>.+?) \| (?P<item>.+?) \| `(?P<ours>.*?)` \| `(?P<theirs>.*?)` \| (?P<why>.+?) \|$", re.M
)
_REASON = re.compile(r"^- \*\*(?P<name>[^*]+)\*\*: (?P<text>.+?)$", re.M)


def justified() -> dict[Difference, str]:
    """The rows of the table, with the name of the reason."""
    rows = _ROW.finditer(TABLE.read_text(encoding="utf-8"))
    return {Difference(row["message"], row["item"], row["ours"], row["theirs"]): row["why"] for row in rows}


def reasons() -> dict[str, str]:
    """The reasons of the file by name: each says what the RFC says."""
    return {found["name"]: found["text"] for found in _REASON.finditer(TABLE.read_text(encoding="utf-8"))}


def listed(found: Sequence[Difference], known: dict[Difference, str]) -> str:
    by_place = {(one.message, one.item): why for one, why in known.items()}
    lines = [
        f"| {one.message} | {one.item} | `{one.ours}` | `{one.theirs}` | {by_place.get((one.message, one.item), '?')} |"
        for one in found
    ]
    return "\n".join(lines)


def main() -> int:
    rows = listed(differences(), justified())
    if "--write" in sys.argv:
        head, mark, _ = TABLE.read_text(encoding="utf-8").partition("| --- | --- | --- | --- | --- |\n")
        TABLE.write_text(f"{head}{mark}{rows}\n", encoding="utf-8")
    else:
        print(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
