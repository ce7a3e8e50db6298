"""What people do in Slack about exception requests, by the labels that they see: cards, buttons, forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.playground import reading
from bot.playground.doings import until
from bot.playground.slack import SlackWorkspace
from bot.playground.state import Message, User, View
from bot.slack.wishes import EXCEPT, EXCEPT_ABOUT
from tests.stories.seeing import Post, worded

CLAUSE = "Clause or standard"


@dataclass
class InSlack:
    """One side of the organisation. Whoever acts is named by their Slack user."""

    slack: SlackWorkspace

    def posts(self, reference: str) -> list[Post]:
        """The posts of one announcement, as they stand now."""
        return [post_of(each) for each in self.slack.messages if each.reference == reference]

    def letters(self, to: User) -> list[Post]:
        """What somebody was sent as direct messages, as it stands now."""
        return [post_of(each) for each in self.slack.messages if each.channel == f"D{to.id}" and each.reference]

    async def ask(self, question: str, by: User) -> Post:
        """Asks the bot alone; gives its answer."""
        return post_of(await self.slack.answer_to(await self.slack.direct(question, user=by)))

    async def say(self, line: str, by: User) -> Post:
        """Types a command; gives what its author sees."""
        before = self._whispers(by)
        shown = await self.slack.command("/arch", line, user=by)
        assert (shown.error, shown.http.status) == (None, 200), shown
        return post_of(await self.slack.whisper_to(by, after=before))

    async def open_form(self, line: str, by: User) -> SlackForm:
        """Types a command that opens a form."""
        before = set(self.slack.state.views)
        shown = await self.slack.command("/arch", line, user=by)
        assert (shown.error, shown.message) == (None, {}), shown
        return await self._form(by, before)

    async def open(self, post: Post, label: str, by: User) -> SlackForm:
        """Presses a button that opens a form."""
        before = set(self.slack.state.views)
        await self.slack.press(post.what, label, user=by)
        return await self._form(by, before)

    async def open_from_message(self, message: Message | None, by: User) -> SlackForm:
        """Chooses the shortcut, on a message or from the menu."""
        before = set(self.slack.state.views)
        if message:
            await self.slack.message_shortcut(EXCEPT_ABOUT, message, user=by)
        else:
            await self.slack.shortcut(EXCEPT, user=by)
        return await self._form(by, before)

    async def press(self, post: Post, label: str, by: User) -> str:
        """Presses a button; gives what whoever pressed is told."""
        before = self._whispers(by)
        assert (await self.slack.press(post.what, label, user=by)).status == 200
        return post_of(await self.slack.whisper_to(by, after=before)).words

    async def do(self, post: Post, label: str, by: User, values: Mapping[str, str] | None = None) -> str:
        """Presses a button, and sends the form that it opens where there are `values` for one; gives what is told."""
        if values is None:
            return await self.press(post, label, by)
        form = await self.open(post, label, by)
        told = await form.send(values)
        assert not form.faults, form.faults
        form.close()
        return told

    def _whispers(self, to: User) -> int:
        return len([each for each in self.slack.messages if each.only_for == to.id])

    async def _form(self, by: User, before: set[str]) -> SlackForm:
        state = self.slack.state

        def opened() -> View | None:
            return next((each for each in state.views.values() if each.user == by.id and each.id not in before), None)

        return SlackForm(self.slack, await until(opened, f"no form opens for {by.name}"), by)


@dataclass
class SlackForm:
    """A form that somebody has before them."""

    slack: SlackWorkspace
    view: View
    by: User

    @property
    def now(self) -> View:
        """The form as it stands: it may have been drawn anew since."""
        return self.slack.state.views.get(self.view.id, self.view)

    @property
    def title(self) -> str:
        return str(self.now.content["title"]["text"])

    @property
    def words(self) -> str:
        return self.now.words

    @property
    def values(self) -> dict[str, str]:
        """What a person sees in its fields, by their labels."""
        return self.now.values

    @property
    def faults(self) -> Mapping[str, str]:
        """What stands beside its fields in red, by their labels."""
        return self.now.errors

    async def says(self, words: str) -> None:
        """Waits until the form says so: some fields draw it anew."""
        await self.slack.view_of(self.by, words)

    async def find(self, typed: str, label: str = CLAUSE) -> tuple[str, ...]:
        """Types in a field that finds something; gives what it offers."""
        return await self.slack.type_in(self.now, label, typed, user=self.by)

    async def fill(self, values: Mapping[str, str]) -> None:
        """Fills in its fields one after the other, by their labels."""
        for label, value in values.items():
            await self._shows(label)
            await self.slack.fill_in(self.now, label, value, user=self.by)

    async def _shows(self, label: str) -> None:
        """Waits until there is such a field: some come with the answer to another one."""
        await until(lambda: label in self.now.fields or None, f"there is no field {label}")

    async def send(self, values: Mapping[str, str] | None = None) -> str:
        """Sends it; gives what the window then says."""
        shown = await self.slack.submit(self.now, values or {}, user=self.by)
        return shown.words if shown else ""

    def close(self) -> None:
        self.slack.state.shut(self.now, whole_stack=True)


def post_of(message: Message) -> Post:
    blocks = [block for block in message.content.get("blocks", ()) if block["type"] != "actions"]
    room = message.channel.replace("DU", "U")
    return Post(f"slack:{room}", worded(reading.words({"blocks": blocks})), message.buttons, message)


def button_of(post: Post, label: str) -> Any:
    """The button of a label, as it was posted."""
    return reading.button(post.what.content, label)[0]
