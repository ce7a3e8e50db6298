"""Messages, people and views as Slack writes them in JSON."""

from __future__ import annotations

from typing import Any

from bot.playground.state import App, Channel, Message, User, View


def message_json(message: Message, app: App, *, with_metadata: bool = False) -> dict[str, Any]:
    """A message as Slack writes it."""
    out: dict[str, Any] = {"type": "message", "user": message.author, "ts": message.ts, "team": app.team, "text": ""}
    if message.author == app.bot_user:
        out |= {"bot_id": app.bot_id, "app_id": app.id}
    out |= {name: value for name, value in message.content.items() if name != "metadata" or with_metadata}
    return out | ({"thread_ts": message.thread_ts} if message.thread_ts else {})


def user_json(user: User, app: App) -> dict[str, Any]:
    """Somebody as Slack describes them; the address needs a scope of its own."""
    grid = user.enterprise or (None if user.team else app.enterprise)
    profile = {"real_name": user.real_name or user.name, "display_name": user.name}
    if user.email and "users:read.email" in app.scopes:
        profile["email"] = user.email
    return {
        "id": user.id,
        "team_id": user.team or app.team,
        "name": user.name,
        "real_name": user.real_name or user.name,
        "deleted": user.deleted,
        "is_bot": user.is_bot,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_stranger": user.is_stranger,
        "is_email_confirmed": user.is_email_confirmed,
        "profile": profile,
        **({"enterprise_user": {"id": user.id, "enterprise_id": grid}} if grid else {}),
    }


def view_json(view: View, app: App, *, filled_in: bool = False) -> dict[str, Any]:
    """A view as Slack writes it: in answer to a call, or with what somebody has `filled_in`."""
    return {
        **view.content,
        "id": view.id,
        "hash": view.hash,
        "team_id": app.team,
        "app_id": app.id,
        "bot_id": app.bot_id,
        "root_view_id": view.root or view.id,
        "app_installed_team_id": app.team,
        "previous_view_id": None,
        "state": {"values": view.states if filled_in else {}},
    }


def channel_json(channel: Channel, app: App) -> dict[str, Any]:
    """A channel as Slack lists it."""
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.is_private,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_ext_shared": channel.is_ext_shared,
        "context_team_id": app.team,
    }
