"""Making, changing and removing aliases. A loop is refused when it is made."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mailnode.directory.addresses import normal
from mailnode.directory.domains import check_ends, domain, locked
from mailnode.directory.models import Alias, AliasTarget
from mailnode.directory.users import check_address
from mailnode.errors import BadAddress, BadTargets, ChangedMeanwhile, UnknownAlias

MAX_TARGETS = 1000


def alias(tx: Session, address: str) -> Alias:
    """Raises UnknownAlias."""
    try:
        found = tx.scalars(select(Alias).where(Alias.address == normal(address))).one_or_none()
    except BadAddress:
        found = None
    if found is None:
        raise UnknownAlias
    return found


def aliases(tx: Session, domain_name: str | None = None) -> list[Alias]:
    """All aliases, or those of one domain, by address. Raises NoSuchDomain."""
    query = select(Alias).order_by(Alias.address)
    if domain_name is not None:
        query = query.where(Alias.domain_id == domain(tx, domain_name).id)
    return list(tx.scalars(query))


def create_alias(tx: Session, address: str, targets: Sequence[str]) -> Alias:
    """A new alias; ``*@domain`` is the wildcard.

    Raises BadAddress, NoSuchDomain, AddressTaken, BadTargets, AliasLoop.
    """
    address, of = check_address(tx, address)
    wanted = normal_targets(targets)
    made = Alias(address=address, domain_id=of.id)
    tx.add(made)
    tx.flush()
    _point(tx, made, wanted)
    return made


def set_targets(tx: Session, address: str, targets: Sequence[str], *, if_version: int | None = None) -> Alias:
    """Replace the targets. Raises UnknownAlias, ChangedMeanwhile, BadAddress, BadTargets, AliasLoop."""
    found = _locked(tx, address)
    if if_version is not None and if_version != found.version:
        raise ChangedMeanwhile
    found.version += 1
    _point(tx, found, normal_targets(targets))
    return found


def add_targets(tx: Session, address: str, targets: Sequence[str]) -> Alias:
    """Add to an alias. Raises as `set_targets`."""
    found = _locked(tx, address)
    return set_targets(tx, address, [*found.targets, *targets])


def remove_targets(tx: Session, address: str, targets: Sequence[str]) -> None:
    """Take targets away; with the last one the alias goes too. Raises UnknownAlias, BadTargets."""
    found = _locked(tx, address)
    leaving = {normal(target) for target in targets}
    if not leaving <= set(found.targets):
        raise BadTargets("The alias has no such target")
    left = [target for target in found.targets if target not in leaving]
    if left:
        set_targets(tx, address, left)
    else:
        remove_alias(tx, address)


def remove_alias(tx: Session, address: str) -> None:
    """Raises UnknownAlias."""
    found = _locked(tx, address)
    tx.execute(delete(Alias).where(Alias.id == found.id))
    tx.expire_all()


def _locked(tx: Session, address: str) -> Alias:
    found = alias(tx, address)
    locked(tx, found.domain.name)
    tx.refresh(found)
    return found


def normal_targets(targets: Sequence[str]) -> list[str]:
    """In order, each once. Raises BadAddress, BadTargets."""
    wanted = list(dict.fromkeys(normal(target) for target in targets))
    if not 1 <= len(wanted) <= MAX_TARGETS:
        raise BadTargets
    return wanted


def _point(tx: Session, of: Alias, targets: Sequence[str]) -> None:
    """Replace what there was; the way must end."""
    tx.execute(delete(AliasTarget).where(AliasTarget.alias_id == of.id))
    rows = [AliasTarget(alias_id=of.id, position=at, address=target) for at, target in enumerate(targets)]
    tx.add_all(rows)
    tx.flush()
    tx.expire(of, ["target_rows"])
    check_ends(tx, of.address)
