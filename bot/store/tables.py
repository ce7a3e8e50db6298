"""The tables. A change here needs a migration beside it; a test compares the two."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, DateTime, Float, Index, Integer, MetaData, Table, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# What is asked, for the owners of the documents. There is no column for who asked.
question = Table(
    "question",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),  # UTC
    Column("platform", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("answered", Boolean(create_constraint=False), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("documents", JSON, nullable=False),  # paths that were cited, best first
    Column("unmatched", JSON, nullable=False),  # words that were found nowhere
    Index(None, "at"),
)

# Whether an answer helped: one voice a person and question, the last one counts. Who it was cannot be read from it.
rating = Table(
    "rating",
    metadata,
    Column("voice", Text, primary_key=True),  # hexadecimal SHA-256
    Column("at", DateTime, nullable=False),  # UTC
    Column("platform", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("helpful", Boolean(create_constraint=False), nullable=False),
    Column("documents", JSON, nullable=False),
    Index(None, "at"),
)

# Where the bot has been, and what it needs to post there unasked.
conversation = Table(
    "conversation",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("reference", Text, nullable=False),  # the platform's own JSON
)
