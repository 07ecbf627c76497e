"""Making and changing domains and their DKIM keys, and the rules about them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailnode.database import utcnow
from mailnode.directory import lookup
from mailnode.directory.addresses import normal, normal_domain
from mailnode.directory.models import DkimKey, Domain
from mailnode.errors import (
    BadDomainName,
    BadQuota,
    BadRetention,
    ChangedMeanwhile,
    DomainTaken,
    NoSuchDomain,
    UnknownUser,
)
from mailnode.senderauth import dkim_keys

GIB = 1024**3
DEFAULT_QUOTA_BYTES = 10 * GIB
DEFAULT_QUOTA_MESSAGES = 1_000_000
DEFAULT_RETENTION_DAYS, MOST_RETENTION_DAYS = 30, 3650
NOBODY = "+"  # a local part that no user and no alias can have
MAX_TEXT = 200


class DomainChanges(TypedDict, total=False):
    """What `set_domain` may change. A quota of None is no limit; ``catch_all`` of None is none."""

    registration: Literal["closed", "open", "approval"]
    default_quota_bytes: int | None
    default_quota_messages: int | None
    maximum_quota_bytes: int | None
    catch_all: str | None
    over_quota_text: str
    retention_days: int
    enabled: bool


def domain(tx: Session, name: str) -> Domain:
    """Raises NoSuchDomain."""
    try:
        found = tx.scalars(select(Domain).where(Domain.name == normal_domain(name))).one_or_none()
    except BadDomainName:
        found = None
    if found is None:
        raise NoSuchDomain
    return found


def locked(tx: Session, name: str) -> Domain:
    """The domain, and no other transaction changes what lies in it until this one ends. Raises NoSuchDomain."""
    found = domain(tx, name)
    tx.refresh(found, with_for_update=True)
    return found


def domains(tx: Session) -> list[Domain]:
    return list(tx.scalars(select(Domain).order_by(Domain.name)))


def create_domain(
    tx: Session,
    name: str,
    *,
    alias_of: str | None = None,
    keys: Iterable[tuple[dkim_keys.Algorithm, str]] | None = None,
    now: datetime | None = None,
    **values: Unpack[DomainChanges],
) -> Domain:
    """A new domain with DKIM keys of both algorithms.

    ``keys`` are keys made beforehand, as (algorithm, PEM): making an RSA key takes 0.1 s, which a busy
    writer should not wait for. Raises BadDomainName, DomainTaken, NoSuchDomain (of ``alias_of``), BadQuota.
    """
    name = normal_domain(name)
    if tx.scalar(select(Domain.id).where(Domain.name == name)):
        raise DomainTaken
    made = Domain(
        name=name,
        registration="closed",
        default_quota_bytes=DEFAULT_QUOTA_BYTES,
        default_quota_messages=DEFAULT_QUOTA_MESSAGES,
        over_quota_text="",
        retention_days=DEFAULT_RETENTION_DAYS,
        enabled=True,
    )
    if alias_of is not None:
        made.alias_of = _stands_for(domain(tx, alias_of))
    tx.add(made)
    tx.flush()
    for algorithm, pem in new_dkim_keys() if keys is None else keys:
        add_dkim_key(tx, made, algorithm, pem, now or utcnow())
    _change(tx, made, values)
    return made


def _stands_for(target: Domain) -> Domain:
    if target.alias_of_id is not None:
        raise BadDomainName(f"{target.name} is an alias domain itself")
    return target


def set_domain(tx: Session, name: str, *, if_version: int | None = None, **values: Unpack[DomainChanges]) -> Domain:
    """Change what is given. Raises NoSuchDomain, ChangedMeanwhile, BadQuota, BadRetention, AliasLoop,
    BadAddress."""
    found = locked(tx, name)
    if if_version is not None and if_version != found.version:
        raise ChangedMeanwhile
    found.version += 1
    _change(tx, found, values)
    return found


def _change(tx: Session, found: Domain, values: DomainChanges) -> None:
    for key, value in values.items():
        setattr(found, key, value)
    found.over_quota_text = " ".join(found.over_quota_text.split())[:MAX_TEXT]
    if not 0 <= found.retention_days <= MOST_RETENTION_DAYS:
        raise BadRetention
    if found.catch_all is not None:
        found.catch_all = normal(found.catch_all)
    default, maximum = found.default_quota_bytes, found.maximum_quota_bytes
    if any(limit is not None and limit < 0 for limit in (default, maximum, found.default_quota_messages)):
        raise BadQuota("A quota is not negative")
    if maximum is not None and (default is None or default > maximum):
        if "default_quota_bytes" in values:
            raise BadQuota("The default quota is larger than the largest allowed")
        found.default_quota_bytes = maximum
    tx.flush()
    if found.catch_all is not None:
        check_ends(tx, f"{NOBODY}@{found.name}")


def check_ends(tx: Session, address: str) -> None:
    """Raises AliasLoop where the way from this address does not end."""
    try:
        lookup.expand(tx, address)
    except UnknownUser:
        pass


def new_dkim_keys() -> list[tuple[dkim_keys.Algorithm, str]]:
    """A key of each algorithm; takes about 0.1 s."""
    return [(algorithm, dkim_keys.make(algorithm)) for algorithm in dkim_keys.ALGORITHMS]


def add_dkim_key(
    tx: Session, of: Domain, algorithm: dkim_keys.Algorithm, pem: str, now: datetime, *, state: str = "active"
) -> DkimKey:
    """Keep a key under a selector that tells its algorithm and month, such as ``rsa202611``, and after it
    ``rsa202611-2``: never one that another key had, whose record the DNS may still have."""
    stem = f"{algorithm}{now:%Y%m}"
    taken = tx.scalars(select(DkimKey.selector).where(DkimKey.domain_id == of.id, DkimKey.selector.startswith(stem)))
    last = max((int(name.removeprefix(stem).removeprefix("-") or 1) for name in taken), default=0)
    selector = f"{stem}-{last + 1}" if last else stem
    made = DkimKey(
        domain_id=of.id, selector=selector, algorithm=algorithm, private_key=pem, state=state, created_at=now
    )
    tx.add(made)
    tx.flush()
    return made


def dkim_keys_of(tx: Session, name: str) -> list[DkimKey]:
    """The keys that sign for a domain, RSA first. Raises NoSuchDomain."""
    of = domain(tx, name)
    query = select(DkimKey).where(DkimKey.domain_id == of.id, DkimKey.state == "active")
    return list(tx.scalars(query.order_by(DkimKey.algorithm.desc(), DkimKey.id)))
