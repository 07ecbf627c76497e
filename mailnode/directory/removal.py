"""Removing a domain with everything that lies in it."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from mailnode.directory.domains import locked
from mailnode.directory.models import Alias, Domain, Registration, User
from mailnode.directory.shared_owner import people
from mailnode.directory.users import remove_user
from mailnode.errors import DomainInUse


def remove_domain(tx: Session, name: str, *, with_contents: bool = False) -> None:
    """Remove a domain; its users, aliases and alias domains only when that is asked for.

    Raises NoSuchDomain, DomainInUse, LastAdministrator.
    """
    found = locked(tx, name)
    contents = (Domain.alias_of_id, User.domain_id, Alias.domain_id)
    if not with_contents and any(tx.scalar(select(func.count()).where(column == found.id)) for column in contents):
        raise DomainInUse
    for other in tx.scalars(select(Domain).where(Domain.alias_of_id == found.id)).all():
        remove_domain(tx, other.name, with_contents=True)
    for address in tx.scalars(select(User.address).where(User.domain_id == found.id, people())).all():
        remove_user(tx, address)
    tx.execute(delete(User).where(User.domain_id == found.id))  # whoever owned the domain's own mailboxes
    tx.execute(delete(Alias).where(Alias.domain_id == found.id))
    tx.execute(delete(Registration).where(Registration.domain_id == found.id))
    tx.execute(delete(Domain).where(Domain.id == found.id))
    tx.expire_all()
