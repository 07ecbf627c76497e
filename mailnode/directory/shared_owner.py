"""Who owns the mailboxes that belong to a domain and to nobody in it.

Every row of the store begins with a user, so each domain gets a user of its own for them when its first one is made.
The local part begins with what no person's can (see `domains.NOBODY`): the user is in no list, can neither log in nor
receive, and goes with the domain. Its quota is the domain's default.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import Session

from mailnode.directory.domains import NOBODY, locked
from mailnode.directory.models import Domain, DomainAdministrator, User
from mailnode.errors import BadDomainName
from mailnode.prepared import Prepared

LOCAL_PART = f"{NOBODY}shared"
NO_PASSWORD = "*"  # noqa: S105 - what no password hashes to
_found = Prepared(select(User.id).where(User.address == bindparam("address")))
_administers = (
    select(User.id)
    .outerjoin(
        DomainAdministrator,
        (DomainAdministrator.user_id == User.id) & (DomainAdministrator.domain_id == bindparam("domain")),
    )
    .where(User.id == bindparam("user"), User.administrator | DomainAdministrator.user_id.is_not(None))
)
_domain_of = select(Domain.id).where(Domain.name == bindparam("name"))


def address_of(domain: str) -> str:
    """The owner's address in the domain of this (normal) name."""
    return f"{LOCAL_PART}@{domain}"


def is_owner(address: str) -> bool:
    """Is this the address of a domain's owner of mailboxes?"""
    return address.startswith(LOCAL_PART + "@")


def people() -> ColumnElement[bool]:
    """A condition: the user is somebody, not the owner of a domain's mailboxes."""
    return User.address.not_like(f"{LOCAL_PART}@%")


def owner_id(tx: Session, domain: str) -> int | None:
    """The user who owns the domain's mailboxes; None while there is none."""
    row = _found.run(tx.connection(), {"address": address_of(domain)}).fetchone()
    return row[0] if row else None


def make_owner(tx: Session, domain: str) -> int:
    """The same, made when there is none yet. Raises NoSuchDomain, BadDomainName for an alias domain."""
    of = locked(tx, domain)
    found = owner_id(tx, of.name)
    if found is not None:
        return found
    if of.alias_of_id is not None:
        raise BadDomainName(f"{of.name} is an alias domain; use the domain that it stands for")
    made = User(address=address_of(of.name), domain_id=of.id, password_hash=NO_PASSWORD, disabled=True)
    tx.add(made)
    tx.flush()
    return made.id


def administers(tx: Session, user_id: int, domain: str) -> bool:
    """May this user arrange the mailboxes of the domain?"""
    conn = tx.connection()
    domain_id = conn.execute(_domain_of, {"name": domain}).scalar()
    return conn.execute(_administers, {"domain": domain_id, "user": user_id}).scalar() is not None
