"""Where an activity came from ↔ the stored reference by which something can be posted there unasked. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from bot.domain.rooms import Conversation
from bot.teams.activities import Incoming, Json

PERSONAL, GROUP, CHANNEL = "personal", "groupChat", "channel"
TEAMS = "teams"
_LONGEST_NAME = 200
_ENTRA_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """What posting there takes. `user` is the person of a personal chat, `team` the team of a channel, else ""."""

    kind: str  # "personal", "groupChat" or "channel"
    service_url: str
    bot: str
    user: str = ""
    person: str = ""  # the Entra id of `user`
    team: str = ""

    def text(self) -> str:
        """As it is stored."""
        return json.dumps({name: getattr(self, name) for name in _MEMBERS}, sort_keys=True)


_MEMBERS = ("kind", "service_url", "bot", "user", "person", "team")


def reference_of(conversation: Conversation) -> Reference:
    """What is stored of a conversation. Raises `ValueError` when that is no reference of ours."""
    stored = json.loads(conversation.reference)
    if not isinstance(stored, dict) or not all(isinstance(stored.get(name), str) for name in _MEMBERS):
        raise ValueError(f"the stored reference of {conversation.id} cannot be read")
    return Reference(**{name: stored[name] for name in _MEMBERS})


def conversation_of(incoming: Incoming) -> Conversation:
    """The room that an activity came from: of a thread its channel. Its name is as far as the activity says it."""
    kind, data = kind_of(incoming), incoming.channel_data
    sender = incoming.sender
    reference = Reference(kind, incoming.service_url, incoming.recipient["id"])
    if kind == CHANNEL:
        team, channel = _member(data, "team"), _member(data, "channel")
        id_ = room_of(incoming)
        reference = Reference(kind, incoming.service_url, incoming.recipient["id"], team=team["id"])
        # A team's first channel bears the team's id and has no name of its own.
        name = channel_name(team["name"], channel["name"] or ("General" if id_ == team["id"] else ""))
        return Conversation(TEAMS, id_, incoming.tenant, name, reference.text())
    if kind == PERSONAL:
        person = sender.get("aadObjectId")
        reference = Reference(
            kind,
            incoming.service_url,
            incoming.recipient["id"],
            user=sender["id"],
            person=person if isinstance(person, str) else "",
        )
    named = sender.get("name") if kind == PERSONAL else incoming.conversation.get("name")
    return Conversation(TEAMS, incoming.conversation["id"], incoming.tenant, said(named), reference.text())


def brought_up_to_date(before: Conversation, now: Conversation) -> Conversation:
    """What is known now; an activity often says less than was known: half of a name, nothing of the team."""
    old, new = reference_of(before), reference_of(now)
    kept = replace(new, user=new.user or old.user, person=new.person or old.person, team=new.team or old.team)
    return replace(now, name=before.name if now.name in before.name else now.name, reference=kept.text())


def channel_conversations(team: Incoming, team_name: str, listed: Any) -> list[Conversation]:
    """The channels of the team that an activity came from, by the connector's list of them."""
    here = reference_of(conversation_of(team))
    channels = listed if isinstance(listed, list) else []
    return [
        Conversation(TEAMS, channel["id"], team.tenant, channel_name(team_name, said(channel.get("name")) or "General"), here.text())
        for channel in channels
        if isinstance(channel, dict) and isinstance(channel.get("id"), str) and channel["id"]
    ]  # fmt: skip


def room_of(incoming: Incoming) -> str:
    """The id of the room that an activity came from: of a thread that of its channel."""
    if kind_of(incoming) != CHANNEL:
        return str(incoming.conversation["id"])
    return _member(incoming.channel_data, "channel")["id"] or channel_of(incoming.conversation["id"])


def kind_of(incoming: Incoming) -> str:
    """The kind of the conversation that an activity came from."""
    kind = incoming.conversation.get("conversationType")
    if kind in (PERSONAL, GROUP, CHANNEL):
        return str(kind)
    if "channel" in incoming.channel_data or "team" in incoming.channel_data:
        return CHANNEL
    return PERSONAL if incoming.alone else GROUP


def is_person(id_: str) -> bool:
    """Whether an id is somebody's, an Entra id or Bot Framework's own, and not that of a room."""
    return id_.startswith("29:") or bool(_ENTRA_ID.fullmatch(id_))


def channel_of(conversation: str) -> str:
    """The channel of a thread's conversation id."""
    return conversation.partition(";messageid=")[0]


def thread_of(conversation: str) -> str:
    """The first post of a thread, by its conversation id; "" when that is none of a thread."""
    return conversation.partition(";messageid=")[2]


def thread_opening(room: Conversation, message: Json) -> Json:
    """What begins a thread in a channel. Raises `ValueError` for a damaged reference."""
    return {
        "isGroup": True,
        "bot": {"id": reference_of(room).bot},
        "tenantId": room.organisation,
        "channelData": {"channel": {"id": room.id}, "tenant": {"id": room.organisation}},
        "activity": message,
    }


def chat_opening(bot: str, person: str, organisation: str) -> Json:
    """What begins a chat with somebody, by Teams or Entra id; where there is one already, it leads there."""
    return {
        "isGroup": False,
        "bot": {"id": bot},
        "members": [{"id": person}],
        "tenantId": organisation,
        "channelData": {"tenant": {"id": organisation}},
    }


def channel_name(team: str, channel: str) -> str:
    """How a channel is called where one chooses among those of several teams."""
    return " › ".join(part for part in (team, channel) if part)


def said(name: Any) -> str:
    """A name as it was sent; "" when it is none."""
    return " ".join(name.split())[:_LONGEST_NAME] if isinstance(name, str) else ""


def _member(data: Json, name: str) -> dict[str, str]:
    member = data.get(name)
    member = member if isinstance(member, dict) else {}
    id_ = member.get("id")
    return {"id": id_ if isinstance(id_, str) else "", "name": said(member.get("name"))}
