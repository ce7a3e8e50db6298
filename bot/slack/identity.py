"""Whose token the bot holds, and whether a delivery is meant for that installation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.slack.inbound import Kind
from bot.slack.outbound import Outbound, Outcome
from bot.slack.payloads import Payload


@dataclass(frozen=True, slots=True)
class Identity:
    """The installation: one workspace, or with `enterprise` all workspaces of that organisation which it was given to.

    `app` is None when the token may not ask for it.
    """

    team: str
    enterprise: str | None = None
    app: str | None = None
    bot_user: str = ""

    def is_meant(self, kind: Kind, payload: Payload) -> bool:
        """Whether a delivery belongs here.

        What counts is the installation that Slack names, not the workspace of who acted: in a shared channel that may
        be another organisation's person, who then gets a polite sentence.
        """
        if self.app and payload.get("api_app_id", self.app) != self.app:
            return False
        named = list(_installations(kind, payload))
        return not named or any(self._is_ours(team, enterprise) for team, enterprise in named)

    def _is_ours(self, team: Any, enterprise: Any) -> bool:
        return team == self.team or (self.enterprise is not None and self.enterprise in (team, enterprise))


async def introduce(outbound: Outbound) -> Identity | Outcome:
    """Asks Slack who we are; gives its refusal when it does not tell."""
    who = await outbound.call("auth.test", patient=False)
    if who.data is None:
        return who
    bot = await outbound.call("bots.info", read=True, patient=False, bot=who.data.get("bot_id"))
    about = (bot.data or {}).get("bot")  # needs the scope users:read, which is not worth failing for
    return Identity(
        str(who.data.get("team_id", "")),
        who.data.get("enterprise_id") or None,
        about.get("app_id") if isinstance(about, dict) else None,
        str(who.data.get("user_id", "")),
    )


def _installations(kind: Kind, payload: Payload) -> Iterator[tuple[Any, Any]]:
    """The workspace and organisation of each installation that a delivery names."""
    match kind:
        case Kind.COMMAND:
            yield payload.get("team_id"), payload.get("enterprise_id")
        case Kind.EVENT:
            authorizations = payload.get("authorizations")
            for one in authorizations if isinstance(authorizations, list) else ():
                if isinstance(one, dict):
                    yield one.get("team_id"), one.get("enterprise_id")
            if not authorizations:
                yield payload.get("team_id"), payload.get("enterprise_id")
        case _:
            enterprise = _member(payload, "enterprise", "id")
            if team := _member(payload, "team", "id"):
                yield team, enterprise
            elif enterprise:
                yield None, enterprise
            # A person of another organisation acts in their own workspace, on a message or view of our installation.
            for holder, name in (("message", "team"), ("view", "app_installed_team_id"), ("view", "team_id")):
                if team := _member(payload, holder, name):
                    yield team, None


def _member(payload: Payload, holder: str, name: str) -> Any:
    value = payload.get(holder)
    return value.get(name) if isinstance(value, dict) else None
