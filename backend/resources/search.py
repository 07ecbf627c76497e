"""Search over one mailbox or all of them, in the language of the search box."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError
from sqlalchemy.orm import Session

from backend import search_language
from backend.access import caller, signed_in
from backend.extensions import reading
from backend.identifiers import message_id
from backend.resources.mailboxes import use_of
from backend.routes import Blueprint
from backend.schemas.messages import SearchOut, SearchQuery
from backend.search_language import BadQuery, Parsed
from mailnode.store import access, search
from mailnode.store.access import Seen
from mailnode.store.mailboxes import MailboxRow

bp = Blueprint("search", __name__, url_prefix="/search", description="Finding messages")
NOT_ASKED = ("junk", "trash")


@bp.get("")
@signed_in
@bp.arguments(SearchQuery, location="query")
@bp.response(200, SearchOut)
def find(query: dict[str, Any]) -> dict[str, object]:
    """The ids of what matches, newest first, the caller's own before those of each other owner.

    Without ``mailbox`` or ``in:`` all of the caller's own mailboxes but Junk and Trash.
    """
    try:
        parsed = search_language.parse(query["q"], utc_offset=query["utc_offset"])
    except BadQuery as error:
        raise ValidationError({"q": [str(error)]}) from error
    tx, limit = reading(), query["limit"]
    chosen = _mailboxes(tx, parsed, query["mailbox"])
    found: list[tuple[int, int]] = []
    for owner_id in dict.fromkeys(seen.owner_id for seen in chosen):
        inside = [seen.id for seen in chosen if seen.owner_id == owner_id]
        found += search.find_in(tx, owner_id, inside, parsed.query, newest_first=True)
    ids = [message_id(*one) for one in found[:limit]]
    return {"ids": ids, "total": len(found), "more": len(found) > limit, "words": parsed.words}


def _mailboxes(tx: Session, parsed: Parsed, mailbox_id: int | None) -> list[Seen]:
    """Where to look. Raises NoSuchMailbox and NoRight for an id that the caller may not read."""
    if mailbox_id is not None:
        tree = [access.by_id(tx, caller(), mailbox_id, "r")]
    elif parsed.inside:
        tree = [seen for seen in _readable(tx) if any(_is_called(seen.row, name) for name in parsed.inside)]
    else:
        tree = [seen for seen in _readable(tx) if seen.is_own and use_of(seen.row) not in NOT_ASKED]
    return [seen for seen in tree if not any(_is_called(seen.row, name) for name in parsed.outside)]


def _readable(tx: Session) -> list[Seen]:
    return [seen for seen in access.tree(tx, caller()) if seen.row.selectable and "r" in seen.access.rights]


CHINESE_USES = {
    "收件箱": "inbox",
    "草稿": "drafts",
    "草稿箱": "drafts",
    "已发送": "sent",
    "垃圾邮件": "junk",
    "已删除": "trash",
    "废纸篓": "trash",
    "归档": "archive",
}


def _is_called(row: MailboxRow, name: str) -> bool:
    """By its path, by its last level, or by its special use in either language."""
    wanted = name.casefold()
    if wanted in ("anywhere", "全部"):
        return True
    path = row.name.casefold()
    return wanted in (path, path.rpartition("/")[2], use_of(row)) or CHINESE_USES.get(name, "?") == use_of(row)
