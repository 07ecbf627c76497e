"""Rules about what is to leave: drafts, submissions, the queue."""

from __future__ import annotations

from mailnode.errors.kinds import MailError


class NoSuchQueueEntry(MailError):
    http = 404
    kind = "no-such-queue-entry"
    public = "There is no such message in the queue"


class AlreadySent(MailError):
    http = 409
    kind = "already-sent"
    public = "The message has been sent already"


class NoRecipients(MailError):
    """RFC 5321 §3.3: a transaction has at least one recipient."""

    status = "5.5.1"
    http = 422
    kind = "no-recipients"
    public = "The message has no recipients"


class NotDelivered(MailError):
    """A delivery step ended for good or for now, and nothing was kept."""

    kind = "not-delivered"

    def __init__(self, status: str, public: str) -> None:
        super().__init__(public)
        self.status = status


class UnknownRecipient(MailError):
    status = "5.1.1"
    http = 422
    kind = "no-such-recipient"
    public = "There is no such user here to send to"


class NoSuchDraft(MailError):
    http = 404
    kind = "no-such-draft"
    public = "There is no such draft"


class NoSuchUpload(MailError):
    http = 404
    kind = "no-such-upload"
    public = "There is no such upload; it may be older than a day"


class UploadsTooLarge(MailError):
    """RFC 3463 §3.4 (X.3.4)."""

    status = "5.3.4"
    http = 413
    kind = "too-large"
    public = "The message would be larger than this server sends"


class NoSuchSubmission(MailError):
    http = 404
    kind = "no-such-submission"
    public = "There is no such message waiting to be sent"


class SendingLimited(MailError):
    """RFC 3463 §3.8 (X.7.1): a rule of this site, and the same may succeed later."""

    status = "4.7.1"
    http = 429
    kind = "sending-limited"
    public = "You have sent as much as you may for now; try again later"


class BadLimit(MailError):
    http = 422
    kind = "bad-limit"
    public = "A limit is a number from 0 (no limit) to 1000000000"


class NotFrozen(MailError):
    http = 404
    kind = "not-frozen"
    public = "Nothing of this name is frozen"


class NotInQuarantine(MailError):
    http = 404
    kind = "not-in-quarantine"
    public = "There is no such message in the quarantine"


class NoSuchReport(MailError):
    http = 404
    kind = "no-such-report"
    public = "There is no such report"


class Suppressed(MailError):
    """RFC 3463 §3.2 (X.1.1): the address was bad a short while ago."""

    status = "5.1.1"
    http = 422
    kind = "suppressed"
    public = "Nothing is sent to one of these addresses for now"


class NeverSuppressed(MailError):
    http = 422
    kind = "never-suppressed"
    public = "Mail to postmaster and abuse is never held back"


class NotSuppressed(MailError):
    http = 404
    kind = "not-suppressed"
    public = "This address is not suppressed"
