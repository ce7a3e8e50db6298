"""The tables. A change here needs a migration beside it; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

from bot.store.types import Facts, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself in INTEGER alone

# What is asked, for the owners of the documents. There is no column for who asked.
question = Table(
    "question",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),  # UTC
    Column("platform", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("answered", Boolean(create_constraint=False), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("documents", Facts, nullable=False),  # paths that were cited, best first
    Column("unmatched", Facts, nullable=False),  # words that were found nowhere
    Index(None, "at"),
)

# Whether an answer helped: one voice a person and question, the last one counts. Who it was cannot be read from it.
rating = Table(
    "rating",
    metadata,
    Column("voice", Words, primary_key=True),  # hexadecimal SHA-256
    Column("at", DateTime, nullable=False),  # UTC
    Column("platform", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("helpful", Boolean(create_constraint=False), nullable=False),
    Column("documents", Facts, nullable=False),
    Index(None, "at"),
)

# Where the bot has been, and what it needs to post there unasked.
conversation = Table(
    "conversation",
    metadata,
    Column("platform", Words, primary_key=True),
    Column("id", Words, primary_key=True),
    Column("organisation", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("reference", Words, nullable=False),  # the platform's own JSON
)

# Deliveries that change something, recorded before they are acknowledged. The body goes when the work is done, the key
# stays for as long as the same delivery may come again. Seconds since the epoch, by the database's clock.
inbox = Table(
    "inbox",
    metadata,
    Column("key", Words, primary_key=True),
    Column("platform", Words, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", Float, nullable=False),
    Column("claimed_until", Float, nullable=False),  # whoever works on it has until then
    Column("attempts", Integer, nullable=False),
    Column("handled_at", Float),
    Column("fault", Words, nullable=False),  # why it was set aside; "" while it is not
    Index(None, "handled_at", "at"),
)

# What is said unasked, as it is now. A higher revision makes the posts of it be updated.
announcement = Table(
    "announcement",
    metadata,
    Column("key", Words, primary_key=True),
    Column("subject", Words, nullable=False),
    Column("topic", Words, nullable=False),
    Column("facts", Facts, nullable=False),
    Column("revision", Integer, nullable=False),  # from 1
    Column("at", DateTime, nullable=False),  # UTC
    Column("over", Boolean(create_constraint=False), nullable=False),  # pointless where it was not posted yet
    Index(None, "subject"),
    Index(None, "at"),
)

# An announcement in a room: to be posted, posted, or set aside. The order in a room is that of the ids: they are
# given under one lock, and so in the order in which they become visible.
posting = Table(
    "posting",
    metadata,
    Column("id", Number, primary_key=True),
    Column("room", Words, nullable=False),
    Column("announcement", Words, ForeignKey("announcement.key"), nullable=False),
    Column("state", Words, nullable=False),  # waiting, maybe_sent, posted, superseded, set_aside
    Column("revision", Integer, nullable=False),  # that stands there; 0: none
    Column("trying", Integer, nullable=False),  # the revision that may have been sent
    Column("post", Words, nullable=False),
    Column("thread", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fault", Words, nullable=False),
    Column("at", DateTime, nullable=False),  # UTC
    Column("posted_at", DateTime),  # UTC
    UniqueConstraint("room", "announcement"),
    Index(None, "state", "room", "id"),
    Index(None, "announcement"),
    Index(None, "room", "post"),
    Index(None, "room", "thread"),
)

# One row a room that was ever announced in: who may post there, and not before when. Seconds by the database's clock.
lane = Table(
    "lane",
    metadata,
    Column("room", Words, primary_key=True),
    Column("platform", Words, nullable=False),
    Column("owner", Words, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("leased_until", Float, nullable=False),
    Column("not_before", Float, nullable=False),
)

# A platform that asked for patience everywhere.
pause = Table(
    "pause",
    metadata,
    Column("platform", Words, primary_key=True),
    Column("until", Float, nullable=False),
)

# What falls due. The key stays when it is done: set again, it does not happen again.
timer = Table(
    "timer",
    metadata,
    Column("key", Words, primary_key=True),
    Column("due", DateTime, nullable=False),  # UTC
    Column("topic", Words, nullable=False),
    Column("facts", Facts, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fault", Words, nullable=False),
    Column("done_at", DateTime),  # UTC
    Index(None, "done_at", "due"),
)

# What each writer committed last, on PostgreSQL: whoever was cut while committing looks here whether it was committed.
# (`pg_xact_status` cannot tell: after a crash the number of a transaction that was lost is given to another one.)
committed = Table(
    "committed",
    metadata,
    Column("writer", Words, primary_key=True),
    Column("unit", Words, nullable=False),
    Column("at", Float, nullable=False),  # seconds since the epoch, by the database's clock
)

# The record: a hash chain over canonical JSON. Triggers refuse to change or delete a row, on both databases.
audit = Table(
    "audit",
    metadata,
    Column("sequence", Number, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("body", Words, nullable=False),  # RFC 8785
    Column("previous", Words, nullable=False),  # hexadecimal SHA-256
    Column("hash", Words, nullable=False),
)

# What people wrote, beside the chain: the body holds its salted digest. Erasing takes text and salt.
audit_words = Table(
    "audit_words",
    metadata,
    Column("sequence", Number, ForeignKey("audit.sequence"), primary_key=True, autoincrement=False),
    Column("name", Words, primary_key=True),
    Column("salt", Words),
    Column("words", Words),
)

# One human, however many accounts. Linked by verified e-mail or Entra object id, by nothing else.
person = Table(
    "person",
    metadata,
    Column("id", Words, primary_key=True),
    Column("email", Words, unique=True),
    Column("entra_id", Words, unique=True),
)

account = Table(
    "account",
    metadata,
    Column("platform", Words, primary_key=True),
    Column("id", Words, primary_key=True),
    Column("organisation", Words, nullable=False),
    Column("person", Words, ForeignKey("person.id")),
    Column("standing", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("email", Words, nullable=False),
    Column("seen_at", DateTime, nullable=False),  # UTC
    Index(None, "person"),
    Index(None, "email"),
)

# Which rooms hear of what.
subscription = Table(
    "subscription",
    metadata,
    Column("id", Number, primary_key=True),
    Column("room", Words, nullable=False),
    Column("words", Words, nullable=False),  # as `bot.domain.subscriptions` reads and writes them
    Column("by", Words, nullable=False),
    Column("at", DateTime, nullable=False),  # UTC
    UniqueConstraint("room", "words"),
)

# What a room with quiet hours or a digest has not heard yet.
kept_back = Table(
    "kept_back",
    metadata,
    Column("room", Words, primary_key=True),
    Column("announcement", Words, ForeignKey("announcement.key"), primary_key=True),
    Column("until", Words, primary_key=True),  # the key of the timer that lets it go
    Column("at", DateTime, nullable=False),  # UTC
    Index(None, "announcement"),
)

# The library as it was when it was last looked at, to tell what has changed since.
known_document = Table(
    "known_document",
    metadata,
    Column("path", Words, primary_key=True),
    Column("facts", Facts, nullable=False),  # as it is
    Column("base", Facts),  # as it was before the change that is still being announced
    Column("announcement", Words, nullable=False),  # under which it is; "" for none
    Column("since", DateTime),  # UTC
    Index(None, "announcement"),
)

# Questions that went to the architects.
open_question = Table(
    "open_question",
    metadata,
    Column("id", Number, primary_key=True),
    Column("question", Words, nullable=False),
    Column("platform", Words, nullable=False),
    Column("account", Words, nullable=False),  # who asked
    Column("name", Words, nullable=False),
    Column("room", Words, nullable=False),  # where the reply goes
    Column("at", DateTime, nullable=False),  # UTC
    Column("answered_at", DateTime),  # UTC
)

# Exception requests and the waivers that came of them: the request whole, and beside it what is searched. The number is that
# of its id, "EX-7".
exception_request = Table(
    "exception_request",
    metadata,
    Column("number", Number, primary_key=True),
    Column("stage", Words, nullable=False),
    Column("status", Words, nullable=False),
    Column("target", Words, nullable=False),  # the id of the clause or standard
    Column("document", Words, nullable=False),  # its path
    Column("standard", Words, nullable=False),  # the document's id
    Column("service", Words, nullable=False),  # case-folded
    Column("asker", Words, nullable=False),  # their person when it was written; "" for nobody's
    Column("platform", Words, nullable=False),  # of the account that they asked with
    Column("account", Words, nullable=False),
    Column("asked_at", DateTime, nullable=False),  # UTC
    Column("until", Words, nullable=False),  # the last day in ISO 8601, as wished or as granted
    Column("ends", DateTime),  # UTC; the first moment after the waiver
    Column("facts", Facts, nullable=False),
    Index(None, "status"),
    Index(None, "document"),
    Index(None, "standard"),
    Index(None, "service"),
    Index(None, "asker"),
    Index(None, "platform", "account"),
    Index(None, "asked_at"),
)

# Which entries of the record are about a request: what its receipt proves it with.
exception_entry = Table(
    "exception_entry",
    metadata,
    Column("request", Number, ForeignKey("exception_request.number"), primary_key=True, autoincrement=False),
    Column("sequence", Number, ForeignKey("audit.sequence"), primary_key=True, autoincrement=False),
)

# Who is away, and who speaks for them: the last absence of each person.
absence = Table(
    "absence",
    metadata,
    Column("away", Words, primary_key=True),  # the person
    Column("account", Words, nullable=False),  # with which they said so: "slack:U012"
    Column("delegate", Words, nullable=False),  # a person; "" for none
    Column("delegate_account", Words, nullable=False),
    Column("ends", DateTime, nullable=False),  # UTC
    Column("facts", Facts, nullable=False),
)

# Forms that somebody has begun to fill in, so that nothing typed is lost. Forgotten after `drafts.KEEP`.
draft = Table(
    "draft",
    metadata,
    Column("platform", Words, primary_key=True),
    Column("account", Words, primary_key=True),
    Column("form", Words, primary_key=True),
    Column("facts", Facts, nullable=False),  # texts by the names of the fields
    Column("at", DateTime, nullable=False),  # UTC
    Index(None, "at"),
)

# What decisions demand afterwards.
obligation = Table(
    "obligation",
    metadata,
    Column("id", Number, primary_key=True),
    Column("subject", Words, nullable=False),  # what it follows from: "EX-7"
    Column("number", Integer, nullable=False),  # there, from 1
    Column("what", Words, nullable=False),
    Column("owner", Words, nullable=False),  # an e-mail address
    Column("due", Words, nullable=False),  # the last day in ISO 8601
    Column("ends", DateTime, nullable=False),  # UTC; the end of that day
    Column("at", DateTime, nullable=False),  # UTC; since when
    Column("met_at", DateTime),  # UTC
    Column("evidence", Words, nullable=False),
    Column("kind", Words, nullable=False, server_default="condition"),  # `bot.domain.obligations.Kind`
    Column("title", Words, nullable=False, server_default=""),  # of what it follows from
    Column("given_by", Words, nullable=False, server_default=""),  # the account that demanded it: "slack:U012"
    Column("met_by", Words, nullable=False, server_default=""),  # an account
    Column("overdue_at", DateTime),  # UTC
    UniqueConstraint("subject", "number"),
    Index(None, "owner"),
    Index(None, "met_at"),
)

# Architecture reviews: each whole, and beside it what is searched. The number is that of its id, "RV-3".
review = Table(
    "review",
    metadata,
    Column("number", Number, primary_key=True),
    Column("stage", Words, nullable=False),
    Column("outcome", Words, nullable=False),  # of the decision matrix: "light"
    Column("service", Words, nullable=False),  # case-folded
    Column("asker", Words, nullable=False),  # their person when it was written; "" for nobody's
    Column("platform", Words, nullable=False),  # of the account that they asked with
    Column("account", Words, nullable=False),
    Column("asked_at", DateTime, nullable=False),  # UTC
    Column("decided_at", DateTime),  # UTC
    Column("meeting", Words, nullable=False),  # the day of the board that takes it, in ISO 8601; "" for none
    Column("facts", Facts, nullable=False),
    Index(None, "stage"),
    Index(None, "service"),
    Index(None, "asker"),
    Index(None, "asked_at"),
    Index(None, "decided_at"),
    Index(None, "meeting"),
    Index(None, "platform", "account"),
)

# Incidents with the decisions of their bridges: each whole, and beside it what is searched. The number is that of its id,
# "INC-12"; `key` is what the tool of `source` calls it, both "" for one that was opened here.
incident = Table(
    "incident",
    metadata,
    Column("number", Number, primary_key=True),
    Column("key", Words, nullable=False),
    Column("source", Words, nullable=False),
    Column("room", Words, nullable=False),  # its bridge: "slack:C0INC"; "" for none
    Column("stage", Words, nullable=False),
    Column("severity", Words, nullable=False),
    Column("service", Words, nullable=False),  # case-folded
    Column("opened_at", DateTime, nullable=False),  # UTC
    Column("closed_at", DateTime),  # UTC
    Column("facts", Facts, nullable=False),
    Index(None, "stage"),
    Index(None, "opened_at"),
    Index(  # one is open in a room at a time
        "uq_incident_open",
        "room",
        unique=True,
        sqlite_where=text("closed_at IS NULL AND room <> ''"),
        postgresql_where=text("closed_at IS NULL AND room <> ''"),
    ),
    Index(
        "uq_incident_key",
        "source",
        "key",
        unique=True,
        sqlite_where=text("key <> ''"),
        postgresql_where=text("key <> ''"),
    ),
)

# Documents that were drafted from a decision, and where they were written.
drafted_document = Table(
    "drafted_document",
    metadata,
    Column("id", Number, primary_key=True),
    Column("subject", Words, nullable=False),  # what it follows from: "RV-3", "INC-12"
    Column("path", Words, nullable=False),  # relative to the knowledge folder
    Column("text", Words, nullable=False),
    Column("at", DateTime, nullable=False),  # UTC
    Column("written_at", DateTime),  # UTC
    Column("place", Words, nullable=False),  # where it was written: a branch or a file; "" for nowhere yet
    UniqueConstraint("subject", "path"),
)
