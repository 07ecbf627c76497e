"""Making, changing and removing users, and the rules about them.

Passwords come here as what is kept of them: making that takes 50 ms, which the writer's transaction must not
wait for. Make it before with `new_password`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from mailnode.directory import passwords, scram
from mailnode.directory.addresses import normal, split
from mailnode.directory.domains import NOBODY, domain, locked
from mailnode.directory.models import WILDCARD, Alias, Domain, DomainAdministrator, User
from mailnode.directory.shared_owner import is_owner, people
from mailnode.errors import (
    AddressTaken,
    BadAddress,
    BadDomainName,
    BadQuota,
    ChangedMeanwhile,
    LastAdministrator,
    UnknownUser,
)
from mailnode.proto.address import MAX_LOCAL

MAX_NAME = 200


class UserChanges(TypedDict, total=False):
    """What `set_user` may change. A quota of None is the domain's default, 0 is no limit."""

    display_name: str
    quota_bytes: int | None
    quota_messages: int | None
    language: str
    disabled: bool
    administrator: bool


@dataclass(frozen=True, slots=True)
class NewPassword:
    """What is kept of a password; see `passwords` and `scram`."""

    hash: str = field(repr=False)
    scram_keys: str = field(repr=False)


def new_password(password: str) -> NewPassword:
    """Raises WeakPassword. Takes about 50 ms."""
    passwords.check_strength(password)
    return NewPassword(passwords.hashed(password), scram.keys_of(password))


def user(tx: Session, address: str) -> User:
    """The user whose own address this is. Raises UnknownUser."""
    try:
        found = tx.scalars(select(User).where(User.address == normal(address))).one_or_none()
    except BadAddress:
        found = None
    if found is None or is_owner(found.address):
        raise UnknownUser
    return found


def users(tx: Session, domain_name: str | None = None) -> list[User]:
    """All users, or those of one domain, by address. Raises NoSuchDomain."""
    query = select(User).where(people()).order_by(User.address)
    if domain_name is not None:
        query = query.where(User.domain_id == domain(tx, domain_name).id)
    return list(tx.scalars(query))


def check_address(tx: Session, address: str) -> tuple[str, Domain]:
    """An address that a user or an alias can get, and its domain, locked.

    Raises BadAddress, NoSuchDomain, BadDomainName (an alias domain), AddressTaken.
    """
    address = normal(address, max_local=MAX_LOCAL)
    local, name = split(address)
    if local.startswith(NOBODY):
        raise BadAddress(f"An address here does not begin with {NOBODY}")
    of = locked(tx, name)
    if of.alias_of_id is not None:
        raise BadDomainName(f"{name} is an alias domain; use the domain that it stands for")
    if is_taken(tx, address):
        raise AddressTaken
    return address, of


def is_taken(tx: Session, address: str) -> bool:
    """True where a user or an alias has exactly this (normal) address."""
    return any(tx.scalar(select(table.id).where(table.address == address)) for table in (User, Alias))


def create_user(
    tx: Session, address: str, *, password_hash: str, scram_keys: str | None = None, **values: Unpack[UserChanges]
) -> User:
    """A new user, without mailboxes yet: the store makes those.

    Without ``scram_keys`` (a hash from elsewhere) the user gets them at the first plain login.
    Raises BadAddress, NoSuchDomain, AddressTaken, BadQuota.
    """
    address, of = check_address(tx, address)
    if split(address)[0] == WILDCARD:
        raise BadAddress("The wildcard is for aliases")
    made = User(address=address, domain_id=of.id, password_hash=password_hash, administrator=False, disabled=False)
    made.scram_keys = scram_keys
    made.display_name = made.language = ""
    _change(made, of, values)
    tx.add(made)
    tx.flush()
    return made


def set_user(tx: Session, address: str, *, if_version: int | None = None, **values: Unpack[UserChanges]) -> User:
    """Change what is given. Raises UnknownUser, ChangedMeanwhile, BadQuota, LastAdministrator."""
    found = _locked(tx, address)
    if if_version is not None and if_version != found.version:
        raise ChangedMeanwhile
    if values.get("disabled") or values.get("administrator") is False:
        _check_not_last(tx, found)
    found.version += 1
    _change(found, found.domain, values)
    tx.flush()
    return found


def set_password(tx: Session, address: str, password_hash: str, scram_keys: str | None = None) -> User:
    """The old password is worth nothing any more, for SCRAM either. Raises UnknownUser."""
    found = _locked(tx, address)
    found.password_hash, found.scram_keys = password_hash, scram_keys
    found.version += 1
    tx.flush()
    return found


def remove_user(tx: Session, address: str) -> None:
    """The user and all mail; aliases that point there are left. Raises UnknownUser, LastAdministrator."""
    found = _locked(tx, address)
    _check_not_last(tx, found)
    tx.execute(delete(User).where(User.id == found.id))
    tx.expire_all()


def _locked(tx: Session, address: str) -> User:
    found = user(tx, address)
    tx.refresh(found, with_for_update=True)
    return found


def _change(found: User, of: Domain, values: UserChanges) -> None:
    for key, value in values.items():
        setattr(found, key, value)
    found.display_name = " ".join(found.display_name.split())[:MAX_NAME]
    if any(limit is not None and limit < 0 for limit in (found.quota_bytes, found.quota_messages)):
        raise BadQuota("A quota is not negative")
    maximum = of.maximum_quota_bytes
    if maximum and found.quota_bytes is not None and not 0 < found.quota_bytes <= maximum:
        raise BadQuota(f"The quota is larger than the {maximum} bytes that the domain allows")


def _check_not_last(tx: Session, leaving: User) -> None:
    others = select(func.count()).where(User.administrator, ~User.disabled, User.id != leaving.id)
    if leaving.administrator and not leaving.disabled and not tx.scalar(others):
        raise LastAdministrator


def set_administered(tx: Session, address: str, names: Sequence[str]) -> None:
    """The user administers exactly these domains. Raises UnknownUser, NoSuchDomain."""
    found = _locked(tx, address)
    wanted = {domain(tx, name).id for name in names}
    tx.execute(delete(DomainAdministrator).where(DomainAdministrator.user_id == found.id))
    tx.add_all(DomainAdministrator(user_id=found.id, domain_id=one) for one in sorted(wanted))
    found.version += 1
    tx.flush()


def administered(tx: Session, user_id: int) -> list[str]:
    """The names of the domains that the user administers; of a system administrator those set expressly."""
    query = select(Domain.name).join(DomainAdministrator).where(DomainAdministrator.user_id == user_id)
    return list(tx.scalars(query.order_by(Domain.name)))


def administers(tx: Session, user_id: int, domain_id: int) -> bool:
    """True for the domain's administrators and for system administrators."""
    one = tx.get(User, user_id)
    if one is None or one.disabled:
        return False
    return one.administrator or tx.get(DomainAdministrator, (user_id, domain_id)) is not None


def taken_among(tx: Session, addresses: Iterable[str]) -> set[str]:
    """Those of the (normal) addresses that a user or an alias has, for imports; 500 a question."""
    wanted = list(addresses)
    found: set[str] = set()
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        for table in (User, Alias):
            found.update(tx.scalars(select(table.address).where(table.address.in_(some))))
    return found
