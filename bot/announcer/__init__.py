"""The outbox carried to its rooms: `Announcer` takes lanes and carries on in them, `Tries` makes one try of one message."""

from bot.announcer.carrying import Announcer
from bot.announcer.patience import Patience

__all__ = ["Announcer", "Patience"]
