"""The two kinds of error that are not our bugs, and everything the world is told about them.

*ProtocolError*: the peer's syntax is wrong. ``proto`` and ``message`` raise it; a door answers
BAD, -ERR or 5xx, or closes.

*MailError*: a rule said no. Each rule is a class here, with an enhanced status (RFC 3463), an HTTP
status, a kind (the last part of the problem type, RFC 9457) and one public sentence that says what
was refused and what to do. These are set here and nowhere else; the private cause travels in
``raise ... from``.

Anything else that is raised is our bug: logged with its traceback, and answered 451,
NO [SERVERBUG] or 500 without detail. Doors translate; the core knows no door.
"""

from __future__ import annotations


class ProtocolError(Exception):
    """The peer broke the grammar. ``str(error)`` may be shown to it; it never holds our state."""


class MailError(Exception):
    """A rule said no.

    Class attributes are the defaults of the rule; ``public`` may be given for one refusal.
    """

    status = "5.0.0"
    http = 400
    kind = "refused"
    public = "The request was refused"

    def __init__(self, public: str | None = None) -> None:
        super().__init__(public or self.public)
        if public:
            self.public = public

    @property
    def temporary(self) -> bool:
        """True where the same request may succeed later (RFC 3463 §3.1, class 4)."""
        return self.status.startswith("4")


class BadCredentials(MailError):
    """Unknown user or wrong password; never says which. RFC 4954 §6."""

    status = "5.7.8"
    http = 401
    kind = "bad-credentials"
    public = "The user name or the password is wrong"


class LoginThrottled(MailError):
    """Too many failed log-ins by this user or from this address."""

    status = "4.7.0"
    http = 429
    kind = "login-throttled"
    public = "Too many failed log-ins; wait some minutes and try again"


class UserDisabled(MailError):
    """The password is right, the user is not let in. RFC 5248 (X.7.13)."""

    status = "5.7.13"
    http = 403
    kind = "user-disabled"
    public = "This user is disabled; ask the administrator"


class BadAddress(MailError):
    """Not an address that can be made or looked up here."""

    status = "5.1.3"
    http = 422
    kind = "bad-address"
    public = "This is not a mail address"


class BadDomainName(MailError):
    status = "5.1.2"
    http = 422
    kind = "bad-domain-name"
    public = "This is not a domain name"


class NoSuchDomain(MailError):
    status = "5.1.2"
    http = 404
    kind = "no-such-domain"
    public = "There is no such domain here"


class DomainTaken(MailError):
    status = "5.1.2"
    http = 409
    kind = "domain-taken"
    public = "This domain exists already"


class DomainInUse(MailError):
    """A domain with users, aliases or alias domains is removed only when that is asked for."""

    http = 409
    kind = "domain-in-use"
    public = "The domain still has users or aliases"


class UnknownUser(MailError):
    status = "5.1.1"
    http = 404
    kind = "no-such-user"
    public = "There is no such user here"


class UnknownAlias(MailError):
    status = "5.1.1"
    http = 404
    kind = "no-such-alias"
    public = "There is no such alias here"


class AddressTaken(MailError):
    http = 409
    kind = "address-taken"
    public = "This address exists already"


class AliasLoop(MailError):
    """An alias leads back to itself, or through too many others. RFC 3463 §3.5 (X.4.6)."""

    status = "5.4.6"
    http = 409
    kind = "alias-loop"
    public = "The alias leads back to itself"


class BadTargets(MailError):
    http = 422
    kind = "bad-targets"
    public = "An alias needs between 1 and 1000 targets"


class WeakPassword(MailError):
    http = 422
    kind = "weak-password"
    public = "A password has between 8 and 1024 characters"


class BadQuota(MailError):
    http = 422
    kind = "bad-quota"
    public = "The quota is larger than the domain allows"


class LastAdministrator(MailError):
    http = 409
    kind = "last-administrator"
    public = "The last system administrator stays; make another one first"


class ChangedMeanwhile(MailError):
    """If-Match names an older version. RFC 9110 §13.1.1."""

    http = 412
    kind = "precondition-failed"
    public = "Somebody else has changed this meanwhile; load it again"


class BadImport(MailError):
    """A file that was to be taken whole has faults, as (line, cause); nothing of it was taken."""

    http = 422
    kind = "bad-import"

    def __init__(self, faults: tuple[tuple[int, str], ...]) -> None:
        super().__init__("; ".join(f"line {line}: {cause}" for line, cause in faults))
        self.faults = faults


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


class FixedMailbox(MailError):
    """INBOX and mailboxes with children have their limits (RFC 9051 §6.3.5 and §6.3.6)."""

    http = 409
    kind = "fixed-mailbox"
    public = "This mailbox cannot be removed"


class NoSuchMessage(MailError):
    http = 404
    kind = "no-such-message"
    public = "There is no such message"


class MessageTooLarge(MailError):
    status = "5.3.4"
    http = 413
    kind = "message-too-large"
    public = "The message is larger than this server takes"


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


class Unauthorized(MailError):
    """No token, an old one, or one whose session has ended. RFC 6750 §3.1."""

    http = 401
    kind = "unauthorized"
    public = "Log in first"


class Forbidden(MailError):
    status = "5.7.1"
    http = 403
    kind = "forbidden"
    public = "You may not do this"


class CsrfFailed(MailError):
    http = 403
    kind = "csrf"
    public = "The request lacks its cross-site token; reload the page"


class NoSuchSession(MailError):
    http = 404
    kind = "no-such-session"
    public = "There is no such session"


class CaptchaFailed(MailError):
    http = 422
    kind = "captcha-failed"
    public = "The check that you are no robot has failed; try it again"


class NotConfirmed(MailError):
    http = 422
    kind = "not-confirmed"
    public = "Repeat the name to confirm"


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


class ImageRefused(MailError):
    http = 403
    kind = "image-refused"
    public = "This picture is not fetched"


class ImageUnavailable(MailError):
    http = 502
    kind = "image-unavailable"
    public = "The picture could not be fetched"


class RegistrationClosed(MailError):
    http = 403
    kind = "registration-closed"
    public = "This domain takes no registrations"


class AddressUnavailable(MailError):
    """Taken, reserved or forbidden: one answer, so that nobody learns which addresses exist."""

    http = 409
    kind = "address-unavailable"
    public = "This address cannot be had; try another one"


class TooManyRegistrations(MailError):
    http = 429
    kind = "too-many-registrations"
    public = "Too many registrations from this network; try again in an hour"


class NoSuchRegistration(MailError):
    http = 404
    kind = "no-such-registration"
    public = "There is no such registration"


class NotYourAddress(MailError):
    """A user may send as their own addresses and aliases only. RFC 6409 §6.1."""

    status = "5.7.1"
    http = 403
    kind = "not-your-address"
    public = "You may send as your own addresses only"


class NotDelivered(MailError):
    """A delivery step ended for good or for now, and nothing was kept."""

    kind = "not-delivered"

    def __init__(self, status: str, public: str) -> None:
        super().__init__(public)
        self.status = status


class MaildropInUse(MailError):
    """RFC 1939 §4: one session a maildrop. RFC 2449 §8.1.2 (IN-USE)."""

    status = "4.2.0"
    http = 409
    kind = "maildrop-in-use"
    public = "Another session is collecting this mail; try again in a minute"


class UnknownRecipient(MailError):
    status = "5.1.1"
    http = 422
    kind = "no-such-recipient"
    public = "There is no such user here to send to"
