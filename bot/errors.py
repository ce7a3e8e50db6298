"""The map of all that can go wrong.

    ArchwayError
    ├── Refusal            shown to the person who asked: what was not done, and the next step
    │   ├── UnknownId
    │   ├── AmbiguousId
    │   ├── OutdatedButton
    │   ├── Outsider
    │   ├── TooMany
    │   ├── UnclearSubscription
    │   ├── TooManySubscriptions
    │   ├── NoRoomToHear
    │   ├── MembersSubscribe
    │   ├── NoQuestionsRoom
    │   ├── UnknownQuestion
    │   ├── MembersAnswer
    │   ├── AnswersInTheirRoom
    │   ├── EmptyAnswer
    │   ├── OperatorsSend
    │   ├── NothingToSend
    │   ├── NoRoomToShare
    │   ├── NotEntitled            may not do that; the attempt goes into the record
    │   │   ├── MembersDecide
    │   │   ├── UnlinkedDecides
    │   │   ├── FactsTooOld
    │   │   ├── OwnRequest
    │   │   ├── NotYourSeat
    │   │   ├── RoleLost
    │   │   ├── DelegateSpoke
    │   │   ├── MembersRequest
    │   │   ├── MembersOnTheBridge
    │   │   ├── NotYourDecision
    │   │   ├── NotYours
    │   │   ├── MembersOwe
    │   │   ├── MembersAskForReviews
    │   │   ├── ConflictDeclared
    │   │   ├── OthersResolve
    │   │   └── AskersAlone
    │   ├── SeatTaken
    │   ├── AlreadySpoken
    │   ├── OlderRevision
    │   ├── RequestOver
    │   ├── ChangesAwaited
    │   ├── UntilPassed
    │   ├── FaultyFields
    │   ├── NothingChanged
    │   ├── NoDecisionRights
    │   ├── GrantedAlready
    │   ├── NoBridgeHere
    │   ├── NoIncidentHere
    │   ├── IncidentOpenHere
    │   ├── IncidentClosed
    │   ├── UnknownDecision
    │   ├── DecisionChanged
    │   ├── NothingToAssess
    │   ├── NothingAsked
    │   ├── NoWaiver
    │   ├── NotRenewable
    │   ├── ObligationMet
    │   ├── NoReviewRules
    │   ├── NotAssigned
    │   ├── UnknownConcern
    │   ├── TooManyConcerns
    │   ├── ReviewDeferred
    │   ├── ReviewNotDeferred
    │   └── UnknownCondition
    ├── ConfigurationError shown to the operator: every fault at once, and how to mend each
    └── NotYet             shown to nobody: it is tried again

A refusal's docstring is the sentence that a person reads. Anything else that is raised is a fault of ours: it is
logged under a reference, and the person is shown that reference.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence


class ArchwayError(Exception):
    """Something that Archway says of its own accord."""


class Refusal(ArchwayError):
    """That cannot be done."""

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """The class's docstring with this refusal's facts filled in. Facts are data: never templates themselves."""
        return " ".join((inspect.getdoc(type(self)) or "").split()).format(**self.facts)


class UnknownId(Refusal):
    """There is no {id} here{nearest}. Ask in plain words, or name a document by its id or path."""


class AmbiguousId(Refusal):
    """{id} stands for more than one document: {candidates}. Give the path of the one you mean."""


class OutdatedButton(Refusal):
    """The button is from an earlier version and does nothing any more. Ask again for a fresh answer."""


class Outsider(Refusal):
    """I answer members of this organisation only. Please ask the person who invited you here."""


class TooMany(Refusal):
    """That is a lot of requests at once. Please wait a minute and try again."""


class UnclearSubscription(Refusal):
    """{faults}"""


class TooManySubscriptions(Refusal):
    """There are {most} subscriptions here, as many as a room can have. Stop one of them first: “{command}” lists them."""


class NoRoomToHear(Refusal):
    """Nothing can be announced in a terminal. Subscribe in a channel, or in a chat with Archway."""


class MembersSubscribe(Refusal):
    """Only members of this organisation decide what is announced in a room. Please ask the person who invited you here."""


class NoQuestionsRoom(Refusal):
    """There is no room for questions to the architects yet: ask an administrator to set ARCHWAY_QUESTIONS_ROOM."""


class UnknownQuestion(Refusal):
    """That question is not kept any more. Write to whoever asked it directly."""


class MembersAnswer(Refusal):
    """Only members of this organisation answer in its name. Please tell an architect here what you know."""


class AnswersInTheirRoom(Refusal):
    """Questions to the architects are answered in the architects' own room. Press Reply there."""


class EmptyAnswer(Refusal):
    """There is no word in that answer. Press Reply again and write one."""


class OperatorsSend(Refusal):
    """What could not be delivered is sent again from the operators' room, by members of this organisation. Press the button there."""


class NothingToSend(Refusal):
    """There is nothing left to send: it was posted since, or has become pointless."""


class NoRoomToShare(Refusal):
    """There is no channel yet that this can be shared in: add Archway to a team that you are in, and share again."""


class NotEntitled(Refusal):
    """You may not do that. Ask an architect who may."""


class MembersDecide(NotEntitled):
    """Only active, full members of this organisation decide. Please ask a colleague here to look at it."""


class UnlinkedDecides(NotEntitled):
    """I do not know whose account this is, and {id} needs a known person. Ask an administrator that your verified e-mail
    address is shown to Archway, or decide from your other account."""


class FactsTooOld(NotEntitled):
    """What I know about you is older than a minute, and nothing was decided. Please press the button again."""


class OwnRequest(NotEntitled):
    """{id} is your own request, from whichever account: others decide on it. Ask them in its thread, or withdraw it."""


class NotYourSeat(NotEntitled):
    """{id} is decided by {roles}, and you hold no such role now. Ask one of them to look at it."""


class RoleLost(NotEntitled):
    """You do not speak for {roles} any more. What you said on {id} before stays; another one of them can still speak."""


class DelegateSpoke(NotEntitled):
    """{name} has spoken on {id} for you while you were away: that is your one voice. Write to them in the thread."""


class MembersRequest(NotEntitled):
    """Only members of this organisation ask for exceptions. Please ask the person who invited you here."""


class MembersAskForReviews(NotEntitled):
    """Only members of this organisation ask for reviews and see them. Please ask the person who invited you here."""


class ConflictDeclared(NotEntitled):
    """You have declared a conflict of interest on {id}: others decide on it. You can still raise a concern."""


class OthersResolve(NotEntitled):
    """A concern on {id} is resolved by whoever raised it or by another reviewer, never by whoever asked. Answer it in the
    thread, and ask one of them."""


class AskersAlone(NotEntitled):
    """{id} was asked for by {name}: nobody else changes or withdraws it. Write to them in its thread."""


class NotYours(NotEntitled):
    """{id} is for {owner} to close or hand on, for their lead, or for whoever asked for it. Write to one of them."""


class MembersOwe(NotEntitled):
    """Only members of this organisation see what is due here. Please ask the person who invited you here."""


class SeatTaken(Refusal):
    """The seats of {roles} on {id} are filled already. It waits for {open}; write in its thread what should be known."""


class AlreadySpoken(Refusal):
    """You have said “{choice}” on {id} already: that counts once. You can still make it stricter."""


class OlderRevision(Refusal):
    """{id} has changed since this button was shown, and nothing was decided. Look at it as it is now, then press again."""


class RequestOver(Refusal):
    """{id} is {status} already{since}: nothing was changed. Look at it with “show {id}”, or ask for a new one."""


class ChangesAwaited(Refusal):
    """Changes were asked for on {id}. Decide when {name} has sent it again."""


class UntilPassed(Refusal):
    """{id} was wanted until {until}, which is past. Ask for changes, so that it gets a date to come."""


class FaultyFields(Refusal):
    """{faults}"""


class NothingChanged(Refusal):
    """{id} is what it was before: nothing was sent. Change something, or wait for those who decide."""


class NoDecisionRights(Refusal):
    """Nobody has said yet who decides on exceptions: ask an administrator to put governance.yaml into the knowledge folder."""


class GrantedAlready(Refusal):
    """{id} is in force as an emergency and owes a second look: it cannot be withdrawn. Press Remedied when it is not needed
    any more."""


class NothingAsked(Refusal):
    """Nothing is to be kept or revoked on {id} at the moment. Look at it with “show {id}”."""


class NoWaiver(Refusal):
    """{id} is not in force: it is {status}. Look at it with “show {id}”, or ask for a new one."""


class NotRenewable(Refusal):
    """{id} cannot be renewed: it is {status}. Ask for a new exception instead."""


class ObligationMet(Refusal):
    """{id} is closed already: nothing was changed. Look at it with “show {id}”."""


class NoReviewRules(Refusal):
    """Nobody has said yet how designs are reviewed: ask an administrator to put reviews into governance.yaml."""


class NotAssigned(Refusal):
    """{id} is not assigned to you, and so not yours to hand over. Press Claim to review it yourself."""


class UnknownConcern(Refusal):
    """{id} has no open concern of that number. Look at it with “show {id}”."""


class TooManyConcerns(Refusal):
    """{id} has as many concerns as a review can have. Reject it or defer it, and say why."""


class ReviewDeferred(Refusal):
    """{id} is deferred until {until}, and nothing was decided. Press Resume on it first."""


class ReviewNotDeferred(Refusal):
    """{id} is not deferred: it is {status}. Look at it with “show {id}”."""


class MembersOnTheBridge(NotEntitled):
    """What is decided on a bridge is recorded by members of this organisation. Ask one of them to record it."""


class NotYourDecision(NotEntitled):
    """Decision {number} of {id} is corrected by whoever recorded it or took it, or by the commander: ask {name}."""


class NoBridgeHere(Refusal):
    """An incident is opened where its bridge is: write this in that channel or chat."""


class NoIncidentHere(Refusal):
    """No incident is open here. Open one with “incident SEV-2 what is wrong”, or go to its bridge."""


class IncidentOpenHere(Refusal):
    """{id} is open here already: {title}. Close it first, or open the other one in a room of its own."""


class IncidentClosed(Refusal):
    """{id} is closed, and nothing was changed. Look at it with “show {id}”."""


class UnknownDecision(Refusal):
    """{id} has no decision of that number. Look at it with “show {id}”."""


class DecisionChanged(Refusal):
    """Decision {number} of {id} was corrected meanwhile, and nothing was changed. Look at it as it is now, then correct it."""


class NothingToAssess(Refusal):
    """Decision {number} of {id} was assessed already, or owes no assessment. Look at it with “timeline {id}”."""


class UnknownCondition(Refusal):
    """{id} has no open condition of that number. Look at it with “show {id}”."""


class ConfigurationError(ArchwayError):
    """Settings or files that Archway cannot start with; `faults` holds one sentence each."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class NotYet(ArchwayError):
    """Something else has to be known first. Whatever raises this is undone, and done later: a recorded delivery is taken
    up again, a timer is tried again."""
