"""Reviews, incidents and drafted documents; more of obligations: of which kind, when they became overdue."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ADDED = ("kind", "title", "given_by", "met_by", "overdue_at")


def upgrade() -> None:
    """Makes the tables."""
    with op.batch_alter_table("obligation") as obligation:
        obligation.add_column(sa.Column("kind", sa.Text, nullable=False, server_default="condition"))
        for name in ("title", "given_by", "met_by"):
            obligation.add_column(sa.Column(name, sa.Text, nullable=False, server_default=""))
        obligation.add_column(sa.Column("overdue_at", sa.DateTime))
    for column in ("owner", "met_at"):
        op.create_index(f"ix_obligation_{column}", "obligation", [column])
    _make_reviews()
    _make_incidents()
    op.create_table(
        "drafted_document",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("written_at", sa.DateTime),
        sa.Column("place", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drafted_document"),
        sa.UniqueConstraint("subject", "path", name="uq_drafted_document_subject_path"),
    )


def downgrade() -> None:
    """Drops them."""
    for table in ("drafted_document", "incident", "review"):
        op.drop_table(table)
    for column in ("owner", "met_at"):
        op.drop_index(f"ix_obligation_{column}", "obligation")
    with op.batch_alter_table("obligation") as obligation:
        for name in ADDED:
            obligation.drop_column(name)


def _make_reviews() -> None:
    op.create_table(
        "review",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("asker", sa.Text, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.Column("decided_at", sa.DateTime),
        sa.Column("meeting", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_review"),
    )
    for column in ("stage", "service", "asker", "asked_at", "decided_at", "meeting"):
        op.create_index(f"ix_review_{column}", "review", [column])
    op.create_index("ix_review_platform_account", "review", ["platform", "account"])


def _make_incidents() -> None:
    op.create_table(
        "incident",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime, nullable=False),
        sa.Column("closed_at", sa.DateTime),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_incident"),
    )
    for column in ("stage", "opened_at"):
        op.create_index(f"ix_incident_{column}", "incident", [column])
    # One is open in a room at a time, and a tool's key is of one incident.
    for name, columns, some in (
        ("uq_incident_open", ["room"], "closed_at IS NULL AND room <> ''"),
        ("uq_incident_key", ["source", "key"], "key <> ''"),
    ):
        op.create_index(
            name, "incident", columns, unique=True, sqlite_where=sa.text(some), postgresql_where=sa.text(some)
        )
