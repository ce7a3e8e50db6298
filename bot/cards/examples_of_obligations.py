"""Examples of what is due: the list, one of them, what its owner and rooms are told, the forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from bot.cards import exception_cast as cast
from bot.cards import exception_news, obligations
from bot.cards.model import Card, Form, Said
from bot.domain import plain, waivers
from bot.domain.exception_forms import FieldFault
from bot.domain.obligation_commands import Does
from bot.domain.obligations import Kind, Obligation

LONDON, TODAY = ZoneInfo("Europe/London"), date(2026, 12, 7)
LATE = datetime(2026, 12, 5, tzinfo=UTC)
LOAD_TEST = Obligation(
    id="OB-43",
    subject="RV-3",
    number=1,
    what="Load test the checkout at three times the Christmas peak, with one broker down.",
    owner="pat@example.org",
    due=date(2026, 12, 4),
    ends=LATE,
    kind=Kind.CONDITION,
    title="Checkout events over Kafka",
    given_by="slack:U0ADA",
)
ASSESSMENT = Obligation(
    "OB-44",
    "INC-12",
    1,
    "Assess the risk of the firewall rule that was opened to the payment provider.",
    "sam@example.org",
    date(2026, 12, 9),
    datetime(2026, 12, 10, tzinfo=UTC),
    kind=Kind.ASSESSMENT,
    title="Payments fail in eu-west-1",
    given_by="teams:29:dora",
)
EXPORTS = Obligation(
    "OB-40",
    "EX-7",
    1,
    "Encrypt the exports with a key of the vendor's before they are written.",
    "grace@example.org",
    date(2026, 12, 18),
    datetime(2026, 12, 19, tzinfo=UTC),
    title="exception to STD-003.12 for checkout",
    given_by="teams:29:sam",
)
LESSON = Obligation(
    "OB-46",
    "INC-12",
    2,
    "Write down in STD-009 who may open the firewall at night.",
    "sam@example.org",
    date(2027, 1, 15),
    datetime(2027, 1, 16, tzinfo=UTC),
    kind=Kind.DOCUMENT,
    title="Payments fail in eu-west-1",
)
OVERDUE = replace(LOAD_TEST, overdue_at=LATE)
EVIDENCE = "https://ci.example.org/load/7: 3,100 orders a second for an hour, broker 2 stopped at minute 20.\nThe slowest order took 840 ms."
MET = replace(OVERDUE, met_at=datetime(2026, 12, 8, 15, 4, tzinfo=UTC), met_by="teams:29:pat", evidence=EVIDENCE)
ALL = (OVERDUE, ASSESSMENT, EXPORTS, LESSON)


def _facts(obligation: Obligation, **more: Any) -> dict[str, Any]:
    return {
        "obligation": plain.written(obligation),
        "zone": "Europe/London",
        "given_by": "Ada Byron" if obligation.given_by else "",
        "met_by": "Pat Lee" if obligation.met_by else "",
        **more,
    }


def _listed() -> Card:
    """What is due, of everybody: what is overdue comes first."""
    return obligations.listed(ALL, 14, "", 0, "/arch", today=TODAY)


def _listed_mine() -> Card:
    """What is due from whoever asks: each can be closed from here."""
    theirs = (ASSESSMENT, LESSON)
    return obligations.listed(theirs, 2, "mine", 0, "/arch", today=TODAY, own={each.id for each in theirs})


def _listed_further() -> Card:
    """A further page."""
    return obligations.listed(ALL[2:], 12, "", 10, "", today=TODAY)


def _listed_none() -> Card:
    """Nothing is due from whoever asks."""
    return obligations.listed((), 0, "mine", 0, "/arch", today=TODAY)


def _shown() -> Card:
    """One that is open."""
    return obligations.shown(ASSESSMENT, LONDON, today=TODAY, given_by="Dora Lindt")


def _shown_overdue() -> Card:
    """One that is overdue."""
    return obligations.shown(OVERDUE, LONDON, today=TODAY, given_by="Ada Byron")


def _shown_closed() -> Card:
    """One that is closed, with what showed it."""
    return obligations.shown(MET, LONDON, today=TODAY, given_by="Ada Byron", met_by="Pat Lee")


def _shown_condition() -> Card:
    """A condition of a waiver that has ended."""
    return obligations.shown(EXPORTS, LONDON, today=TODAY, given_by="Sam Okafor", wanted=False)


def _given() -> Card:
    """To its owner, at first."""
    return obligations.owner_card(_facts(LOAD_TEST, to=LOAD_TEST.owner, phase="given"))


def _soon() -> Card:
    """To its owner, in the morning of the business day before."""
    return obligations.owner_card(_facts(LOAD_TEST, to=LOAD_TEST.owner, phase="soon"))


def _overdue() -> Card:
    """To its owner and to their lead."""
    return obligations.owner_card(_facts(OVERDUE, to=LOAD_TEST.owner, phase="overdue"))


def _again() -> Card:
    """To its owner, each week."""
    return obligations.owner_card(_facts(OVERDUE, to=LOAD_TEST.owner, phase="again"))


def _closed() -> Card:
    """What these become when it is closed."""
    return obligations.owner_card(_facts(MET, to=LOAD_TEST.owner, phase="overdue"))


def _handed_on() -> Card:
    """What they become when somebody else sees to it."""
    return obligations.owner_card(_facts(replace(LOAD_TEST, owner="sam@example.org"), to=LOAD_TEST.owner, phase="soon"))


def _hostile() -> Card:
    """Words that would like to be more than words."""
    words = "<!channel> *Close* this: [here](https://evil.example)\n<at>everybody</at> " + "a" * 200
    return obligations.owner_card(
        _facts(replace(LOAD_TEST, what=words, title="<b>*x*</b>", owner="<@U0ADA>"), to="<@U0ADA>", phase="given")
    )


def _told_overdue() -> Card:
    """For rooms that hear of obligations."""
    return obligations.told_card(_facts(OVERDUE))


def _told_closed() -> Card:
    """The same when it is closed."""
    return obligations.told_card(_facts(MET))


def _taken_closed() -> Card:
    """For whoever closed it."""
    return obligations.taken(MET, Does.CLOSE)


def _taken_transferred() -> Card:
    """For whoever handed it on."""
    return obligations.taken(replace(LOAD_TEST, owner="sam@example.org"), Does.TRANSFER)


def _close_form() -> Form:
    """What shows that it is done."""
    return obligations.form(LOAD_TEST, Does.CLOSE, {})


def _transfer_form() -> Form:
    """Who sees to it from now on; somebody whom the bot has not met."""
    sentence = "I have not met kim@example.org yet: ask them to write “help” to me once, then say this again."
    fault = FieldFault("owner", sentence)
    return obligations.form(LOAD_TEST, Does.TRANSFER, {"owner": "kim@example.org"}, faults=(fault,))


def _condition_handed_on() -> Card:
    """What a condition's card becomes when somebody else sees to it."""
    step = waivers.entrust(cast.in_force(), 1, cast.GRACE, "pat@example.org", cast.MONDAY)
    return exception_news.condition_card(cast.facts(step.request, number=1, to="grace@example.org"))


EXAMPLES_OF_OBLIGATIONS: Mapping[str, Callable[[], Said]] = MappingProxyType(
    {
        "obligations": _listed,
        "obligations_mine": _listed_mine,
        "obligations_further": _listed_further,
        "obligations_none": _listed_none,
        "shown_obligation": _shown,
        "shown_obligation_overdue": _shown_overdue,
        "shown_obligation_closed": _shown_closed,
        "shown_obligation_not_wanted": _shown_condition,
        "obligation": _given,
        "obligation_soon": _soon,
        "obligation_overdue": _overdue,
        "obligation_again": _again,
        "obligation_closed": _closed,
        "obligation_handed_on": _handed_on,
        "obligation_hostile": _hostile,
        "obligation_told_overdue": _told_overdue,
        "obligation_told_closed": _told_closed,
        "obligation_taken": _taken_closed,
        "obligation_taken_transferred": _taken_transferred,
        "obligation_form": _close_form,
        "obligation_form_transfer": _transfer_form,
        "exception_condition_handed_on": _condition_handed_on,
    }
)
