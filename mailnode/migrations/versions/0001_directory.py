"""Who lives here: domains, users, aliases, log-ins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite counts rows by INTEGER only; PostgreSQL needs the 64 bits said.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _domain()
    _login_failure()
    _secret()
    _spent_challenge()
    _alias()
    _dkim_key()
    _registration()
    _user()
    _alias_target()
    _domain_administrator()
    _user_preference()
    _web_session()


def _domain() -> None:
    op.create_table(
        "domain",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("alias_of_id", ID, nullable=True),
        sa.Column("registration", sa.String(length=16), nullable=False),
        sa.Column("default_quota_bytes", sa.BigInteger(), nullable=True),
        sa.Column("default_quota_messages", sa.BigInteger(), nullable=True),
        sa.Column("maximum_quota_bytes", sa.BigInteger(), nullable=True),
        sa.Column("catch_all", sa.String(length=320), nullable=True),
        sa.Column("over_quota_text", sa.String(length=200), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["alias_of_id"], ["domain.id"], name=op.f("fk_domain_alias_of_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domain")),
        sa.UniqueConstraint("name", name=op.f("uq_domain_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_domain_alias_of_id"), "domain", ["alias_of_id"], unique=False)


def _login_failure() -> None:
    op.create_table(
        "login_failure",
        sa.Column("key", sa.String(length=340), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_failure")),
    )
    op.create_index(op.f("ix_login_failure_at"), "login_failure", ["at"], unique=False)


def _secret() -> None:
    op.create_table(
        "secret",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secret")),
    )


def _spent_challenge() -> None:
    op.create_table(
        "spent_challenge",
        sa.Column("token", sa.String(length=128), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_spent_challenge")),
    )
    op.create_index(op.f("ix_spent_challenge_expires_at"), "spent_challenge", ["expires_at"], unique=False)


def _alias() -> None:
    op.create_table(
        "alias",
        sa.Column("id", ID, nullable=False),
        sa.Column("domain_id", ID, nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["domain_id"], ["domain.id"], name=op.f("fk_alias_domain_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alias")),
        sa.UniqueConstraint("address", name=op.f("uq_alias_address")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alias_domain_id"), "alias", ["domain_id"], unique=False)


def _dkim_key() -> None:
    op.create_table(
        "dkim_key",
        sa.Column("id", ID, nullable=False),
        sa.Column("domain_id", ID, nullable=False),
        sa.Column("selector", sa.String(length=63), nullable=False),
        sa.Column("algorithm", sa.String(length=16), nullable=False),
        sa.Column("private_key", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["domain_id"], ["domain.id"], name=op.f("fk_dkim_key_domain_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dkim_key")),
        sa.UniqueConstraint("domain_id", "selector", name=op.f("uq_dkim_key_domain_id_selector")),
        sqlite_autoincrement=True,
    )


def _registration() -> None:
    op.create_table(
        "registration",
        sa.Column("id", ID, nullable=False),
        sa.Column("domain_id", ID, nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("peer", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.id"], name=op.f("fk_registration_domain_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_registration_address"), "registration", ["address"], unique=False)
    op.create_index(op.f("ix_registration_domain_id"), "registration", ["domain_id"], unique=False)
    op.create_index("ix_registration_peer_created_at", "registration", ["peer", "created_at"], unique=False)


def _user() -> None:
    op.create_table(
        "user",
        sa.Column("id", ID, nullable=False),
        sa.Column("domain_id", ID, nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("quota_bytes", sa.BigInteger(), nullable=True),
        sa.Column("quota_messages", sa.BigInteger(), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("administrator", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["domain_id"], ["domain.id"], name=op.f("fk_user_domain_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("address", name=op.f("uq_user_address")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_user_domain_id"), "user", ["domain_id"], unique=False)


def _alias_target() -> None:
    op.create_table(
        "alias_target",
        sa.Column("alias_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(["alias_id"], ["alias.id"], name=op.f("fk_alias_target_alias_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alias_id", "position", name=op.f("pk_alias_target")),
    )
    op.create_index(op.f("ix_alias_target_address"), "alias_target", ["address"], unique=False)


def _domain_administrator() -> None:
    op.create_table(
        "domain_administrator",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("domain_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.id"], name=op.f("fk_domain_administrator_domain_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_domain_administrator_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "domain_id", name=op.f("pk_domain_administrator")),
    )
    op.create_index(op.f("ix_domain_administrator_domain_id"), "domain_administrator", ["domain_id"], unique=False)


def _user_preference() -> None:
    op.create_table(
        "user_preference",
        sa.Column("user_id", ID, autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_preference_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_preference")),
    )


def _web_session() -> None:
    op.create_table(
        "web_session",
        sa.Column("id", sa.String(length=43), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("peer", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_web_session_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
    )
    op.create_index(op.f("ix_web_session_expires_at"), "web_session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_web_session_user_id"), "web_session", ["user_id"], unique=False)
