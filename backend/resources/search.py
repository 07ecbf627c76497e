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
from mailnode.store import mailboxes, search
from mailnode.store.mailboxes import MailboxRow

bp = Blueprint("search", __name__, url_prefix="/search", description="Finding messages")
NOT_ASKED = ("junk", "trash")


@bp.get("")
@signed_in
@bp.arguments(SearchQuery, location="query")
@bp.response(200, SearchOut)
def find(query: dict[str, Any]) -> dict[str, object]:
    """The ids of what matches, newest first. Without ``mailbox`` or ``in:`` all but Junk and Trash."""
    try:
        parsed = search_language.parse(query["q"], utc_offset=query["utc_offset"])
    except BadQuery as error:
        raise ValidationError({"q": [str(error)]}) from error
    tx, user_id, limit = reading(), caller().user_id, query["limit"]
    chosen = _mailboxes(tx, user_id, parsed, query["mailbox"])
    found = search.find_in(tx, user_id, chosen, parsed.query, newest_first=True) if chosen else []
    ids = [message_id(*one) for one in found[:limit]]
    return {"ids": ids, "total": len(found), "more": len(found) > limit, "words": parsed.words}


def _mailboxes(tx: Session, user_id: int, parsed: Parsed, mailbox_id: int | None) -> list[int]:
    """Where to look. Raises NoSuchMailbox for an id that is not the caller's."""
    rows = [row for row in mailboxes.tree(tx, user_id) if row.selectable]
    if mailbox_id is not None:
        rows = [mailboxes.by_id(tx, user_id, mailbox_id)]
    elif parsed.inside:
        rows = [row for row in rows if any(_is_called(row, name) for name in parsed.inside)]
    else:
        rows = [row for row in rows if use_of(row) not in NOT_ASKED]
    return [row.id for row in rows if not any(_is_called(row, name) for name in parsed.outside)]


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
