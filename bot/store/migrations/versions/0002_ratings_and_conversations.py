"""Whether answers helped, and where the bot can post unasked."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Makes both tables."""
    op.create_table(
        "rating",
        sa.Column("voice", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("helpful", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("documents", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("voice", name="pk_rating"),
    )
    op.create_index("ix_rating_at", "rating", ["at"])
    op.create_table(
        "conversation",
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("platform", "id", name="pk_conversation"),
    )


def downgrade() -> None:
    """Drops them."""
    op.drop_table("conversation")
    op.drop_table("rating")
