"""Rules about who lives here: domains, users, aliases, passwords, registrations."""

from __future__ import annotations

from mailnode.errors.kinds import MailError


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


class ActsAsAnother(MailError):
    """An authorization identity that is not the user's own. RFC 4616 §2, RFC 4422 §3.4.1."""

    status = "5.7.8"
    http = 403
    kind = "acts-as-another"
    public = "Nobody can act as somebody else here"


class TokenExpired(MailError):
    """A bearer token whose time is over, or whose session has ended. RFC 6750 §3.1."""

    status = "5.7.8"
    http = 401
    kind = "token-expired"
    public = "The token has expired or its session has ended; get a new one"


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


class BadTransport(MailError):
    """A transport that leads nowhere or says two things."""

    status = "5.5.4"
    http = 422
    kind = "bad-transport"
    public = "This is not a way by which mail can leave"


class NoSuchTransport(MailError):
    """Nothing is said about how mail for this domain leaves."""

    status = "5.1.0"
    http = 404
    kind = "no-such-transport"
    public = "There is no such transport"


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


class BadRetention(MailError):
    http = 422
    kind = "bad-retention"
    public = "What is gone is kept for 0 to 3650 days"


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
