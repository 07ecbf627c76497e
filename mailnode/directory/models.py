"""The directory's tables.

Addresses and domain names are kept in the one spelling of ``addresses.normal``. Ids are never
reused: whatever names a removed user or domain names nothing for ever.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mailnode.database import NEVER_REUSED, Base, Id, UtcDateTime, utcnow

WILDCARD = "*"
_NO_KEYS = text("scram_keys IS NULL")


class Domain(Base):
    """A mail domain. One with ``alias_of_id`` has no users of its own: its addresses are the other's."""

    __tablename__ = "domain"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    alias_of_id: Mapped[int | None] = mapped_column(ForeignKey("domain.id"), index=True)
    registration: Mapped[str] = mapped_column(String(16), default="closed")  # closed, open, approval
    default_quota_bytes: Mapped[int | None] = mapped_column(BigInteger)  # None: no limit
    default_quota_messages: Mapped[int | None] = mapped_column(BigInteger)
    maximum_quota_bytes: Mapped[int | None] = mapped_column(BigInteger)  # for any one user
    catch_all: Mapped[str | None] = mapped_column(String(320))
    over_quota_text: Mapped[str] = mapped_column(String(200), default="")
    retention_days: Mapped[int] = mapped_column(default=30)  # how far back mail can be restored
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    version: Mapped[int] = mapped_column(default=1)

    alias_of: Mapped[Domain | None] = relationship(remote_side=[id])


class User(Base):
    """A person with mailboxes. Quotas that are None are the domain's defaults; 0 is no limit."""

    __tablename__ = "user"
    __table_args__ = (
        # The few that SCRAM waits for, so that looking for one is quick.
        Index("ix_user_without_scram_keys", "id", sqlite_where=_NO_KEYS, postgresql_where=_NO_KEYS),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    domain_id: Mapped[int] = mapped_column(ForeignKey("domain.id"), index=True)
    address: Mapped[str] = mapped_column(String(320), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    scram_keys: Mapped[str | None] = mapped_column(String(255))  # None until the next plain login (see ``scram``)
    display_name: Mapped[str] = mapped_column(String(200), default="")
    quota_bytes: Mapped[int | None] = mapped_column(BigInteger)
    quota_messages: Mapped[int | None] = mapped_column(BigInteger)
    language: Mapped[str] = mapped_column(String(16), default="")  # "": what the browser asks for
    disabled: Mapped[bool] = mapped_column(default=False)
    administrator: Mapped[bool] = mapped_column(default=False)  # of the whole system
    taught: Mapped[bool] = mapped_column(default=False)  # has a filter that has learned enough (see ``learning``)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    version: Mapped[int] = mapped_column(default=1)

    domain: Mapped[Domain] = relationship()


class DomainAdministrator(Base):
    """This user administers this domain, which need not be the user's own."""

    __tablename__ = "domain_administrator"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    domain_id: Mapped[int] = mapped_column(ForeignKey("domain.id", ondelete="CASCADE"), primary_key=True, index=True)


class Alias(Base):
    """An address that stands for others; its local part may be the wildcard."""

    __tablename__ = "alias"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    domain_id: Mapped[int] = mapped_column(ForeignKey("domain.id"), index=True)
    address: Mapped[str] = mapped_column(String(320), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    version: Mapped[int] = mapped_column(default=1)

    domain: Mapped[Domain] = relationship()
    target_rows: Mapped[list[AliasTarget]] = relationship(
        order_by="AliasTarget.position", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def name(self) -> str:
        return self.address.rpartition("@")[0]

    @property
    def targets(self) -> list[str]:
        return [row.address for row in self.target_rows]


class AliasTarget(Base):
    __tablename__ = "alias_target"

    alias_id: Mapped[int] = mapped_column(ForeignKey("alias.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(320), index=True)


class DkimKey(Base):
    """A signing key of a domain; the selector is where its public half lies in the DNS."""

    __tablename__ = "dkim_key"
    __table_args__ = (UniqueConstraint("domain_id", "selector"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    domain_id: Mapped[int] = mapped_column(ForeignKey("domain.id", ondelete="CASCADE"))
    selector: Mapped[str] = mapped_column(String(63))
    algorithm: Mapped[str] = mapped_column(String(16))  # rsa, ed25519
    private_key: Mapped[str] = mapped_column(Text)  # PEM, PKCS 8
    state: Mapped[str] = mapped_column(String(16), default="active")  # coming, active, retired
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LoginFailure(Base):
    """How many failures one user or one peer has run up; shared by every door and process."""

    __tablename__ = "login_failure"

    key: Mapped[str] = mapped_column(String(340), primary_key=True)
    score: Mapped[float] = mapped_column()
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)  # when the score was right


class Registration(Base):
    """Somebody asked for an address by themselves; rows stay, so that they can be counted."""

    __tablename__ = "registration"
    __table_args__ = (Index("ix_registration_peer_created_at", "peer", "created_at"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    domain_id: Mapped[int] = mapped_column(ForeignKey("domain.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(String(320), index=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    scram_keys: Mapped[str | None] = mapped_column(String(255))
    display_name: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(16), default="")
    peer: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default="pending")  # pending, approved, refused
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class WebSession(Base):
    """One log-in at the API. ``id`` is random: it names the session in tokens (see ``sessions``)."""

    __tablename__ = "web_session"

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    peer: Mapped[str] = mapped_column(String(64))
    client: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class UserPreference(Base):
    """What a user has chosen in a client, as JSON that the server never reads."""

    __tablename__ = "user_preference"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    document: Mapped[str] = mapped_column(Text)


class Secret(Base):
    """A secret of the installation (see ``secrets``)."""

    __tablename__ = "secret"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(100))


class SpentChallenge(Base):
    """A proof of work that was used for a registration, until it would have expired anyway."""

    __tablename__ = "spent_challenge"

    token: Mapped[str] = mapped_column(String(128), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Transport(Base):
    """How mail leaves for some domains: through a host, or from an address of this machine, or both.

    ``pattern`` is a domain, ``*.`` and a domain for all below it, or ``*``. ``host`` "": by the domain's MX.
    ``tls``: opportunistic, required (whoever it is) or verified; ``implicit``: from the first byte. ``source``
    is the local address, "" for any. The password is kept as it is, since it has to be sent.
    """

    __tablename__ = "transport"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    pattern: Mapped[str] = mapped_column(String(255), unique=True)
    host: Mapped[str] = mapped_column(String(255), default="")
    port: Mapped[int] = mapped_column(default=25)
    tls: Mapped[str] = mapped_column(String(16), default="opportunistic")
    implicit: Mapped[bool] = mapped_column(default=False)
    login: Mapped[str | None] = mapped_column(Text)
    password: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(45), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    version: Mapped[int] = mapped_column(default=1)
