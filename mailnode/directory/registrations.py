"""Free registration: people make their own address where a domain lets them.

- The domain says who may: nobody, everybody, or everybody after an administrator's word.
- A taken, a waiting and a reserved address get the same answer, so that asking tells nothing about
  who lives here.
- One network address may try PER_HOUR times an hour; rows stay, so that they can be counted by
  every process.
- Reserved are the names that mail software and people take for official ones (RFC 2142 and more).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailnode.directory import users
from mailnode.directory.addresses import normal, split
from mailnode.directory.domains import domain
from mailnode.directory.models import Domain, Registration, User
from mailnode.directory.users import NewPassword
from mailnode.errors import (
    AddressUnavailable,
    BadAddress,
    NoSuchDomain,
    NoSuchRegistration,
    RegistrationClosed,
    TooManyRegistrations,
)

PER_HOUR = 5
OPEN = ("open", "approval")
PENDING, APPROVED, REFUSED = "pending", "approved", "refused"
_RESERVED = """
abuse account accounts admin administrator anonymous autoconfig autodiscover billing bounce bounces cert
contact daemon dmarc ftp help host hostmaster imap info invoice is it ldap legal list lists localhost mail
mailer mailer-daemon mailman majordomo marketing me news no-reply nobody noc noreply ns office official
operator owner password payment payments pop pop3 post postfix postmaster privacy proxy register root sales
security service smtp spam ssl staff sudo support sys sysadmin sysop system team test trouble
undisclosed-recipients usenet uucp webmail webmaster www
"""
RESERVED = frozenset(_RESERVED.split())
# What people choose freely is narrower than what an administrator may make.
_USUAL = re.compile(r"[a-z0-9](?:[._-]?[a-z0-9])*\Z")
MIN_LENGTH, MAX_LENGTH = 3, 40


@dataclass(frozen=True, slots=True)
class Registered:
    """``user_id`` is None while the registration waits for an administrator."""

    address: str
    user_id: int | None


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who asks: what is kept of their password, their name and language, and where they ask from."""

    password: NewPassword
    display_name: str
    language: str
    peer: str


def open_domains(tx: Session) -> list[Domain]:
    """The domains that take registrations, by name."""
    taking = (Domain.registration.in_(OPEN), Domain.enabled, Domain.alias_of_id.is_(None))
    return list(tx.scalars(select(Domain).where(*taking).order_by(Domain.name)))


def register(tx: Session, local_part: str, domain_name: str, who: Applicant, now: datetime) -> Registered:
    """Make the user, or note the wish for an administrator.

    The caller commits also after AddressUnavailable, so that the attempt is counted. Raises
    RegistrationClosed, TooManyRegistrations, AddressUnavailable.
    """
    of = _taking(tx, domain_name)
    recent = select(func.count()).where(
        Registration.peer == who.peer, Registration.created_at > now - timedelta(hours=1)
    )
    if (tx.scalar(recent) or 0) >= PER_HOUR:
        raise TooManyRegistrations
    address = f"{local_part}@{of.name}".lower()
    wish = Registration(
        domain_id=of.id,
        address=address,
        password_hash=who.password.hash,
        scram_keys=who.password.scram_keys,
        display_name=" ".join(who.display_name.split()),
        language=who.language,
        peer=who.peer,
        state=REFUSED,
        created_at=now,
    )
    tx.add(wish)
    tx.flush()
    if not _is_free(tx, address):
        wish.password_hash, wish.scram_keys = "", None
        tx.flush()
        raise AddressUnavailable
    if of.registration == "approval":
        wish.state = PENDING
        tx.flush()
        return Registered(address, None)
    return Registered(address, _make(tx, wish).id)


def waiting(tx: Session, registration_id: int) -> Registration:
    """A registration that waits. Raises NoSuchRegistration."""
    found = tx.get(Registration, registration_id)
    if found is None or found.state != PENDING:
        raise NoSuchRegistration
    return found


def approve(tx: Session, registration_id: int) -> User:
    """Make the user. Raises NoSuchRegistration, AddressTaken."""
    return _make(tx, waiting(tx, registration_id))


def refuse(tx: Session, registration_id: int) -> None:
    """Turn the wish down; the password is forgotten. Raises NoSuchRegistration."""
    found = waiting(tx, registration_id)
    found.state, found.password_hash, found.scram_keys = REFUSED, "", None
    tx.flush()


def _make(tx: Session, wish: Registration) -> User:
    made = users.create_user(
        tx,
        wish.address,
        password_hash=wish.password_hash,
        scram_keys=wish.scram_keys,
        display_name=wish.display_name,
        language=wish.language,
    )
    wish.state, wish.password_hash, wish.scram_keys = APPROVED, "", None
    tx.flush()
    return made


def _taking(tx: Session, name: str) -> Domain:
    try:
        of = domain(tx, name)
    except NoSuchDomain as error:
        raise RegistrationClosed from error
    if of.registration not in OPEN or not of.enabled or of.alias_of_id is not None:
        raise RegistrationClosed
    return of


def _is_free(tx: Session, address: str) -> bool:
    local, _ = split(address)
    if not MIN_LENGTH <= len(local) <= MAX_LENGTH or not _USUAL.match(local) or local in RESERVED:
        return False
    try:
        address = normal(address)
    except BadAddress:
        return False
    same = select(Registration.id).where(Registration.address == address, Registration.state == PENDING)
    return not users.is_taken(tx, address) and tx.scalar(same) is None
