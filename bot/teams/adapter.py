"""botbuilder's edge: an activity becomes a turn of the SDK, and what a turn sends goes to our own connector.

The SDK's stock adapters are not used: they judge tokens wrongly, block the loop and break answers to invokes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from botbuilder.core import BotAdapter, TurnContext
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount, ConversationReference, ResourceResponse

from bot.teams.activities import Incoming, Json
from bot.teams.connector import Connector

_INCOMING = "archway.incoming"
_ANSWER = "archway.answer"


class ConnectorAdapter(BotAdapter):  # type: ignore[misc]  # the SDK carries no types
    """Runs turns. Knows neither tokens nor what is meant by an activity."""

    def __init__(self, connector: Connector) -> None:
        super().__init__()
        self._connector = connector

    async def turn(self, incoming: Incoming, logic: Callable[[TurnContext], Awaitable[None]]) -> Json | None:
        """One turn. The body of the answer when it was an invoke that was answered. Raises what `logic` raises."""
        context = TurnContext(self, _activity(incoming))
        context.turn_state[_INCOMING] = incoming
        await self.run_pipeline(context, logic)
        answer: Json | None = context.turn_state.get(_ANSWER)
        return answer

    async def send_activities(self, context: TurnContext, activities: Sequence[Activity]) -> list[ResourceResponse]:
        """Posts what a turn has to say, below a message that it answers. Raises `DeliveryFailed`."""
        answers = incoming_of(context).type == "message"  # other activities have no post that one could reply to
        return [ResourceResponse(id=await self._post(activity, below=answers)) for activity in activities]

    async def update_activity(self, _: TurnContext, activity: Activity) -> None:
        """Replaces a post. Raises `DeliveryFailed`."""
        await self._connector.update(activity.service_url, activity.conversation.id, activity.id, _json(activity))

    async def delete_activity(self, _: TurnContext, reference: ConversationReference) -> None:
        """Takes a post away. Raises `DeliveryFailed`."""
        await self._connector.delete(reference.service_url, reference.conversation.id, reference.activity_id)

    async def _post(self, activity: Activity, *, below: bool) -> str:
        if not below:
            activity.reply_to_id = None
        return await self._connector.post(
            activity.service_url, activity.conversation.id, _json(activity), reply_to=activity.reply_to_id or ""
        )


def incoming_of(context: TurnContext) -> Incoming:
    """The activity of a turn, as it came."""
    incoming: Incoming = context.turn_state[_INCOMING]
    return incoming


def answer_invoke(context: TurnContext, body: Json) -> None:
    """Sets the answer to an invoke. `send_activity` would do too, but it copies every card of the body."""
    context.turn_state[_ANSWER] = body


def _activity(incoming: Incoming) -> Activity:
    """The members that the SDK dispatches and replies by; reading all of them its own way takes 145 µs."""
    return Activity(
        type=incoming.type,
        name=incoming.name,
        id=incoming.id,
        text=incoming.text,
        value=incoming.value,
        channel_id=incoming.channel,
        channel_data=incoming.channel_data,
        service_url=incoming.service_url,
        from_property=_account(incoming.sender),
        recipient=_account(incoming.recipient),
        conversation=ConversationAccount(id=incoming.conversation["id"]),
    )


def _account(party: Json) -> ChannelAccount:
    return ChannelAccount(id=party["id"], name=party.get("name"), aad_object_id=party.get("aadObjectId"))


def _json(activity: Activity) -> Json:
    """The members that we send, as Bot Framework spells them."""
    attachments = [{"contentType": a.content_type, "content": a.content} for a in activity.attachments or ()]
    written: dict[str, Any] = {
        "type": activity.type,
        "id": activity.id,
        "from": _party(activity.from_property),
        "recipient": _party(activity.recipient),
        "conversation": {"id": activity.conversation.id},
        "replyToId": activity.reply_to_id,
        "text": activity.text,
        "summary": activity.summary,
        "attachments": attachments,
    }
    return {name: value for name, value in written.items() if value}


def _party(account: ChannelAccount | None) -> Json | None:
    return (
        {"id": account.id, "name": account.name}
        if account and account.name
        else {"id": account.id}
        if account
        else None
    )
