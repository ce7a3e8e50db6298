"""The terminal as a place to talk: how a card is printed, what `serve` says when it starts, questions at its prompt."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from bot import settings
from bot.cards import catalog, plain
from bot.cards.model import Card, Reply
from bot.domain.commands import Command, understand
from bot.domain.people import Account
from bot.settings import Settings
from knowledge.documents import Contents, LeftOut
from knowledge.library import Library

PERSON = Account("terminal", "local")
PROMPT = "archway> "
FIRST_QUESTION = "do buckets have to be encrypted?"
LOOK_AGAIN = 1.0  # seconds
WIDEST = 100  # characters: longer lines are hard to read, however wide the window is


def greet(loaded: Settings, address: str, shelf: Library, *, playground: bool = False) -> None:
    """Says where the bot listens, what is off and how to switch it on, and what to try next. `playground`: who people are is
    believed."""
    on, off = [], []
    if loaded.slack_is_on and loaded.slack_app_token:
        on.append("Slack: over Socket Mode")
    if loaded.slack_is_on and loaded.slack_signing_secret:
        on.append(f"Slack: commands, events and interactions at {address}/slack/events")
    if not loaded.slack_is_on:
        off.append("Slack: set SLACK_BOT_TOKEN, and SLACK_SIGNING_SECRET or SLACK_APP_TOKEN (docs/connect-slack.md)")
    if loaded.teams_has_credentials:
        on.append(f"Teams: messages at {address}/api/messages")
    else:
        local = f"Teams: at {address}/api/messages for callers on this machine, such as Microsoft's Agents Playground"
        on.append(f"{local}, which is believed who people are" if playground else local)
        off.append(
            "Teams beyond this machine: set MICROSOFT_APP_ID, MICROSOFT_APP_PASSWORD and MICROSOFT_APP_TENANT_ID "
            "(docs/connect-teams.md)"
        )
    if loaded.webhook_secrets:
        on.append(f"Incident tools: {', '.join(loaded.webhook_secrets)} at {address}/webhooks/incidents/SOURCE")
    else:
        off.append("Incident tools: set ARCHWAY_WEBHOOK_SECRETS (docs/webhooks.md)")
    if loaded.api_tokens:
        on.append(f"API: {address}/api/v1 for {', '.join(each.name for each in loaded.api_tokens)}")
    else:
        off.append("API: set ARCHWAY_API_TOKENS (docs/api.md)")
    print(greeting(address, on, off, shelf.contents))
    if loaded.knowledge == settings.STARTER:
        print(f"\nFor example, somebody asks: {FIRST_QUESTION}\n")
        print_card(catalog.answer(shelf.ask(FIRST_QUESTION)))
    print(next_steps(loaded.knowledge, shelf.contents), flush=True)


def print_card(card: Reply, out: TextIO | None = None) -> None:
    """Prints a card as this terminal can show it; plain when it is a pipe or a file."""
    stream = out or sys.stdout
    rich = stream.isatty() and settings.may_colour()
    width = min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST)
    if isinstance(card, Card):  # nothing that can be typed leads to a form or a page of results
        print(plain.text(card, width=width, colour=rich), file=stream)


def count(number: int, what: str) -> str:
    """A number of things: "1 document", "3 documents"."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def faults(found: Sequence[LeftOut]) -> Iterator[tuple[str, list[LeftOut]]]:
    """What is wrong with a folder, under two headings."""
    for heading, read in (("Left out", False), ("Read, with a fault", True)):
        if some := [one for one in found if one.read is read]:
            yield heading, some


def next_steps(knowledge: Path, contents: Contents) -> str:
    """What to try next, in words that work when they are copied: with the path where `archway` is not on PATH."""
    archway = "archway" if shutil.which("archway") else os.path.relpath(Path(sys.executable).parent / "archway")
    if knowledge == settings.STARTER:
        steps = [
            "ask how long do we keep logs",
            "show STD-003",
            "init my-standards    makes a knowledge folder of your own",
        ]
    else:
        where = f"--knowledge {shlex.quote(str(knowledge))}"
        first = min(contents.documents.values(), key=lambda one: (one.kind != "standard", one.path), default=None)
        steps = [f"index {where}    says what was read, and what is wrong with it"]
        if first:
            steps = [f"ask {where} what does {first.title} say", f"show {where} {shlex.quote(first.id)}", *steps]
    return "\n".join(["", "Try next, in another terminal:", *(f"  {archway} {step}" for step in steps), ""])


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
    lines = [f"Archway listens on {address} with {count(len(documents), 'document')} and {count(clauses, 'clause')}."]
    if not documents:
        lines.append("There is nothing to answer from: put documents into the folder, they are read at once.")
    if contents.left_out:
        lines.append(f"Something is wrong with {count(len(contents.left_out), 'file')}; `archway index` says what.")
    lines += [f"  on   {line}" for line in on]
    lines += [f"  off  {line}" for line in off]
    return "\n".join(lines)
