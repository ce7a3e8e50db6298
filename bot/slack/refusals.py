"""Slack's error codes for a post → what they mean for it, with a sentence for whoever can mend it. Pure.

The codes are those of docs.slack.dev/reference/methods/chat.postMessage, chat.update and conversations.open. One that is
not known here means that another try would change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bot.posting import CannotPost, NotSent, OutcomeUnknown, PostingError, PostVanished, TooFast

HISTORY = "conversations.history"
INVITE = "Invite Archway there with /invite @Archway, then send it again."

HURRIED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
HURRIED_SECONDS = 30.0  # where Slack does not say how long
VANISHED = frozenset({"message_not_found", "cant_update_message"})
# "It's possible some aspect of the operation succeeded before the error was raised."
UNKNOWN = frozenset({"fatal_error", "internal_error", "service_unavailable", "update_failed"})
# Whoever minds the app or the workspace mends it, and then all that waits is posted.
WAITS = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "accesslimited",
        "access_denied",
        "ekm_access_denied",
        "org_login_required",
        "team_added_to_org",
        "two_factor_setup_required",
        "external_channel_migrating",
        "request_timeout",  # the body that reached Slack was cut
    }
)
SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "not_in_channel": f"Archway is not in this channel. {INVITE}",
        "channel_not_found": f"Slack knows no such channel, or it is a private one that Archway is not in. {INVITE}",
        "is_archived": "The channel is archived. Unarchive it and send this again, or subscribe another one.",
        "restricted_action": "The channel's settings do not let apps post. A workspace administrator can change that.",
        "user_not_found": "Slack knows no such person.",
        "user_not_visible": "Slack does not let Archway write to this person.",
        "user_disabled": "The person's account is deactivated.",
        "cannot_dm_bot": "This is a bot, and bots do not read direct messages.",
        "messages_tab_disabled": "The app's messages tab is off. Switch it on under App Home, then send this again.",
        "missing_scope": "The app lacks a permission. Install it anew with what `archway manifest slack` gives, then "
        "send this again.",
        "edit_window_closed": "The workspace's settings do not let this post be changed any more.",
        "metadata_too_large": "The post's reference is too long for Slack.",
    }
)
_CARD = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "no_text"})


def refusal(code: str, said: Mapping[str, Any], *, everywhere: bool) -> PostingError:
    """What an error code means for a post. `said` is the whole answer, `everywhere` whether the pace of this method is
    counted for the workspace as a whole."""
    if code in HURRIED:
        return TooFast(f"Slack asks for patience ({code}).", HURRIED_SECONDS, everywhere=everywhere)
    if code in VANISHED:
        return PostVanished(f"The post is not there any more ({code}).")
    if code in UNKNOWN:
        return OutcomeUnknown(f"Slack had a fault of its own ({code}).")
    if code in WAITS:
        return NotSent(f"Slack refuses the bot at this moment ({code}).")
    if code in _CARD:
        return CannotPost(f"Slack does not take the card ({code}{_details(said)}). That is a fault of Archway's.")
    general = "restricted_action" if code.startswith("restricted_action") else code
    sentence = SENTENCES.get(general, "Slack refuses the post.")
    return CannotPost(f"{sentence} ({code}{_details(said)})")


def unreadable(code: str) -> CannotPost | None:
    """What it means when the history cannot be read to see whether a post came through; None for what passes."""
    if code in HURRIED or code in UNKNOWN or code in WAITS:
        return None
    return CannotPost(
        f"A try to post here was cut, and Archway cannot read the channel ({code}) to see whether it came through. "
        "Look there; when it is missing, mend that and send it again."
    )


def _details(said: Mapping[str, Any]) -> str:
    """What Slack adds to a code: the scope that is missing, the place of a fault. Nothing of a card's words."""
    match said:
        case {"needed": str(needed)}:
            return f": {needed}"[:200]
        case {"response_metadata": {"messages": [str(first), *_]}}:
            return f": {first}"[:200]
    return ""
