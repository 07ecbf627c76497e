"""How a rule that said no is told to an IMAP client: the response code that machines read (RFC 5530)."""

from __future__ import annotations

from mailnode import errors
from mailnode.errors import MailError

_CODES: dict[type[MailError], str] = {
    errors.BadCredentials: "AUTHENTICATIONFAILED",
    errors.ActsAsAnother: "AUTHORIZATIONFAILED",
    errors.TokenExpired: "EXPIRED",
    errors.LoginThrottled: "UNAVAILABLE",
    errors.UserDisabled: "CONTACTADMIN",
    errors.NoSuchMailbox: "NONEXISTENT",
    errors.MailboxExists: "ALREADYEXISTS",
    errors.BadMailboxName: "CANNOT",
    errors.FixedMailbox: "CANNOT",
    errors.MessageTooLarge: "TOOBIG",
    errors.OverQuota: "OVERQUOTA",
    errors.NoSuchMessage: "NONEXISTENT",
    errors.UnknownEncoding: "UNKNOWN-CTE",
    errors.NoRight: "NOPERM",
    errors.TooManyMailboxes: "LIMIT",
    errors.TooManyIdentifiers: "LIMIT",
    errors.TooManyAnnotations: "METADATA TOOMANY",
    errors.AnnotationTooLarge: "METADATA MAXSIZE 32768",
    errors.TooManyMessages: "LIMIT",
    errors.StoreBusy: "UNAVAILABLE",
    errors.StoreDamaged: "UNAVAILABLE",
    errors.StoreFull: "UNAVAILABLE",
}


def code_of(error: MailError, *, try_create: bool = False) -> str | None:
    """The code, or None. ``try_create``: the command would succeed once the mailbox was made (RFC 9051 §7.1)."""
    if isinstance(error, errors.BadUrl):
        return f"BADURL {error.url}"
    if try_create and isinstance(error, errors.NoSuchMailbox):
        return "TRYCREATE"
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), None)
