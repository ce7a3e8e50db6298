"""Bolt as we use it: payloads that are already verified and parsed go through one route to one listener.

Bolt's own checks are off because ours come earlier and are stricter (`signature`, `payloads`), and its list of
listeners is not used because it is searched from the top, rebuilding every argument on the way.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import msgspec
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.payloads import MalformedError, Payload
from bot.slack.wishes import Wish

API_SECONDS = 10

Listener = Callable[[Wish], Awaitable[object]]  # a wish → JSON value, or None for nothing to say


def bolt_app(bot_token: str, api_url: str, listener: Listener) -> AsyncApp:
    """A Bolt app that hands every request to `listener`; its Web API client holds `bot_token`."""
    quiet = logging.getLogger("slack_bolt.archway")
    quiet.setLevel(logging.ERROR)  # Bolt warns of a token beside `authorize`, and debugs with whole bodies
    app = AsyncApp(
        name="bolt",
        logger=quiet,
        client=AsyncWebClient(bot_token, api_url, timeout=API_SECONDS),
        authorize=_BotToken(bot_token),
        process_before_response=True,  # else Bolt looks only every 10 ms whether the listener has answered
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    app.middleware(_Route(listener))
    return app


async def answered(app: AsyncApp, request: AsyncBoltRequest) -> BoltResponse:
    """What the listener answers. Raises what the listener raises."""
    response = await app.async_dispatch(request)
    if fault := request.context.get("fault"):
        raise fault
    return response


def bolt_request(payload: Payload, wish: Wish) -> AsyncBoltRequest:
    """A payload for Bolt, with what was read in it. No header goes with it: Bolt would obey `X-Slack-Bolt-Lazy-Only` from anywhere.

    Raises `MalformedError` when members have types in which Bolt finds no ids.
    """
    try:
        # Bolt takes a parsed payload in this mode alone; the mode has no other meaning here.
        return AsyncBoltRequest(body=payload, context={"wish": wish}, mode="socket_mode")
    except (AttributeError, IndexError, KeyError, TypeError):
        raise MalformedError(
            "The payload's team, user, channel or authorizations are not as Slack documents them."
        ) from None


class _BotToken(AsyncAuthorize):
    """The bot's one token for whoever asks: no `auth.test` on the way, and never a user's token."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,  # noqa: ARG002  # Bolt's signature
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,  # noqa: ARG002  # Bolt's signature
        actor_enterprise_id: str | None = None,  # noqa: ARG002  # Bolt's signature
        actor_team_id: str | None = None,  # noqa: ARG002  # Bolt's signature
        actor_user_id: str | None = None,  # noqa: ARG002  # Bolt's signature
    ) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=self._token)


class _Route(AsyncMiddleware):
    """Answers everything that reaches it."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002  # Bolt's signature
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002, ARG002  # Bolt's signature
    ) -> BoltResponse:
        try:
            answer = await self._listener(req.context["wish"])
        except Exception as fault:  # noqa: BLE001  # raised again by `answered`
            req.context["fault"] = fault  # Bolt's own handling of errors fails on payloads that it cannot read
            return BoltResponse(status=500)
        return BoltResponse(status=200, body="" if answer is None else msgspec.json.encode(answer).decode())
