"""The terminal as a place to talk: how a card is printed, what `serve` says when it starts, questions at its prompt."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TextIO

from bot import settings
from bot.cards import plain
from bot.cards.model import Card, Reply
from bot.domain.commands import Command, understand
from bot.domain.people import Account
from knowledge.documents import Contents

PERSON = Account("terminal", "local")
PROMPT = "archway> "
LOOK_AGAIN = 1.0  # seconds
WIDEST = 100  # characters: longer lines are hard to read, however wide the window is


def print_card(card: Reply, out: TextIO | None = None) -> None:
    """Prints a card as this terminal can show it; plain when it is a pipe or a file."""
    stream = out or sys.stdout
    rich = stream.isatty() and settings.may_colour()
    width = min(shutil.get_terminal_size().columns, WIDEST) if stream.isatty() else WIDEST
    if isinstance(card, Card):  # nothing that can be typed leads to a form or a page of results
        print(plain.text(card, width=width, colour=rich), file=stream)


def next_steps() -> str:
    """What to try next, in words that work when they are copied: with the path where `archway` is not on PATH."""
    archway = "archway" if shutil.which("archway") else os.path.relpath(Path(sys.executable).parent / "archway")
    return f"""
Try next, in another terminal:
  {archway} ask how long do we keep logs
  {archway} show STD-003
  {archway} init my-standards    makes a knowledge folder of your own
"""


async def prompt(dispatch: Callable[[Command], Awaitable[Reply]], knows: Callable[[str], bool]) -> None:
    """Answers what is typed, line by line, until the input ends. Needs a terminal on standard input."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()

    def listen() -> None:
        # On the terminal's own line editing: nothing blocks the loop, and no thread outlives it.
        loop.add_reader(sys.stdin, take)

    def take() -> None:
        if in_foreground():
            lines.put_nowait(sys.stdin.readline())
        else:  # the line is for whoever is in front: look again later
            loop.remove_reader(sys.stdin)
            loop.call_later(LOOK_AGAIN, listen)

    listen()
    try:
        while True:
            print(PROMPT, end="", flush=True)
            line = await lines.get()
            if not line:
                print()
                return
            if line.strip():
                card = await dispatch(understand(line, PERSON, knows))
                print()
                print_card(card)
                print()
    finally:
        loop.remove_reader(sys.stdin)


def in_foreground() -> bool:
    """Whether this process may read the terminal: one in the background would be stopped for trying."""
    return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()


def greeting(address: str, on: list[str], off: list[str], contents: Contents) -> str:
    """What `serve` says when it is ready: what is on, what is off and how to turn it on."""
    documents = contents.documents.values()
    clauses = sum(len(document.clauses) for document in documents)
    lines = [f"Archway listens on {address} with {len(documents)} documents and {clauses} clauses."]
    if contents.left_out:
        lines.append(f"{len(contents.left_out)} files are left out or in part; `archway index` says why.")
    lines += [f"  on   {line}" for line in on]
    lines += [f"  off  {line}" for line in off]
    return "\n".join(lines)
