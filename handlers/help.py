"""Help: what can be typed, short and with examples."""

from __future__ import annotations

from bot.cards import catalog
from bot.cards.model import Card
from bot.domain.commands import Help
from handlers.desk import Desk


def show_help(command: Help, desk: Desk) -> Card:
    """The words that work where the person is."""
    word = desk.command_word if command.by.platform == "slack" else ""
    return catalog.help_(word)
