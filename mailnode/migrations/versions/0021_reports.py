"""What others report about our domains."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# SQLite counts rows by INTEGER only; PostgreSQL needs the 64 bits said.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "waiting_report",
        sa.Column("id", ID, nullable=False),
        sa.Column("domain_id", ID, nullable=False),
        sa.Column("blob_id", ID, nullable=False),
        *_numbers("received_at"),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.id"], name=op.f("fk_waiting_report_domain_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_waiting_report_blob_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_report")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_waiting_report_blob_id", "waiting_report", ["blob_id"])
    op.create_index("ix_waiting_report_domain_id", "waiting_report", ["domain_id"])
    op.create_table(
        "domain_report",
        sa.Column("id", ID, nullable=False),
        sa.Column("domain_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        *_texts("organisation", "contact", "report_id", "policy"),
        *_numbers("begin", "end", "received_at"),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.id"], name=op.f("fk_domain_report_domain_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domain_report")),
        sqlite_autoincrement=True,
    )
    own = ["domain_id", "kind", "organisation", "report_id"]
    op.create_index("uq_domain_report_report_id", "domain_report", own, unique=True)
    op.create_index("ix_domain_report_end", "domain_report", ["domain_id", "kind", "end"])
    op.create_index("ix_domain_report_received_at", "domain_report", ["received_at"])
    _rows(
        "dmarc_row",
        sa.Column("client", sa.String(length=48), nullable=False),
        *_numbers("count"),
        sa.Column("disposition", sa.String(length=16), nullable=False),
        sa.Column("dkim", sa.String(length=8), nullable=False),
        sa.Column("spf", sa.String(length=8), nullable=False),
        *_texts("author_domain", "dkim_domains", "spf_domain"),
    )
    _rows(
        "tls_row",
        sa.Column("policy", sa.String(length=32), nullable=False),
        *_texts("result", "mx", "client"),
        *_numbers("count"),
    )


def _rows(table: str, *columns: sa.Column[str] | sa.Column[int]) -> None:
    report = "domain_report_id"
    op.create_table(
        table,
        sa.Column(report, ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint([report], ["domain_report.id"], name=op.f(f"fk_{table}_{report}"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(report, "number", name=op.f(f"pk_{table}")),
    )
