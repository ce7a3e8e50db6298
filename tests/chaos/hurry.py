"""Shorter times in the processes of a run: with the true ones a day would pass in a run of some minutes."""

from __future__ import annotations

import random
from functools import partial

from bot import announcer, app
from bot.store.inbox import Inbox

REQUEST_SECONDS = 1.2  # for which a platform's answer is waited for
LEASE_SECONDS = 8.0  # of a lane: longer than a crashed database needs to come back, as the true one is
TAKEN_UP_AFTER = 1.0  # seconds after which a recorded delivery is anybody's
LOST_AFTER = 1.8  # seconds that a double leaves a request without an answer: longer than it is waited for


def up() -> None:
    """Leases of a few seconds, tries again at once. How fast rooms are posted to is handed to `bot.app.serve`."""
    announcer.Announcer = partial(  # type: ignore[misc,assignment]  # where `app` looks for it
        announcer.Announcer,
        patience=announcer.Patience(request=REQUEST_SECONDS, lease=LEASE_SECONDS, poll=0.25, backoff=backoff),
    )
    Inbox.__init__.__defaults__ = (TAKEN_UP_AFTER, "")
    app.RESUME_EVERY = 0.25


def backoff(attempts: int) -> float:
    """Seconds until the next try."""
    return min(1.0, 0.02 * 2.0 ** min(attempts, 6)) * random.uniform(0.5, 1.0)
