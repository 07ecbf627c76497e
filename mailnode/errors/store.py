"""Rules about what is kept: mailboxes, messages, quotas."""

from __future__ import annotations

from mailnode.errors.kinds import MailError


class NoSuchMailbox(MailError):
    status = "5.2.1"
    http = 404
    kind = "no-such-mailbox"
    public = "There is no such mailbox"


class MailboxExists(MailError):
    http = 409
    kind = "mailbox-exists"
    public = "A mailbox of this name exists already"


class BadMailboxName(MailError):
    http = 422
    kind = "bad-mailbox-name"
    public = "A mailbox name has 1 to 255 characters, no control characters and no empty level"


class TooManyMailboxes(MailError):
    http = 409
    kind = "too-many-mailboxes"
    public = "There are too many mailboxes or subscriptions; remove some first"


class TooManyMessages(MailError):
    """More than one transaction should move: everybody else waits for it."""

    http = 409
    kind = "too-many-messages"
    public = "These are too many messages at once; take them in parts"


class NoRight(MailError):
    """The user knows of the mailbox and may not do this with it (RFC 4314 §4). RFC 3463 §3.8 (X.7.1)."""

    status = "5.7.1"
    http = 403
    kind = "no-right"
    public = "You have no right to do this with the mailbox"


class TooManyIdentifiers(MailError):
    http = 409
    kind = "too-many-identifiers"
    public = "This mailbox is shared with too many; give the right to the domain or to anyone"


class AnnotationTooLarge(MailError):
    http = 413
    kind = "annotation-too-large"
    public = "A note with a mailbox has at most 32768 octets"


class TooManyAnnotations(MailError):
    http = 409
    kind = "too-many-annotations"
    public = "There are too many notes with mailboxes; remove some first"


class FixedMailbox(MailError):
    """INBOX and mailboxes with children have their limits (RFC 9051 §6.3.5 and §6.3.6)."""

    http = 409
    kind = "fixed-mailbox"
    public = "This mailbox cannot be removed"


class NoSuchMessage(MailError):
    http = 404
    kind = "no-such-message"
    public = "There is no such message"


class BadUidl(MailError):
    """An id for POP3 that is none, or that another message has."""

    http = 422
    kind = "bad-uidl"
    public = "A unique id has 1 to 70 printable ASCII characters without blanks, and only one message has it"


class MessageTooLarge(MailError):
    status = "5.3.4"
    http = 413
    kind = "message-too-large"
    public = "The message is larger than this server takes"


class BadUrl(MailError):
    """What should become a piece of a message cannot be read. ``url`` as it is told back (RFC 4469 §4)."""

    http = 422
    kind = "bad-url"
    public = "This URL names nothing that can be read here"

    def __init__(self, url: str = "") -> None:
        super().__init__()
        self.url = url


class OverQuota(MailError):
    """The user has no room. 4.2.2 while waiting may help, 5.2.2 where the domain says so."""

    status = "4.2.2"
    http = 507
    kind = "over-quota"
    public = "The mailbox is full; delete some messages or ask for more room"


class StoreDamaged(MailError):
    """A body that a row names is not there or not whole; the cause is in the log."""

    status = "4.3.0"
    http = 503
    kind = "store-damaged"
    public = "The message cannot be read at the moment"


class StoreBusy(MailError):
    """Another process stands still with the write lock. RFC 3463 §3.4 (X.3.2)."""

    status = "4.3.2"
    http = 503
    kind = "store-busy"
    public = "The mail store is busy; try again in a minute"


class StoreFull(MailError):
    """The disk under the store is full, or takes nothing for another reason. RFC 3463 §3.4 (X.3.1)."""

    status = "4.3.1"
    http = 507
    kind = "store-full"
    public = "The server has no room for this at the moment; try again later"


class MaildropInUse(MailError):
    """RFC 1939 §4: one session a maildrop. RFC 2449 §8.1.2 (IN-USE)."""

    status = "4.2.0"
    http = 409
    kind = "maildrop-in-use"
    public = "Another session is collecting this mail; try again in a minute"


class UnknownEncoding(MailError):
    """IMAP's BINARY cannot undo what it does not know (RFC 3516 §4.3)."""

    http = 422
    kind = "unknown-encoding"
    public = "The transfer encoding of this part is not known"


class BadMoment(MailError):
    """A time that cannot be read, without a zone, or in the future."""

    http = 422
    kind = "bad-moment"
    public = "Give a time such as 2026-11-20T08:00:00+08:00 or 3d (ago), not in the future"


class NotKept(MailError):
    """The journal has forgotten what was at that time."""

    http = 410
    kind = "not-kept"
    public = "What there was at that time is no longer kept; choose a later time"
