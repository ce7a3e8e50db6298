"""Who somebody is as they decide: their person, the roles that they hold at this moment, and those of people who are away."""

from __future__ import annotations

from bot.domain.absences import Delegation
from bot.domain.people import Account, Person, Standing
from bot.domain.rights import Voter
from handlers.desk import Desk


def voter(by: Account, desk: Desk) -> Voter:
    """Somebody with what is known of them when their wish is handled. Only a full member holds roles, or speaks for
    anybody."""
    unit = desk.transaction
    person = unit.people.foreseen(by)
    if by.standing is not Standing.MEMBER:
        return Voter(by, person, facts_age=desk.facts_age)
    held = unit.absences.delegated_to(person, unit.now) if person else ()
    return Voter(
        account=by,
        person=person,
        roles=desk.governance.roles_of(by.email, by.groups),
        facts_age=desk.facts_age,
        delegations=tuple(Delegation(each, handed_on(each.of, desk)) for each in held),
    )


def handed_on(away: Person, desk: Desk) -> frozenset[str]:
    """The roles that somebody who is away holds by their address: that of a full member when they were met last. Who is in
    a group is known of those alone who act themselves."""
    people = desk.transaction.people
    person = people.person(away.id)
    addresses = {account.email for account in people.accounts(away.id) if account.standing is Standing.MEMBER}
    return desk.governance.roles_of(person.email) if person and person.email in addresses else frozenset()
