"""Who is meant by an address: the questions asked on the path of every message.

`resolve` takes one step and costs one indexed query, two for an alias or in an alias domain; `expand` follows aliases
to their end. In this order an address is: the sender of what was forwarded (`srs`), a user's, an alias, a user's or an
alias' with ``+detail`` taken off (RFC 5233), ``postmaster`` or ``abuse`` (RFC 5321 §4.5.1, RFC 2142 §4 and §2), one
that the system reads itself (`SERVICES`), the domain's wildcard alias, the domain's catch-all. An address in an alias
domain is first moved to the domain it stands for.

Addresses may be spelt in any way; answers are in normal form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailnode.directory import srs
from mailnode.directory.addresses import normal, normal_domain, split
from mailnode.directory.models import WILDCARD, User
from mailnode.errors import AliasLoop, BadAddress, BadDomainName, UnknownUser
from mailnode.prepared import Prepared

DETAIL = "+"
ALWAYS_DELIVERABLE = ("postmaster", "abuse")
REPORTER = "mailer-daemon"  # at the host's own name: whose reports about mail are
DMARC_REPORTS, TLS_REPORTS = "dmarc-reports", "tls-reports"
FEEDBACK = "fbl"  # complaints, RFC 5965
SERVICES = (DMARC_REPORTS, TLS_REPORTS, FEEDBACK)  # names in every domain whose mail the system reads itself
MAX_DEPTH = 16  # aliases on one way
MAX_TARGETS = 10_000  # users and remote addresses of one expansion


@dataclass(frozen=True, slots=True)
class Quota:
    """What a user may keep; None is no limit. ``over_quota_text`` is the domain's own sentence, or ""."""

    bytes: int | None
    messages: int | None
    over_quota_text: str = ""


@dataclass(frozen=True, slots=True)
class UserRow:
    """As much of a user as delivery needs; ``quota`` has the domain's defaults filled in. ``taught``: there is a filter
    of the user's own that has learned enough."""

    id: int
    address: str
    disabled: bool
    quota: Quota
    taught: bool = False


@dataclass(frozen=True, slots=True)
class LocalUser:
    user: UserRow
    detail: str = ""  # what stood after the "+"


@dataclass(frozen=True, slots=True)
class AliasTo:
    targets: tuple[str, ...]
    address: str


@dataclass(frozen=True, slots=True)
class RemoteDomain:
    name: str


@dataclass(frozen=True, slots=True)
class NoSuchUser:
    address: str


@dataclass(frozen=True, slots=True)
class Service:
    """One of `SERVICES` in a domain."""

    name: str
    domain_id: int
    address: str


Resolution = LocalUser | AliasTo | RemoteDomain | Service | NoSuchUser


@dataclass(frozen=True, slots=True)
class Target:
    """A user that an address leads to; ``address`` is the one that named the user last."""

    user_id: int
    address: str
    detail: str
    user: UserRow


@dataclass(frozen=True, slots=True)
class Expansion:
    """Everybody an address leads to, each once. ``unknown`` are local targets that do not exist."""

    users: tuple[Target, ...]
    remote: tuple[str, ...]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _DomainRow:
    id: int
    name: str
    enabled: bool
    catch_all: str | None
    quota: Quota


_domain_columns = (
    "SELECT d.id, d.name, d.enabled, d.catch_all, d.default_quota_bytes, d.default_quota_messages, d.over_quota_text,"
    " n.enabled"
)
_domain_called = " FROM domain n JOIN domain d ON d.id = COALESCE(n.alias_of_id, n.id)"
_named = (
    'SELECT 0 AS kind, id, address, disabled, quota_bytes, quota_messages, taught FROM "user"'
    " WHERE address IN (:whole, :stem)"
    " UNION ALL SELECT 1, id, address, NULL, NULL, NULL, NULL FROM alias"
    " WHERE address IN (:whole, :stem, :wildcard)"
)
_DOMAIN = Prepared(text(f"{_domain_columns}{_domain_called} WHERE n.name = :name"))
_NAMED = Prepared(text(_named))
# The domain, and who is named in it, in a row for each; one row where nobody is.
_FOUND = Prepared(
    text(
        f"{_domain_columns}, w.kind, w.id, w.address, w.disabled, w.quota_bytes, w.quota_messages, w.taught"
        f"{_domain_called} LEFT JOIN ({_named}) w ON 1 = 1 WHERE n.name = :name"
    )
)
_WHO = 8  # the columns of _FOUND before those of _NAMED
_TARGETS = Prepared(text("SELECT address FROM alias_target WHERE alias_id = :id ORDER BY position"))
_DOMAIN_ADMINISTRATORS = text(
    'SELECT u.address FROM domain_administrator a JOIN "user" u ON u.id = a.user_id'
    " WHERE a.domain_id = :id AND NOT u.disabled ORDER BY u.id"
)
_SYSTEM_ADMINISTRATORS = text('SELECT address FROM "user" WHERE administrator AND NOT disabled ORDER BY id')


def resolve(tx: Session, address: str) -> Resolution:
    """One step of the way; never raises for an address, however it is spelt."""
    if address.lower() in ALWAYS_DELIVERABLE:  # RFC 5321 §4.1.1.3: <Postmaster> without a domain
        return _to_administrators(tx, None, address.lower())
    given = address.rpartition("@")[0]
    try:
        address = normal(address)
    except BadAddress:
        return NoSuchUser(address)
    local, name = split(address)
    stem, _, detail = local.partition(DETAIL) if not local.startswith(DETAIL) else (local, "", "")
    rows = _FOUND.run(tx.connection(), {"name": name, **_names(local, stem, name)}).fetchall()
    if not rows:
        return RemoteDomain(name)
    domain = _domain_of(rows[0])
    if not domain.enabled:
        return NoSuchUser(address)
    if srs.is_rewritten(local):
        return _bounce(tx, address, given)
    if domain.name != name:  # it stands for another one, which names its own
        found = _NAMED.run(tx.connection(), _names(local, stem, domain.name)).fetchall()
    else:
        found = [row[_WHO:] for row in rows if row[_WHO] is not None]
    return _in_domain(tx, domain, found, local, stem, detail)


def at_host(address: str, hostname: str) -> str | None:
    """What `resolve` knows an address by that stands at the host's own name, which need not be a domain here: its
    postmaster reads what people answer to its reports (RFC 5321 §4.5.1). None for any other."""
    local, _, name = address.lower().rpartition("@")
    if name != hostname.lower() or local not in (*ALWAYS_DELIVERABLE, REPORTER):
        return None
    return "postmaster" if local == REPORTER else local


def as_known(tx: Session, address: str, hostname: str) -> str:
    """What `at_host` says, unless the host's name is a domain here; else the address itself."""
    own = at_host(address, hostname)
    return own if own is not None and isinstance(resolve(tx, address), RemoteDomain) else address


def _names(local: str, stem: str, domain: str) -> dict[str, str]:
    """By what an address may be found."""
    at = "@" + domain
    return {"whole": local + at, "stem": stem + at, "wildcard": WILDCARD + at}


def _bounce(tx: Session, address: str, local: str) -> Resolution:
    """``local`` as it was spelt: the stranger's own part of it may need its capitals."""
    origin = srs.origin(tx, local)
    return AliasTo((origin,), address) if origin else NoSuchUser(address)


def _in_domain(
    tx: Session, domain: _DomainRow, found: Sequence[tuple[Any, ...]], local: str, stem: str, detail: str
) -> Resolution:
    at = "@" + domain.name
    whole, short, wildcard = local + at, stem + at, WILDCARD + at
    by_address = {row[2]: row for row in found}
    row = by_address.get(whole)
    if row is None and stem != local:
        row = by_address.get(short)
    if row is None:
        if local in ALWAYS_DELIVERABLE:
            return _to_administrators(tx, domain.id, whole)
        if local in SERVICES:
            return Service(local, domain.id, whole)
        row = by_address.get(wildcard)
    if row is None:
        return AliasTo((domain.catch_all,), whole) if domain.catch_all else NoSuchUser(whole)
    if row[0] == 1:
        targets = _TARGETS.run(tx.connection(), {"id": row[1]}).fetchall()
        return AliasTo(tuple(target for (target,) in targets), whole)
    own = Quota(_own(row[4], domain.quota.bytes), _own(row[5], domain.quota.messages), domain.quota.over_quota_text)
    return LocalUser(UserRow(row[1], row[2], bool(row[3]), own, bool(row[6])), detail if row[2] != whole else "")


def _own(own: int | None, default: int | None) -> int | None:
    """A user's limit: the domain's where there is none of the user's; 0 stands for no limit."""
    return (default if own is None else own) or None


def _domain(tx: Session, name: str) -> _DomainRow | None:
    row = _DOMAIN.run(tx.connection(), {"name": name}).fetchone()
    return None if row is None else _domain_of(row)


def _domain_of(row: Sequence[Any]) -> _DomainRow:
    return _DomainRow(row[0], row[1], bool(row[2] and row[7]), row[3], Quota(row[4], row[5], row[6]))


def _to_administrators(tx: Session, domain_id: int | None, address: str) -> Resolution:
    found: list[str] = []
    if domain_id is not None:
        found = list(tx.connection().execute(_DOMAIN_ADMINISTRATORS, {"id": domain_id}).scalars())
    if not found:
        found = list(tx.connection().execute(_SYSTEM_ADMINISTRATORS).scalars())
    return AliasTo(tuple(found), address) if found else NoSuchUser(address)


def expand(tx: Session, address: str, *, enough: int | None = None) -> Expansion:
    """Everybody the address leads to. Raises UnknownUser when the address itself is nobody's, AliasLoop.

    ``enough``: look no further when so many were found.
    """
    first = resolve(tx, address)
    if isinstance(first, NoSuchUser):
        raise UnknownUser
    walk = _Walk(tx, enough)
    walk.follow(address, first, ())
    return Expansion(tuple(walk.users.values()), tuple(walk.remote), tuple(walk.unknown))


class _Walk:
    """A walk along aliases, depth first; an address met again on its own way is a loop."""

    def __init__(self, tx: Session, enough: int | None) -> None:
        self.tx = tx
        self.enough = enough or MAX_TARGETS + 1
        self.users: dict[int, Target] = {}
        self.remote: dict[str, None] = {}
        self.unknown: dict[str, None] = {}
        self._done: set[str] = set()

    @property
    def count(self) -> int:
        return len(self.users) + len(self.remote)

    def visit(self, address: str, way: tuple[str, ...]) -> None:
        if address not in self._done:
            self.follow(address, resolve(self.tx, address), way)
            self._done.add(address)

    def follow(self, address: str, found: Resolution, way: tuple[str, ...]) -> None:
        match found:
            case LocalUser(user, detail):
                self.users.setdefault(user.id, Target(user.id, address, detail, user))
            case RemoteDomain():
                self.remote[address] = None
            case NoSuchUser() | Service():
                self.unknown[address] = None
            case AliasTo(targets, name):
                if name in way or len(way) >= MAX_DEPTH:
                    raise AliasLoop(f"{name} leads back to itself" if name in way else None)
                for target in targets:
                    if self.count >= self.enough:
                        return
                    self.visit(target, (*way, name))
        if self.count > MAX_TARGETS:
            raise AliasLoop(f"{address} leads to more than {MAX_TARGETS} addresses")


def is_local_domain(tx: Session, name: str) -> bool:
    """True for the domains that this system receives mail for, switched off ones too."""
    try:
        return _domain(tx, normal_domain(name)) is not None
    except BadDomainName:
        return False


def may_send_as(tx: Session, user_id: int, address: str) -> bool:
    """True where mail to the address reaches this user: own, with ``+detail``, or by any alias."""
    try:
        return any(target.user_id == user_id for target in expand(tx, address).users)
    except (UnknownUser, AliasLoop):
        return False


def user(tx: Session, address: str) -> User | None:
    """The user whose own address this is; aliases are not followed."""
    try:
        return tx.query(User).filter(User.address == normal(address)).one_or_none()
    except BadAddress:
        return None


_QUOTA = text(
    "SELECT u.quota_bytes, u.quota_messages, d.default_quota_bytes, d.default_quota_messages, d.over_quota_text"
    ' FROM "user" u JOIN domain d ON d.id = u.domain_id WHERE u.id = :id'
)


def quota(tx: Session, user_id: int) -> Quota:
    """What the user may keep, the domain's defaults filled in. Raises UnknownUser."""
    row = tx.connection().execute(_QUOTA, {"id": user_id}).first()
    if row is None:
        raise UnknownUser
    return Quota(_own(row[0], row[2]), _own(row[1], row[3]), row[4])


_POINTING = text(
    "SELECT DISTINCT a.address FROM alias_target t JOIN alias a ON a.id = t.alias_id WHERE t.address = :address"
)


def addresses_of(tx: Session, user_id: int) -> list[str]:
    """The user's own address, then the aliases that lead to it, through other aliases too; no wildcards."""
    own = tx.get(User, user_id)
    if own is None:
        raise UnknownUser
    found = {own.address: None}
    waiting = [own.address]
    while waiting and len(found) < MAX_TARGETS:
        for name in tx.connection().execute(_POINTING, {"address": waiting.pop()}).scalars():
            if name not in found:
                found[name] = None
                waiting.append(name)
    return [name for name in found if not name.startswith(WILDCARD + "@")]
