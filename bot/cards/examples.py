"""One example or more of every card in the catalog: for the gallery, the snapshots and whoever writes the next card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from bot.cards import catalog
from bot.cards.examples_of_announcements import EXAMPLES_OF_ANNOUNCEMENTS
from bot.cards.examples_of_exception_news import EXAMPLES_OF_EXCEPTION_NEWS
from bot.cards.examples_of_exceptions import EXAMPLES_OF_EXCEPTIONS
from bot.cards.examples_of_incidents import EXAMPLES_OF_INCIDENTS
from bot.cards.examples_of_obligations import EXAMPLES_OF_OBLIGATIONS
from bot.cards.examples_of_questions import EXAMPLES_OF_QUESTIONS
from bot.cards.examples_of_reviews import EXAMPLES_OF_REVIEWS
from bot.cards.model import Button, Card, Field, Form, Said
from bot.cards.openers import opened_from
from bot.domain.exception_register import Counts as Standing
from bot.domain.people import Account
from bot.errors import UnknownId
from knowledge.documents import Answer, Citation, Clause, Counts, Document, Kind, Level, Line, Passage, Shown, Status

FORGE = "https://git.example.org/architecture/blob/3f1c9ab/"

ENCRYPTION = Citation(
    id="STD-003",
    clause=None,
    kind=Kind.STANDARD,
    status=Status.ACCEPTED,
    title="Encryption in transit and at rest",
    path="standards/STD-003-encryption.md",
    heading="Encryption at rest",
    anchor="encryption-at-rest",
    url=f"{FORGE}standards/STD-003-encryption.md#encryption-at-rest",
    owner="security@example.org",
    reviewed=date(2026, 10, 6),
    score=0.91,
)
SECRETS = replace(
    ENCRYPTION,
    id="STD-002",
    title="Secrets and keys",
    path="standards/STD-002-secrets-and-keys.md",
    heading="Keys",
    anchor="keys",
    url=f"{FORGE}standards/STD-002-secrets-and-keys.md#keys",
    reviewed=date(2026, 5, 2),
    score=0.64,
)
LEAKED = "A leaked secret is replaced at its issuer within one hour; deleting the commit is not enough."
BROKER = Citation(
    id="ADR-0002",
    clause=None,
    kind=Kind.ADR,
    status=Status.SUPERSEDED,
    title="Use RabbitMQ for events between services",
    path="adrs/0002-use-rabbitmq.md",
    heading="Decision",
    anchor="decision",
    url=f"{FORGE}adrs/0002-use-rabbitmq.md#decision",
    owner="platform@example.org",
    reviewed=None,
    score=0.71,
)
KAFKA = replace(
    BROKER,
    id="ADR-0004",
    status=Status.ACCEPTED,
    title="Use Kafka for events between services",
    path="adrs/0004-use-kafka.md",
    url=f"{FORGE}adrs/0004-use-kafka.md#decision",
    reviewed=date(2026, 3, 11),
    score=0.88,
)
FAILOVER = Citation(
    id="RUN-002",
    clause=None,
    kind=Kind.RUNBOOK,
    status=Status.ACCEPTED,
    title="Fail over the primary database",
    path="runbooks/RUN-002-database-failover.md",
    heading="Promote the standby",
    anchor="promote-the-standby",
    url=f"{FORGE}runbooks/RUN-002-database-failover.md#promote-the-standby",
    owner="database@example.org",
    reviewed=date(2026, 8, 21),
    score=0.83,
)

AT_REST = Clause(
    "STD-003.12",
    Level.MUST,
    "Object storage buckets MUST be encrypted at rest with a customer-managed key of the platform's KMS.",
    61,
)
ROTATION = Clause("STD-003.13", Level.SHOULD, "Keys SHOULD be rotated every twelve months, by the KMS itself.", 63)
PUBLIC = Clause(
    "STD-003.14", Level.MUST_NOT, "A key MUST NOT be shared between environments or between data classes.", 64
)

STANDARD = Document(
    path=ENCRYPTION.path,
    id="STD-003",
    title=ENCRYPTION.title,
    kind=Kind.STANDARD,
    status=Status.ACCEPTED,
    digest="9f" * 32,
    passages=(Passage("Encryption at rest", (), "encryption-at-rest", 58, "", (AT_REST, ROTATION, PUBLIC)),),
    owner="security@example.org",
    controls=("SOC2:CC6.1", "ISO27001:A.8.24", "PCI:3.5"),
    reviewed=date(2026, 10, 6),
    review_every="12 months",
)


def _line(clause: Clause, where: Citation = ENCRYPTION) -> Line:
    return Line(clause.text, clause.level, replace(where, clause=clause.id))


BUCKETS = Answer(
    question="how do we encrypt buckets?",
    answered=True,
    confidence=0.93,
    answer=(_line(AT_REST), _line(ROTATION)),
    results=(
        ENCRYPTION,
        SECRETS,
        KAFKA,
        FAILOVER,
        replace(SECRETS, id="STD-011", path="11", title="Object storage"),
        replace(SECRETS, id="STD-014", path="14", title="Data classes and where they may live"),
    ),
)
STANDING = {AT_REST.id: Standing(in_force=2, pending=1), ROTATION.id: Standing(pending=2), "STD-003": Standing(1)}
GRACE = Account("slack", "U0123ABC", name="Grace Hopper")
HOLDINGS = Counts(documents=46, passages=410, clauses=318)


def _answer() -> Card:
    """Two clauses of one section; the second names only what differs. More leads to the rest of what was found."""
    return catalog.answer(BUCKETS)


def _answer_for_all() -> Card:
    """In a thread, where everybody sees it: there is nothing left to share."""
    return catalog.answer(replace(BUCKETS, results=BUCKETS.results[:3]), for_all=True)


def _whole_answer() -> Card:
    """What More leads to: every line and every document, in the place of the short form."""
    return catalog.whole_answer(replace(BUCKETS, answer=(*BUCKETS.answer, _line(PUBLIC))))


def _shared_answer() -> Card:
    """An answer that somebody showed to the whole room."""
    return catalog.shared_answer(BUCKETS, GRACE)


def _thanks() -> Card:
    """After Helpful."""
    return catalog.thanks(helpful=True)


def _thanks_not_helpful() -> Card:
    """After Not helpful."""
    return catalog.thanks(helpful=False)


def _share_form() -> Form:
    """Where to, asked where somebody is alone with the bot."""
    return catalog.share_form(
        BUCKETS.question, [("C01", "payments-platform"), ("C02", "architecture"), ("C03", "incidents-🔥")]
    )


def _question_form() -> Form:
    """Where one asks, from the home tab."""
    return catalog.question_form()


def _question_form_from_a_message() -> Form:
    """The same with the words of a message, which can be put right before they are sent."""
    return catalog.question_form(
        "Does anybody know\nwhether we may use one KMS key for staging and production? The auditors ask."
    )


def _home() -> Card:
    """What somebody sees who opens the app."""
    return catalog.home(HOLDINGS, (ENCRYPTION, SECRETS, KAFKA, FAILOVER), "/arch")


def _home_of_an_empty_library() -> Card:
    """The same before there is any document."""
    return catalog.home(Counts(0, 0, 0), (), "/arch")


def _welcome() -> Card:
    """A first word where the bot has just been added in Teams."""
    return catalog.welcome(HOLDINGS)


def _welcome_with_a_command_word() -> Card:
    """The same in Slack."""
    return catalog.welcome(HOLDINGS, "/arch")


def _link_to_a_clause() -> Said:
    """What is shown below a link to a document of ours that somebody posted. It has no buttons."""
    return catalog.results(((replace(ENCRYPTION, clause=AT_REST.id), AT_REST.text),))


def _answer_where_architects_are() -> Card:
    """Where there is a room for questions, an architect can be asked as well."""
    return catalog.answer(replace(BUCKETS, results=BUCKETS.results[:3]), architects=True)


def _answer_where_exceptions_stand() -> Card:
    """Waivers and open requests stand below the clauses that they are against, those against all of the standard below each;
    one more can be asked for."""
    return catalog.answer(BUCKETS, architects=True, standing=STANDING)


def _answer_of_one_line() -> Card:
    """The shortest answer there is."""
    return catalog.answer(
        Answer(
            "may two environments share a key?",
            answered=True,
            confidence=0.97,
            answer=(_line(PUBLIC),),
            results=(ENCRYPTION,),
        )
    )


def _answer_superseded() -> Card:
    """The source is superseded: its status stands in the source, the successor in the warning."""
    line = Line("We will use RabbitMQ, with quorum queues, for all events between services.", None, BROKER)
    note = "ADR-0002 is superseded by ADR-0004 (Use Kafka for events between services)."
    return catalog.answer(
        Answer(
            "why did we choose rabbitmq",
            answered=True,
            confidence=0.78,
            answer=(line,),
            results=(BROKER, KAFKA),
            notes=(note,),
        )
    )


def _answer_did_you_mean() -> Card:
    """Misspelt words are put right, and what no document mentions is said."""
    return catalog.answer(
        Answer(
            question="encrpyt bukcets in hadoop",
            answered=True,
            confidence=0.71,
            answer=(_line(AT_REST),),
            results=(ENCRYPTION, SECRETS),
            did_you_mean="encrypt buckets in hadoop",
            unmatched=("hadoop",),
        )
    )


def _answer_runbook() -> Card:
    """Steps of one passage share one quote; a line of code stays one."""
    steps = (
        "1. Stop the writers: scale the api and worker deployments to zero.",
        "2. Wait until the standby has replayed everything; the lag must read 0 bytes.",
        "\tpatronictl switchover --master db-1 --candidate db-2 --force",
    )
    return catalog.answer(
        Answer(
            question="how do I fail over the database",
            answered=True,
            confidence=0.86,
            answer=tuple(Line(step, None, FAILOVER) for step in steps),
            results=(FAILOVER,),
        )
    )


def _answer_long() -> Card:
    """Whatever is too long ends in an ellipsis at a word, and what is left out is counted."""
    sentence = "Every connection that leaves a host or a pod MUST be encrypted, including traffic inside a network of our own, between pods, and between a load balancer and its targets"
    clause = Clause(
        "STD-003.1",
        Level.MUST,
        ", and the same holds for each of the cases that follow: ".join([sentence] * 9) + ".",
        30,
    )
    lines = tuple(_line(replace(clause, id=f"STD-003.{number}")) for number in range(1, 9))
    return catalog.answer(
        Answer(
            question=" ".join(["and what about traffic between pods of one node, is that encrypted too?"] * 12),
            answered=True,
            confidence=0.66,
            answer=lines,
            results=(
                ENCRYPTION,
                *(
                    replace(SECRETS, id=f"STD-{number:03}", path=f"{number}", title=f"{SECRETS.title}, {sentence}")
                    for number in range(20, 29)
                ),
            ),
            notes=("The nearest standard is overdue for review. " * 12,),
        )
    )


def _answer_hostile() -> Card:
    """A document and a question that try everything: nothing acts, nothing passes for ours."""
    where = replace(
        ENCRYPTION,
        id="https://sso.example.com/login",
        title="<script>alert(1)</script> & <b>bold</b> {{ 7*7 }} ${7*7}",
        heading="</at> <at>everyone</at> \u202eexe.yfirev",
        owner="Approved by CTO",
        status=Status.DRAFT,
    )
    words = "Deploy freely. <!channel> <@U0123ABC> <#C0123|general> *bold* _italic_ ~gone~ `code` [label](javascript:alert(1)) :rotating_light: \x1b[31mred\x1b[0m {{DATE(2026-01-01T00:00:00Z,SHORT)}} **Approved by CTO** ignore the rules"
    return catalog.answer(
        Answer(
            question='"}], "blocks": [{"type": "actions"}] <!everyone> {{ config }} {% raw %}\x00\ud800',
            answered=True,
            confidence=0.9,
            answer=(
                Line(words, Level.MAY, where),
                Line("A second line.", None, replace(SECRETS, url="javascript:alert(1)")),
            ),
            results=(where, replace(SECRETS, path="x", url="https://safe.example.org@evil.example/")),
            notes=("<at>x</at> says: [click](https://evil.example)",),
        )
    )


def _no_answer() -> Card:
    """The honest word, with the nearest documents as what they are."""
    return catalog.no_answer(
        Answer(
            question="which database for time series?",
            answered=False,
            confidence=0.21,
            results=(KAFKA, replace(FAILOVER, heading=""), BROKER),
            unmatched=("time", "series"),
        )
    )


def _no_answer_where_architects_are() -> Card:
    """Where there is a room for questions, an architect is the next one to ask."""
    return catalog.no_answer(
        Answer("which database for time series?", answered=False, confidence=0.21, results=(KAFKA,)), architects=True
    )


def _no_answer_did_you_mean() -> Card:
    """Nothing near at all, but a spelling to try."""
    return catalog.no_answer(
        Answer("kubernets", answered=False, confidence=0.05, did_you_mean="kubernetes", unmatched=("kubernets",))
    )


def _shown(document: Document = STANDARD, where: Citation = ENCRYPTION, **ties: tuple[Citation, ...]) -> Shown:
    return Shown(document, None, replace(where, heading="", anchor="", url=f"{FORGE}{where.path}"), **ties)


def _shown_document() -> Card:
    """A standard: who answers for it, what it demands, what it is tied to."""
    return catalog.shown(_shown(refers_to=(SECRETS,), referred_from=(KAFKA, FAILOVER)))


def _whole_document() -> Card:
    """A document word for word, for a terminal."""
    return catalog.whole_document(_shown(refers_to=(SECRETS,)))


def _shown_document_superseded() -> Card:
    """A decision that was superseded: what to read instead comes first."""
    document = replace(
        STANDARD,
        path=BROKER.path,
        id=BROKER.id,
        title=BROKER.title,
        kind=Kind.ADR,
        status=Status.SUPERSEDED,
        status_text="Superseded by ADR-0004 on 2025-06-30",
        passages=tuple(
            Passage(heading, (), heading.lower(), 1, f"{text}\nAnd so on.")
            for heading, text in (
                (
                    "Context",
                    "Fourteen services exchange events over HTTP calls, and each outage of one stops three others.",
                ),
                ("Decision", "We will use RabbitMQ, with quorum queues, for all events between services."),
                ("Consequences", "Teams learn one more system, and events outlive an outage of their consumer."),
            )
        ),
        owner="platform@example.org",
        controls=(),
        reviewed=None,
    )
    return catalog.shown(_shown(document, BROKER, superseded_by=(KAFKA,)))


def _shown_document_of_many_clauses() -> Card:
    """A long list of clauses is cut, and the rest is counted."""
    clauses = tuple(replace(AT_REST, id=f"STD-003.{number}") for number in range(1, 31))
    return catalog.shown(_shown(replace(STANDARD, passages=(replace(STANDARD.passages[0], clauses=clauses),))))


def _shown_clause() -> Card:
    """One clause, word for word."""
    return catalog.shown(Shown(STANDARD, AT_REST, replace(ENCRYPTION, clause=AT_REST.id)))


def _shown_clause_where_exceptions_stand() -> Card:
    """How many waivers and open requests stand against a clause; one more can be asked for."""
    return catalog.shown(Shown(STANDARD, AT_REST, replace(ENCRYPTION, clause=AT_REST.id)), STANDING)


def _shown_document_where_exceptions_stand() -> Card:
    """The same for all clauses of a standard together."""
    return catalog.shown(_shown(refers_to=(SECRETS,)), STANDING)


def _results() -> Said:
    """The answer comes first, then the documents; each can be put into the conversation."""
    found = Answer(
        "encrypt buckets", answered=True, confidence=0.93, answer=(_line(AT_REST),), results=(ENCRYPTION, SECRETS)
    )
    return catalog.results(((ENCRYPTION, AT_REST.text), (SECRETS, LEAKED), (BROKER, "")), found)


def _cited() -> Card:
    """A document that was chosen from a search in Teams."""
    return catalog.cited(SECRETS, LEAKED)


def _cited_superseded() -> Card:
    """A chosen document that is not to be followed any more."""
    return catalog.cited(BROKER)


def _help() -> Card:
    """What can be typed after the command word in Slack."""
    return catalog.help_("/arch")


def _help_without_a_command_word() -> Card:
    """The same in a conversation with the bot, where no command word is needed."""
    return catalog.help_("")


def _refusal() -> Card:
    """What was not done, and the next step."""
    return catalog.refusal(UnknownId(id="STD-099", nearest="; the nearest are STD-009, STD-090").sentence)


def _fault() -> Card:
    """Something of ours broke; the log has it under the same reference."""
    return catalog.fault("5f2a9c01")


def _opener() -> Card:
    """A form whose window closed before its answer was there: what is wrong with it, and the button that opens it again."""
    late = "It may run for 120 days at most at moderate risk: until 2027-03-23 or earlier."
    fields = (Field("reason", "Reason", "A spike"), Field("until", "Until", "2027-12-04", day=True, fault=late))
    button = Button("Request an exception", "exception_form", "STD-003.12", form=True)
    form = Form("exception_form", "Request an exception", fields, "Send", "exception_request", opener=button)
    return opened_from(form, was_sent=True)


EXAMPLES: Mapping[str, Callable[[], Said]] = MappingProxyType(
    {
        "answer": _answer,
        "answer_for_all": _answer_for_all,
        "answer_where_architects_are": _answer_where_architects_are,
        "answer_where_exceptions_stand": _answer_where_exceptions_stand,
        "answer_of_one_line": _answer_of_one_line,
        "answer_superseded": _answer_superseded,
        "answer_did_you_mean": _answer_did_you_mean,
        "answer_runbook": _answer_runbook,
        "answer_long": _answer_long,
        "answer_hostile": _answer_hostile,
        "whole_answer": _whole_answer,
        "shared_answer": _shared_answer,
        "thanks": _thanks,
        "thanks_not_helpful": _thanks_not_helpful,
        "no_answer": _no_answer,
        "no_answer_did_you_mean": _no_answer_did_you_mean,
        "no_answer_where_architects_are": _no_answer_where_architects_are,
        "shown_document": _shown_document,
        "whole_document": _whole_document,
        "shown_document_superseded": _shown_document_superseded,
        "shown_document_of_many_clauses": _shown_document_of_many_clauses,
        "shown_clause": _shown_clause,
        "shown_clause_where_exceptions_stand": _shown_clause_where_exceptions_stand,
        "shown_document_where_exceptions_stand": _shown_document_where_exceptions_stand,
        "cited": _cited,
        "cited_superseded": _cited_superseded,
        "question_form": _question_form,
        "question_form_from_a_message": _question_form_from_a_message,
        "share_form": _share_form,
        "home": _home,
        "home_of_an_empty_library": _home_of_an_empty_library,
        "welcome": _welcome,
        "welcome_with_a_command_word": _welcome_with_a_command_word,
        "help": _help,
        "help_without_a_command_word": _help_without_a_command_word,
        "refusal": _refusal,
        "fault": _fault,
        "results": _results,
        "link_to_a_clause": _link_to_a_clause,
        "opener": _opener,
        **EXAMPLES_OF_ANNOUNCEMENTS,
        **EXAMPLES_OF_QUESTIONS,
        **EXAMPLES_OF_EXCEPTIONS,
        **EXAMPLES_OF_EXCEPTION_NEWS,
        **EXAMPLES_OF_OBLIGATIONS,
        **EXAMPLES_OF_INCIDENTS,
        **EXAMPLES_OF_REVIEWS,
    }
)
