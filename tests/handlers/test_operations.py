"""What operators are told, once each, and what they can do about it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from typing import TypeVar

import pytest
from sqlalchemy import select, update

from bot.cards import plain
from bot.cards.announcements import card_of
from bot.cards.model import Card, Place
from bot.delivery import Recorded
from bot.domain.announcements import Announcement
from bot.domain.commands import SendAgain, pressed
from bot.domain.people import Account, Standing
from bot.settings import STARTER
from bot.store.audit import Audit
from bot.store.database import Database
from bot.store.inbox import ASIDE, Inbox
from bot.store.outbox import UNDELIVERABLE
from bot.store.tables import audit, posting
from bot.store.transaction import Transaction
from handlers import handle, operations
from handlers.desk import Desk
from knowledge.library import Library
from knowledge.live import LiveLibrary
from tests.databases import Clock

T = TypeVar("T")

ROOM = "slack:C0OPS"
OLGA = Account("slack", "U9", "T1", room="C0OPS", name="Olga", email="olga@example.org")
FAULT = "governance.yaml:3: roles: must be a mapping"
OTHER = "governance.yaml:9: decide: must be a mapping"


@pytest.fixture(scope="module")
def library() -> Library:
    return LiveLibrary(STARTER, cached_in=None, pattern=None).library


@dataclasses.dataclass
class Operators:
    """A room of operators, and what happens around it."""

    database: Database
    library: Library
    room: str = ROOM

    def work(self, work: Callable[[Desk], T]) -> T:
        def at_a_desk(unit: Transaction) -> T:
            return work(
                Desk(self.library, lambda: unit.now, lambda _: None, lambda _: None, operations_room=self.room, store=unit)
            )  # fmt: skip

        return self.database.write_now(at_a_desk)

    def card(self, command: SendAgain) -> Card:
        reply = self.work(lambda desk: handle(command, desk))
        assert isinstance(reply, Card)
        return reply

    def notice(self, fault: str | None) -> None:
        self.work(lambda desk: operations.governance_changed(desk, fault))

    def meet(self, account: Account) -> str:
        def work(desk: Desk) -> str:
            person = desk.transaction.people.meet(account)
            operations.people_met(desk)
            return person

        return self.work(work)

    def told(self, topic: str) -> list[str]:
        """What stands, or is to stand, in the room under a topic, in order."""

        def found(unit: Transaction) -> list[str]:
            keys = unit.connection.scalars(
                select(posting.c.announcement).where(posting.c.room == ROOM).order_by(posting.c.id)
            )
            every = [told for key in keys if (told := unit.outbox.get(key))]
            return [plain.text(card_of(told)) for told in every if told.topic == topic]

        return self.database.read_now(found)

    def bodies(self) -> list[str]:
        return self.database.read_now(
            lambda unit: list(unit.connection.scalars(select(audit.c.body).order_by(audit.c.sequence)))
        )

    def aside(self) -> str:
        """A posting that its platform refused, of which operators were told; its number."""

        def refused(unit: Transaction) -> str:
            unit.outbox.announce(Announcement("document:a", "STD-003", "document"), ["slack:C0GONE"])
            number = unit.connection.scalars(select(posting.c.id).where(posting.c.room == "slack:C0GONE")).one()
            unit.connection.execute(
                update(posting).where(posting.c.id == number).values(state="set_aside", fault="channel_not_found")
            )
            facts = {"posting": number, "room": "slack:C0GONE", "subject": "STD-003", "fault": "channel_not_found"}
            unit.outbox.announce(Announcement("undeliverable:1", "STD-003", UNDELIVERABLE, facts), [ROOM])
            return str(number)

        return self.database.write_now(refused)


@pytest.fixture
def operators(database: Database, library: Library) -> Operators:
    return Operators(database, library)


def test_what_was_set_aside_goes_back_in_its_lane(operators: Operators) -> None:
    number = operators.aside()
    (before,) = operators.told(UNDELIVERABLE)
    assert "could not be delivered" in before
    command = pressed("send_again", number, OLGA)
    assert isinstance(command, SendAgain)
    card = operators.card(command)
    assert (card.name, card.place, card.buttons) == ("sent_again", Place.INSTEAD, ())
    state = operators.database.read_now(
        lambda unit: unit.connection.scalars(select(posting.c.state).where(posting.c.id == int(number))).one()
    )
    assert state == "waiting"
    (after,) = operators.told(UNDELIVERABLE)
    assert "is tried once more" in after
    assert "Olga" in after
    (body,) = operators.bodies()
    assert '"posting.sent_again"' in body


def test_what_was_sent_since_is_not_sent_again(operators: Operators) -> None:
    number = operators.aside()
    operators.card(SendAgain(OLGA, number))
    assert "nothing left to send" in operators.card(SendAgain(OLGA, number)).summary
    assert len(operators.bodies()) == 1


def test_what_could_not_be_handled_is_taken_up_again(operators: Operators) -> None:
    async def put_aside() -> None:
        box = Inbox(operators.database, operations_room=ROOM)
        await box.record(Recorded("Ev1", "slack", b"{}"))
        await box.set_aside("Ev1", "nobody understands it")

    asyncio.run(put_aside())
    (before,) = operators.told(ASIDE)
    assert "nobody understands it" in before
    wanted = select(posting.c.announcement)
    about = operators.database.read_now(lambda unit: unit.connection.scalars(wanted).one())
    command = pressed("send_again", about, OLGA)
    assert isinstance(command, SendAgain)
    outside = operators.card(SendAgain(dataclasses.replace(OLGA, room="C0OTHER"), about))
    assert "operators' room" in outside.summary
    card = operators.card(command)
    assert (card.name, card.place, card.buttons) == ("sent_again", Place.INSTEAD, ())
    (after,) = operators.told(ASIDE)
    assert "is tried once more" in after
    assert "Olga" in after
    assert [each.key for each in asyncio.run(Inbox(operators.database).left_behind("slack"))] == ["Ev1"]
    assert "nothing left to send" in operators.card(command).summary
    (body,) = operators.bodies()
    assert '"delivery.sent_again"' in body


@pytest.mark.parametrize("number", ["", "x", "delivery_aside:", "undeliverable:1", "0", "-1", "9" * 40, "٣"])
def test_a_number_of_nothing_is_refused(operators: Operators, number: str) -> None:
    assert "nothing left to send" in operators.card(SendAgain(OLGA, number)).summary


@pytest.mark.parametrize(
    "by",
    [
        dataclasses.replace(OLGA, room="C0OTHER"),
        dataclasses.replace(OLGA, room=""),
        dataclasses.replace(OLGA, platform="teams"),
        dataclasses.replace(OLGA, standing=Standing.GUEST),
    ],
)
def test_only_members_in_the_operators_room_send_again(operators: Operators, by: Account) -> None:
    number = operators.aside()
    assert "operators' room" in operators.card(SendAgain(by, number)).summary
    operators.room = ""
    assert "operators' room" in operators.card(SendAgain(OLGA, number)).summary
    assert operators.bodies() == []


def test_faulty_decision_rights_are_told_once_and_then_that_they_are_mended(operators: Operators, clock: Clock) -> None:
    operators.notice(None)
    assert operators.told(operations.FAULTY) == []
    for _ in range(3):
        operators.notice(FAULT)
        clock.advance(minutes=1)
    (told,) = operators.told(operations.FAULTY)
    assert FAULT in told
    operators.notice(OTHER)
    (told,) = operators.told(operations.FAULTY)
    assert OTHER in told
    operators.notice(None)
    (told,) = operators.told(operations.FAULTY)
    assert "was mended" in told


def test_a_fault_on_another_day_is_told_anew(operators: Operators, clock: Clock) -> None:
    operators.notice(FAULT)
    operators.notice(None)
    clock.advance(days=1)
    operators.notice(FAULT)
    first, second = operators.told(operations.FAULTY)
    assert "was mended" in first
    assert "was mended" not in second


def test_replicas_that_disagree_for_a_while_change_one_post(operators: Operators, clock: Clock) -> None:
    for fault in (FAULT, None) * 5:
        operators.notice(fault)
        clock.advance(seconds=20)
    assert len(operators.told(operations.FAULTY)) == 1


def test_without_a_room_of_theirs_operators_are_told_nothing(operators: Operators) -> None:
    operators.room = ""
    operators.notice(FAULT)
    assert operators.told(operations.FAULTY) == []


def test_links_are_on_the_record_and_refused_ones_are_told(operators: Operators) -> None:
    ada = Account("teams", "3f2c7d1e-5b64-4c0a-9a41-2d8f6e0b1c97", email="ada@example.org")
    second = dataclasses.replace(ada, id="11111111-5b64-4c0a-9a41-2d8f6e0b1c97")
    assert operators.meet(ada)
    for _ in range(3):
        assert operators.meet(second) == ""
    (told,) = operators.told(operations.LINK_REFUSED)
    assert second.id in told
    assert "ada@example.org" in told
    linked, refused = operators.bodies()
    assert '"account.linked"' in linked
    assert '"account.link_refused"' in refused
    assert "ada@example.org" not in linked + refused
    assert operators.database.read_now(lambda unit: Audit(unit.connection, unit.now).head()[0]) == 2
