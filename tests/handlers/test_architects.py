"""A question goes to the architects on one platform, the answer comes back on the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeVar

import pytest
from sqlalchemy import select, update

from bot.cards import plain
from bot.cards.announcements import card_of
from bot.cards.model import Card, Form, Reply, Silence
from bot.domain.announcements import Announcement
from bot.domain.commands import Ask, AskArchitect, Command, OpenReplyForm, Remark, ReplyToQuestion, pressed
from bot.domain.people import Account, Standing
from bot.errors import NotYet
from bot.settings import STARTER
from bot.store.database import Database
from bot.store.tables import audit, posting
from bot.store.transaction import Transaction
from handlers import handle
from handlers.desk import Desk
from knowledge.library import Library
from knowledge.live import LiveLibrary

T = TypeVar("T")

ENTRA = "3f2c7d1e-5b64-4c0a-9a41-2d8f6e0b1c97"
ADA = Account("teams", ENTRA, "tenant", room="19:payments@thread.tacv2", name="Ada", email="ada@example.org")
GRACE = Account("slack", "U2", "T1", room="C0ASK", name="Grace Hopper", email="grace@example.org")
LINUS = Account("slack", "U3", "T1", room="C0ASK", name="Linus", email="linus@example.org")
QUESTION = "who waters the zeppelins"
ROOM = "slack:C0ASK"


@pytest.fixture(scope="module")
def library() -> Library:
    return LiveLibrary(STARTER, cached_in=None, pattern=None).library


@dataclasses.dataclass
class Office:
    """Where questions are asked and answered: each command in a transaction of its own."""

    database: Database
    library: Library
    questions_room: str = ROOM

    def desk(self, unit: Transaction | None) -> Desk:
        return Desk(
            self.library, self.database._clock, lambda _: None, lambda _: None, questions_room=self.questions_room, store=unit
        )  # fmt: skip

    def reply(self, command: Command) -> Reply:
        def work(unit: Transaction) -> Reply:
            unit.people.meet(command.by)
            return handle(command, self.desk(unit))

        return self.database.write_now(work)

    def card(self, command: Command) -> Card:
        reply = self.reply(command)
        assert isinstance(reply, Card)
        return reply

    def look(self, work: Callable[[Transaction], T]) -> T:
        return self.database.read_now(work)

    def waiting(self, room: str) -> list[Announcement]:
        """What is, or is to be, posted in a room, in order."""

        def found(unit: Transaction) -> list[Announcement]:
            keys = unit.connection.scalars(
                select(posting.c.announcement).where(posting.c.room == room).order_by(posting.c.id)
            )
            return [told for key in keys if (told := unit.outbox.get(key))]

        return self.look(found)

    def posted(self, key: str, post: str) -> None:
        """What the announcer would have done."""

        def done(unit: Transaction) -> None:
            here = posting.c.announcement == key
            unit.connection.execute(update(posting).where(here).values(state="posted", revision=1, post=post))

        self.database.write_now(done)

    def sent(self, key: str) -> None:
        """The announcer has sent it, and does not know yet what became of it."""

        def done(unit: Transaction) -> None:
            here = posting.c.announcement == key
            unit.connection.execute(update(posting).where(here).values(state="maybe_sent", trying=1))

        self.database.write_now(done)

    def actions(self) -> list[str]:
        bodies = self.look(lambda unit: list(unit.connection.scalars(select(audit.c.body).order_by(audit.c.sequence))))
        return [body.partition('"action":"')[2].partition('"')[0] for body in bodies]


@pytest.fixture
def office(database: Database, library: Library) -> Office:
    return Office(database, library)


def asked(office: Office, by: Account = ADA, question: str = QUESTION) -> str:
    """Asks, and gives the question's number."""
    assert office.card(AskArchitect(by, question)).name == "question_sent"
    return str(office.waiting(ROOM)[-1].facts["id"])


def text_of(told: Announcement) -> str:
    return plain.text(card_of(told))


def test_a_question_is_posted_where_the_architects_are(office: Office) -> None:
    asked(office)
    (told,) = office.waiting(ROOM)
    assert QUESTION in text_of(told)
    assert "Asked by Ada" in text_of(told)
    (button,) = card_of(told).buttons
    assert pressed(button.verb, button.about, GRACE) == OpenReplyForm(GRACE, str(told.facts["id"]))
    assert office.actions() == ["question.asked"]


def test_the_nearest_documents_stand_below_the_question(office: Office) -> None:
    asked(office, question="do buckets have to be encrypted on zeppelins?")
    assert "Encryption in transit and at rest" in text_of(office.waiting(ROOM)[0])


def test_the_same_question_of_the_same_person_is_posted_once_while_it_is_open(office: Office) -> None:
    number = asked(office)
    assert "already" in office.card(AskArchitect(ADA, f" {QUESTION} ")).summary
    assert len(office.waiting(ROOM)) == 1
    office.reply(ReplyToQuestion(GRACE, number, "The airship crew."))
    assert asked(office) != number
    assert asked(office, by=LINUS) != number
    assert len(office.waiting(ROOM)) == 3


def test_without_a_room_for_questions_it_is_said_who_can_set_it(office: Office) -> None:
    office.questions_room = ""
    assert "ARCHWAY_QUESTIONS_ROOM" in office.card(AskArchitect(ADA, QUESTION)).summary


def test_answers_offer_an_architect_where_there_is_a_room_for_questions(office: Office) -> None:
    def labels(question: str) -> list[str]:
        reply = handle(Ask(ADA, question), office.desk(None))
        assert isinstance(reply, Card)
        return [button.label for button in reply.buttons]

    for question in (QUESTION, "do buckets have to be encrypted?"):
        office.questions_room = ROOM
        assert "Ask an architect" in labels(question)
        office.questions_room = ""
        assert "Ask an architect" not in labels(question)


def test_guests_may_ask_and_it_is_said_that_they_are_guests(office: Office) -> None:
    asked(office, by=dataclasses.replace(ADA, standing=Standing.GUEST))
    assert "Ada (guest)" in text_of(office.waiting(ROOM)[0])


def test_an_answer_in_the_thread_goes_to_the_asker_on_the_other_platform(office: Office) -> None:
    number = asked(office)
    office.posted(f"question:{number}", "1700.1")
    assert office.reply(Remark(GRACE, "1700.1", "The airship crew, *every* Monday.")) == Silence()
    (told,) = office.waiting(f"teams:{ENTRA}")
    assert "Grace Hopper answers your question." in text_of(told)
    assert "The airship crew, *every* Monday." in text_of(told)
    assert QUESTION in text_of(told)
    (post,) = office.waiting(ROOM)
    assert "Answered by Grace Hopper" in text_of(post)
    assert office.actions() == ["question.asked", "question.answered"]


def test_an_answer_that_comes_before_the_receipt_of_the_post_waits_for_it(office: Office) -> None:
    number = asked(office)
    office.posted(f"question:{number}", "1699.1")
    other = asked(office, by=LINUS, question="who paints the zeppelins")
    office.sent(f"question:{other}")
    for words in ("The airship crew.", "The airship crew."):
        with pytest.raises(NotYet):
            office.reply(Remark(GRACE, "1700.1", words))
    assert office.reply(Remark(GRACE, "1699.1", "Known already.")) == Silence()
    assert office.reply(Remark(dataclasses.replace(GRACE, room="C0ELSE"), "1700.1", "Elsewhere.")) == Silence()
    office.posted(f"question:{other}", "1700.1")
    assert office.reply(Remark(GRACE, "1700.1", "The airship crew.")) == Silence()
    assert ["The airship crew." in text_of(told) for told in office.waiting("slack:U3")] == [True]
    assert len(office.waiting(f"teams:{ENTRA}")) == 1


def test_words_wait_for_no_post_but_a_questions(office: Office) -> None:
    office.database.write_now(lambda unit: unit.outbox.announce(Announcement("news", "S", "document"), [ROOM]))
    office.sent("news")
    assert office.reply(Remark(GRACE, "1700.1", "Anything.")) == Silence()


def test_an_answer_from_teams_goes_to_an_asker_in_slack(office: Office) -> None:
    office.questions_room = "teams:19:ask@thread.tacv2"
    architect = dataclasses.replace(ADA, room="19:ask@thread.tacv2")
    office.card(AskArchitect(dataclasses.replace(GRACE, room=""), QUESTION))
    (post,) = office.waiting(office.questions_room)
    office.posted(post.key, "1700")
    office.reply(Remark(architect, "1700", "The crew.", addressed=True))
    assert ["The crew." in text_of(told) for told in office.waiting("slack:U2")] == [True]


def test_an_answer_from_the_form_does_the_same(office: Office) -> None:
    number = asked(office)
    form = office.reply(OpenReplyForm(GRACE, number))
    assert isinstance(form, Form)
    command = pressed(form.verb, form.about, GRACE, {form.fields[0].name: "The airship crew."})
    assert command == ReplyToQuestion(GRACE, number, "The airship crew.")
    assert office.card(command).name == "reply_sent"
    assert "The airship crew." in text_of(office.waiting(f"teams:{ENTRA}")[0])


def test_several_answers_are_told_once_each_and_in_order(office: Office) -> None:
    number = asked(office)
    office.posted(f"question:{number}", "1700.1")
    for by, words in ((GRACE, "First."), (LINUS, "Second."), (GRACE, "First."), (GRACE, "Third.")):
        office.reply(Remark(by, "1700.1", words))
    said = [told.facts["words"] for told in office.waiting(f"teams:{ENTRA}")]
    assert said == ["First.", "Second.", "Third."]
    text = text_of(office.waiting(ROOM)[0])
    assert "Answered by Grace Hopper (3 replies)" in text
    assert "│ Third." in text


def test_what_the_asker_adds_is_no_answer(office: Office) -> None:
    in_slack = Account("slack", "U1", "T1", room="C0ASK", name="Ada", email="ada@example.org")
    number = asked(office)
    office.posted(f"question:{number}", "1700.1")
    assert office.reply(Remark(in_slack, "1700.1", "The big ones, I mean.")) == Silence()
    assert office.waiting(f"teams:{ENTRA}") == []


def test_a_guest_in_the_thread_answers_in_nobodys_name(office: Office) -> None:
    guest = dataclasses.replace(GRACE, standing=Standing.GUEST)
    number = asked(office)
    office.posted(f"question:{number}", "1700.1")
    assert office.reply(Remark(guest, "1700.1", "Nobody.")) == Silence()
    for command in (OpenReplyForm(guest, number), ReplyToQuestion(guest, number, "Nobody.")):
        assert "Only members" in office.card(command).summary
    assert office.waiting(f"teams:{ENTRA}") == []


def test_words_below_something_else_are_a_question_when_they_name_the_bot(office: Office) -> None:
    question = "do buckets have to be encrypted?"
    assert office.reply(Remark(GRACE, "1.2", question)) == Silence()
    card = office.card(Remark(GRACE, "1.2", question, addressed=True))
    assert card.name == "answer"
    assert "Share in channel" not in [button.label for button in card.buttons]  # everybody sees it


def test_the_asker_who_names_the_bot_in_the_thread_asks_it(office: Office) -> None:
    ada = dataclasses.replace(GRACE, name="Ada")
    number = asked(office, by=ada)
    office.posted(f"question:{number}", "1700.1")
    assert office.card(Remark(ada, "1700.1", "do buckets have to be encrypted?", addressed=True)).name == "answer"


@pytest.mark.parametrize("by", [dataclasses.replace(GRACE, room=""), dataclasses.replace(GRACE, room="C0X"), ADA])
def test_a_made_up_number_is_of_no_use_outside_the_architects_room(office: Office, by: Account) -> None:
    number = asked(office)
    for command in (OpenReplyForm(by, number), ReplyToQuestion(by, number, "Nobody.")):
        said = plain.text(office.card(command))
        assert "Press Reply there" in " ".join(said.split())
        assert QUESTION not in said
    office.questions_room = ""
    assert office.card(OpenReplyForm(by, number)).name == "refusal"
    assert office.waiting(f"teams:{ENTRA}") == []


@pytest.mark.parametrize("number", ["999", "", "x", "-1", "9" * 30, "٣"])
def test_an_unknown_question_is_refused_with_the_next_step(office: Office, number: str) -> None:
    assert "not kept any more" in office.card(ReplyToQuestion(GRACE, number, "x")).summary
    assert "not kept any more" in office.card(OpenReplyForm(GRACE, number)).summary


def test_an_answer_without_a_word_is_refused(office: Office) -> None:
    assert "no word" in office.card(ReplyToQuestion(GRACE, asked(office), " \n ")).summary


def test_what_people_wrote_is_kept_beside_the_record(office: Office) -> None:
    office.reply(ReplyToQuestion(GRACE, asked(office), "The airship crew."))
    bodies = office.look(lambda unit: list(unit.connection.scalars(select(audit.c.body))))
    assert len(bodies) == 2
    assert not any("zeppelins" in body or "airship" in body for body in bodies)
