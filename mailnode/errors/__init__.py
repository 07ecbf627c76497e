"""The two kinds of error that are not our bugs, and everything the world is told about them.

*ProtocolError*: the peer's syntax is wrong. ``proto`` and ``message`` raise it; a door answers
BAD, -ERR or 5xx, or closes.

*MailError*: a rule said no. Each rule is a class in this package, with an enhanced status (RFC 3463), an HTTP
status, a kind (the last part of the problem type, RFC 9457) and one public sentence that says what
was refused and what to do. These are set here and nowhere else; the private cause travels in
``raise ... from``.

Anything else that is raised is our bug: logged with its traceback, and answered 451,
NO [SERVERBUG] or 500 without detail. Doors translate; the core knows no door.
"""

from __future__ import annotations

from mailnode.errors.directory import (
    AddressTaken,
    AddressUnavailable,
    AliasLoop,
    BadAddress,
    BadCredentials,
    BadDomainName,
    BadImport,
    BadQuota,
    BadTargets,
    ChangedMeanwhile,
    DomainInUse,
    DomainTaken,
    LastAdministrator,
    LoginThrottled,
    NoSuchDomain,
    NoSuchRegistration,
    NotYourAddress,
    RegistrationClosed,
    TooManyRegistrations,
    UnknownAlias,
    UnknownUser,
    UserDisabled,
    WeakPassword,
)
from mailnode.errors.kinds import MailError, ProtocolError
from mailnode.errors.queue import (
    AlreadySent,
    NoRecipients,
    NoSuchDraft,
    NoSuchQueueEntry,
    NoSuchSubmission,
    NoSuchUpload,
    NotDelivered,
    UnknownRecipient,
    UploadsTooLarge,
)
from mailnode.errors.store import (
    BadMailboxName,
    FixedMailbox,
    MailboxExists,
    MaildropInUse,
    MessageTooLarge,
    NoSuchMailbox,
    NoSuchMessage,
    OverQuota,
    StoreBusy,
    StoreDamaged,
    StoreFull,
    TooManyMailboxes,
    TooManyMessages,
    UnknownEncoding,
)
from mailnode.errors.web import (
    CaptchaFailed,
    CsrfFailed,
    Forbidden,
    ImageRefused,
    ImageUnavailable,
    NoSuchSession,
    NotConfirmed,
    Unauthorized,
)

__all__ = [
    "AddressTaken",
    "AddressUnavailable",
    "AliasLoop",
    "AlreadySent",
    "BadAddress",
    "BadCredentials",
    "BadDomainName",
    "BadImport",
    "BadMailboxName",
    "BadQuota",
    "BadTargets",
    "CaptchaFailed",
    "ChangedMeanwhile",
    "CsrfFailed",
    "DomainInUse",
    "DomainTaken",
    "FixedMailbox",
    "Forbidden",
    "ImageRefused",
    "ImageUnavailable",
    "LastAdministrator",
    "LoginThrottled",
    "MailError",
    "MailboxExists",
    "MaildropInUse",
    "MessageTooLarge",
    "NoRecipients",
    "NoSuchDomain",
    "NoSuchDraft",
    "NoSuchMailbox",
    "NoSuchMessage",
    "NoSuchQueueEntry",
    "NoSuchRegistration",
    "NoSuchSession",
    "NoSuchSubmission",
    "NoSuchUpload",
    "NotConfirmed",
    "NotDelivered",
    "NotYourAddress",
    "OverQuota",
    "ProtocolError",
    "RegistrationClosed",
    "StoreBusy",
    "StoreDamaged",
    "StoreFull",
    "TooManyMailboxes",
    "TooManyMessages",
    "TooManyRegistrations",
    "Unauthorized",
    "UnknownAlias",
    "UnknownEncoding",
    "UnknownRecipient",
    "UnknownUser",
    "UploadsTooLarge",
    "UserDisabled",
    "WeakPassword",
]
