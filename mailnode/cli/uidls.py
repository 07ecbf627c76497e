"""`mailnode user uidls`: the unique ids that a user's mail had at the POP3 server where it came from."""

from __future__ import annotations

from argparse import Namespace

from sqlalchemy.orm import Session

from mailnode.cli.language import Text
from mailnode.cli.opened import opened
from mailnode.directory import edit
from mailnode.errors import BadUidl
from mailnode.store import uidls

SET = Text(
    "Set {number} unique ids of {address}",
    "已为 {address} 设置 {number} 个唯一标识",
    one="Set {number} unique id of {address}",
)
BAD_LINE = Text("{file}:{line}: a line is UID,UIDL", "{file}:{line}：每行应为 UID,UIDL")
TWICE = Text("{file}:{line}: the uid {uid} stands there twice", "{file}:{line}：UID {uid} 重复")

HEADING = "uid,uidl"


def load(chosen: Namespace) -> None:
    """All or none. Raises BadUidl, NoSuchMessage, UnknownUser."""
    wanted = parse(chosen.file.read_bytes(), str(chosen.file))

    def step(tx: Session) -> str:
        user = edit.user(tx, chosen.address)
        uidls.set_imported(tx, user.id, wanted)
        return user.address

    with opened() as home:
        address = home.write(step)
    print(SET(number=len(wanted), address=address))


def parse(content: bytes, file: str) -> dict[int, str]:
    """Lines of ``uid,uidl``, where an id may itself hold commas; blank lines and a heading count for nothing.

    Raises BadUidl."""
    found: dict[int, str] = {}
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip() or (number == 1 and line.strip().lower() == HEADING):
            continue
        uid, comma, uidl = line.strip().partition(",")
        if not comma or not (uid.isascii() and uid.isdigit()) or not 0 < int(uid[:11]) < 1 << 32:
            raise BadUidl(BAD_LINE(file=file, line=number))
        if int(uid) in found:
            raise BadUidl(TWICE(file=file, line=number, uid=uid))
        found[int(uid)] = uidl
    return found
