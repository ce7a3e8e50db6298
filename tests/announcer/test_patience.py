from __future__ import annotations

import pytest

from bot.announcer import Patience
from bot.announcer.patience import backoff


def test_tries_are_spread_from_one_second_to_five_minutes() -> None:
    assert backoff(0) == 1.0
    for failed, most in ((3, 8.0), (8, 256.0), (9, 300.0), (5_000, 300.0)):
        waits = {backoff(failed) for _ in range(50)}
        assert all(most / 2 <= wait <= most for wait in waits)
        assert len(waits) > 1


def test_a_lease_that_is_shorter_than_two_requests_is_refused() -> None:
    with pytest.raises(ValueError, match="two requests"):
        Patience(request=10, lease=19)
