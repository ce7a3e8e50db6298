"""What was delivered, is to be said, falls due and was changed; people, and what rooms want to hear of."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TABLES = ("open_question", "known_document", "kept_back", "subscription", "account", "person", "audit_words", "audit",
          "timer", "pause", "lane", "posting", "announcement", "committed", "inbox")  # fmt: skip


def upgrade() -> None:
    """Makes the tables. The guards of the record are put on by `bot.store.guards` after every migration."""
    _make_what_comes_and_goes()
    _make_what_is_said()
    _make_the_record()
    _make_people()
    _make_the_library()


def downgrade() -> None:
    """Drops them."""
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS archway_refuse()")
        op.execute("DROP FUNCTION IF EXISTS archway_only_erase()")


def _make_what_comes_and_goes() -> None:
    op.create_table(
        "inbox",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("claimed_until", sa.Float, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("handled_at", sa.Float),
        sa.Column("fault", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_inbox"),
    )
    op.create_index("ix_inbox_handled_at_at", "inbox", ["handled_at", "at"])
    op.create_table(
        "timer",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("due", sa.DateTime, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("fault", sa.Text, nullable=False),
        sa.Column("done_at", sa.DateTime),
        sa.PrimaryKeyConstraint("key", name="pk_timer"),
    )
    op.create_index("ix_timer_done_at_due", "timer", ["done_at", "due"])
    op.create_table(
        "committed",
        sa.Column("writer", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("writer", name="pk_committed"),
    )


def _make_what_is_said() -> None:
    op.create_table(
        "announcement",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("over", sa.Boolean(create_constraint=False), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_announcement"),
    )
    op.create_index("ix_announcement_subject", "announcement", ["subject"])
    op.create_index("ix_announcement_at", "announcement", ["at"])
    op.create_table(
        "posting",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("announcement", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("trying", sa.Integer, nullable=False),
        sa.Column("post", sa.Text, nullable=False),
        sa.Column("thread", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("fault", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("posted_at", sa.DateTime),
        sa.PrimaryKeyConstraint("id", name="pk_posting"),
        sa.ForeignKeyConstraint(["announcement"], ["announcement.key"], name="fk_posting_announcement_announcement"),
        sa.UniqueConstraint("room", "announcement", name="uq_posting_room_announcement"),
    )
    op.create_index("ix_posting_state_room_id", "posting", ["state", "room", "id"])
    op.create_index("ix_posting_announcement", "posting", ["announcement"])
    op.create_index("ix_posting_room_post", "posting", ["room", "post"])
    op.create_index("ix_posting_room_thread", "posting", ["room", "thread"])
    op.create_table(
        "lane",
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("leased_until", sa.Float, nullable=False),
        sa.Column("not_before", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("room", name="pk_lane"),
    )
    op.create_table(
        "pause",
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("until", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("platform", name="pk_pause"),
    )
    op.create_table(
        "subscription",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscription"),
        sa.UniqueConstraint("room", "words", name="uq_subscription_room_words"),
    )
    op.create_table(
        "kept_back",
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("announcement", sa.Text, nullable=False),
        sa.Column("until", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("room", "announcement", "until", name="pk_kept_back"),
        sa.ForeignKeyConstraint(["announcement"], ["announcement.key"], name="fk_kept_back_announcement_announcement"),
    )
    op.create_index("ix_kept_back_announcement", "kept_back", ["announcement"])


def _make_the_record() -> None:
    op.create_table(
        "audit",
        sa.Column("sequence", NUMBER, nullable=False, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit"),
    )
    op.create_table(
        "audit_words",
        sa.Column("sequence", NUMBER, nullable=False, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("salt", sa.Text),
        sa.Column("words", sa.Text),
        sa.PrimaryKeyConstraint("sequence", "name", name="pk_audit_words"),
        sa.ForeignKeyConstraint(["sequence"], ["audit.sequence"], name="fk_audit_words_sequence_audit"),
    )


def _make_people() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("entra_id", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("email", name="uq_person_email"),
        sa.UniqueConstraint("entra_id", name="uq_person_entra_id"),
    )
    op.create_table(
        "account",
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("person", sa.Text),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("platform", "id", name="pk_account"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_account_person_person"),
    )
    op.create_index("ix_account_person", "account", ["person"])
    op.create_index("ix_account_email", "account", ["email"])


def _make_the_library() -> None:
    op.create_table(
        "known_document",
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("base", sa.JSON),
        sa.Column("announcement", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime),
        sa.PrimaryKeyConstraint("path", name="pk_known_document"),
    )
    op.create_index("ix_known_document_announcement", "known_document", ["announcement"])
    op.create_table(
        "open_question",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("answered_at", sa.DateTime),
        sa.PrimaryKeyConstraint("id", name="pk_open_question"),
    )
