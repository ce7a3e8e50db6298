"""Forms that are drawn anew while somebody fills them in: one drawing of a view at a time, and the newest stays."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

import structlog

from bot.cards import block_kit
from bot.cards.model import Form
from bot.slack.interactions import Spot, with_origin
from bot.slack.outbound import Failure, Outbound

MOST_VIEWS = 2_000

log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class _View:
    """A view that was drawn anew: how many wishes for that came, its hash now, and those that it had before."""

    wishes: int = 0
    hash: str = ""
    before: set[str] = field(default_factory=set)
    drawing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Redraws:
    """Draws views anew. What somebody chose while an earlier drawing was on its way comes with the hash from before it:
    that is known here, and is no conflict. Any other stale hash is one, and the view stays as somebody else left it."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._views: OrderedDict[str, _View] = OrderedDict()

    def wish(self, view_id: str) -> int:
        """A wish to draw a view has come: its number, for `draw`."""
        view = self._views.setdefault(view_id, _View())
        self._views.move_to_end(view_id)
        if len(self._views) > MOST_VIEWS:
            self._views.popitem(last=False)
        view.wishes += 1
        return view.wishes

    async def draw(self, form: Form, spot: Spot, wish: int) -> None:
        """Puts the form into its view, unless a newer wish has come or somebody has closed or sent it meanwhile."""
        view = self._views.setdefault(spot.view_id, _View())
        async with view.drawing:
            if wish < view.wishes:
                return
            seen = view.hash if spot.view_hash in view.before else spot.view_hash
            drawn = with_origin(block_kit.view(form), spot)
            said = await self._outbound.call(
                "views.update", patient=False, view_id=spot.view_id, hash=seen or None, view=drawn
            )
            match (said.data or {}).get("view"):
                case {"hash": str(now)}:
                    view.before.add(seen)
                    view.hash = now
        if said.failure not in (None, Failure.GONE):
            log.warning("a form could not be drawn anew", reason=said.reason)
