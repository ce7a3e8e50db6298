"""Whose token the bot holds, and whether a delivery is meant for that workspace and app."""

from __future__ import annotations

from dataclasses import dataclass

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.inbound import Kind
from bot.slack.payloads import Payload


@dataclass(frozen=True, slots=True)
class Identity:
    """The installation. `enterprise` is set in an Enterprise Grid; `app` is None when the token may not ask for it."""

    team: str
    enterprise: str | None = None
    app: str | None = None

    def is_meant(self, kind: Kind, payload: Payload) -> bool:
        """Whether a delivery belongs here. Events and clicks in a shared channel may well come from another team's
        people, so for them only the app counts."""
        if self.app and payload.get("api_app_id", self.app) != self.app:
            return False
        if kind is not Kind.COMMAND:
            return True
        return payload.get("team_id") == self.team or (
            self.enterprise is not None and payload.get("enterprise_id") == self.enterprise
        )


async def introduce(client: AsyncWebClient) -> Identity:
    """Asks Slack who we are. Raises `SlackApiError` for a bad token, and aiohttp's errors when Slack is out of reach."""
    who = await client.auth_test()
    try:
        bot = await client.bots_info(bot=who["bot_id"])
    except SlackApiError:  # needs the scope users:read, which is not worth failing for
        return Identity(who["team_id"], who.get("enterprise_id"))
    return Identity(who["team_id"], who.get("enterprise_id"), bot["bot"]["app_id"])
