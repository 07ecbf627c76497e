"""One command from one frame.

    command = tag SP (command-any / command-auth / command-nonauth / command-select) CRLF      RFC 9051 §9

``parse`` raises ProtocolError for whatever is not in the grammar; ``framing.tag_of`` still finds the tag for the BAD.
Whether a command is allowed now is for the session to say.
"""

from __future__ import annotations

from collections.abc import Callable

from mailnode.errors import ProtocolError
from mailnode.proto.imap import commands as c
from mailnode.proto.imap.cursor import Cursor
from mailnode.proto.imap.framing import Frame
from mailnode.proto.imap.parse_access import parse_authenticate, parse_compress, parse_enable, parse_id, parse_login
from mailnode.proto.imap.parse_fetch import parse_fetch
from mailnode.proto.imap.parse_list import parse_list, parse_lsub
from mailnode.proto.imap.parse_mailbox import (
    parse_create,
    parse_delete,
    parse_examine,
    parse_get_quota,
    parse_get_quota_root,
    parse_rename,
    parse_select,
    parse_status,
    parse_subscribe,
    parse_unsubscribe,
)
from mailnode.proto.imap.parse_message import (
    parse_append,
    parse_copy,
    parse_expunge,
    parse_move,
    parse_replace,
    parse_store,
    parse_uid_expunge,
)
from mailnode.proto.imap.parse_metadata import parse_get_metadata, parse_set_metadata
from mailnode.proto.imap.parse_multisearch import parse_multisearch
from mailnode.proto.imap.parse_notify import parse_cancel_update, parse_notify
from mailnode.proto.imap.parse_search import parse_search
from mailnode.proto.imap.parse_sharing import (
    parse_delete_acl,
    parse_get_acl,
    parse_list_rights,
    parse_my_rights,
    parse_set_acl,
)
from mailnode.proto.imap.parse_sort import parse_sort, parse_thread

_BARE: dict[str, type[c.Command]] = {
    "CAPABILITY": c.Capability,
    "NOOP": c.Noop,
    "LOGOUT": c.Logout,
    "STARTTLS": c.StartTls,
    "NAMESPACE": c.Namespace,
    "CHECK": c.Check,
    "CLOSE": c.Close,
    "UNSELECT": c.Unselect,
    "IDLE": c.Idle,
    "UNAUTHENTICATE": c.Unauthenticate,
}

_WITH_ARGUMENTS: dict[str, Callable[[str, Cursor], c.Command]] = {
    "ID": parse_id,
    "ENABLE": parse_enable,
    "COMPRESS": parse_compress,
    "ESEARCH": parse_multisearch,
    "LOGIN": parse_login,
    "AUTHENTICATE": parse_authenticate,
    "LIST": parse_list,
    "LSUB": parse_lsub,
    "STATUS": parse_status,
    "SELECT": parse_select,
    "EXAMINE": parse_examine,
    "CREATE": parse_create,
    "DELETE": parse_delete,
    "RENAME": parse_rename,
    "SUBSCRIBE": parse_subscribe,
    "UNSUBSCRIBE": parse_unsubscribe,
    "APPEND": parse_append,
    "GETQUOTA": parse_get_quota,
    "GETQUOTAROOT": parse_get_quota_root,
    "EXPUNGE": parse_expunge,
    "NOTIFY": parse_notify,
    "CANCELUPDATE": parse_cancel_update,
    "GETMETADATA": parse_get_metadata,
    "SETMETADATA": parse_set_metadata,
    "SETACL": parse_set_acl,
    "DELETEACL": parse_delete_acl,
    "GETACL": parse_get_acl,
    "LISTRIGHTS": parse_list_rights,
    "MYRIGHTS": parse_my_rights,
}

_BY_NUMBER: dict[str, Callable[..., c.Command]] = {
    "FETCH": parse_fetch,
    "STORE": parse_store,
    "SEARCH": parse_search,
    "SORT": parse_sort,
    "THREAD": parse_thread,
    "COPY": parse_copy,
    "MOVE": parse_move,
    "REPLACE": parse_replace,
}


def parse(frame: Frame, *, utf8: bool = False) -> c.Command:
    """The command that the frame holds; ``utf8`` when mailbox names are written so.

    Raises ProtocolError; ``BadCharset`` for SEARCH in an unknown charset, BadMailboxName for what names no mailbox.
    """
    args = Cursor(frame, utf8=utf8)
    tag = args.tag()
    args.space()
    name = args.word()
    if name in _BARE:
        args.end()
        return _BARE[name](tag)
    if name in _WITH_ARGUMENTS:
        return _WITH_ARGUMENTS[name](tag, args)
    by_uid = name == "UID"
    if by_uid:
        args.space()
        name = args.word()
        if name == "EXPUNGE":
            return parse_uid_expunge(tag, args)
    if name in _BY_NUMBER:
        return _BY_NUMBER[name](tag, args, by_uid=by_uid)
    raise ProtocolError(f"There is no command {name[:40]}")
