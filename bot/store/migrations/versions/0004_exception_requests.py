"""Exception requests with their proofs, absences, drafts of forms, and obligations."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TABLES = ("obligation", "draft", "absence", "exception_entry", "exception_request")


def upgrade() -> None:
    """Makes the tables."""
    _make_the_requests()
    _make_what_belongs_to_people()
    op.create_table(
        "obligation",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("due", sa.Text, nullable=False),
        sa.Column("ends", sa.DateTime, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("met_at", sa.DateTime),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_obligation"),
        sa.UniqueConstraint("subject", "number", name="uq_obligation_subject_number"),
    )


def downgrade() -> None:
    """Drops them."""
    for table in TABLES:
        op.drop_table(table)


def _make_the_requests() -> None:
    op.create_table(
        "exception_request",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("standard", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("asker", sa.Text, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.Column("until", sa.Text, nullable=False),
        sa.Column("ends", sa.DateTime),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_exception_request"),
    )
    for column in ("status", "document", "standard", "service", "asker", "asked_at"):
        op.create_index(f"ix_exception_request_{column}", "exception_request", [column])
    op.create_index("ix_exception_request_platform_account", "exception_request", ["platform", "account"])
    op.create_table(
        "exception_entry",
        sa.Column("request", NUMBER, nullable=False, autoincrement=False),
        sa.Column("sequence", NUMBER, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("request", "sequence", name="pk_exception_entry"),
        sa.ForeignKeyConstraint(
            ["request"], ["exception_request.number"], name="fk_exception_entry_request_exception_request"
        ),
        sa.ForeignKeyConstraint(["sequence"], ["audit.sequence"], name="fk_exception_entry_sequence_audit"),
    )


def _make_what_belongs_to_people() -> None:
    op.create_table(
        "absence",
        sa.Column("away", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("delegate", sa.Text, nullable=False),
        sa.Column("delegate_account", sa.Text, nullable=False),
        sa.Column("ends", sa.DateTime, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("away", name="pk_absence"),
    )
    op.create_table(
        "draft",
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("platform", "account", "form", name="pk_draft"),
    )
    op.create_index("ix_draft_at", "draft", ["at"])
