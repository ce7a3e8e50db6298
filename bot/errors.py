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
    │   └── NoRoomToShare
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


class ConfigurationError(ArchwayError):
    """Settings or files that Archway cannot start with; `faults` holds one sentence each."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class NotYet(ArchwayError):
    """Something else has to be known first. Whatever raises this is undone, and done later: a recorded delivery is taken
    up again, a timer is tried again."""
