"""Reply → the body of the answer to an invoke: results, notices, and answers to what means nothing to us."""

from __future__ import annotations

from bot.cards import adaptive_cards
from bot.cards.model import Reply, Results
from bot.cards.text import clean
from bot.teams.activities import Json


def notice(sentence: str) -> Json:
    """The answer to a query that has no results but something to say."""
    return {"composeExtension": {"type": "message", "text": adaptive_cards.inert(clean(sentence))}}


def found(reply: Reply) -> Json:
    """The answer to a query: a page of results, or the sentence of a card."""
    return adaptive_cards.extension(reply) if isinstance(reply, Results) else notice(reply.summary)


def not_here(invoke: str) -> Json:
    """The answer to an invoke that we do not know: in the shape that its place in Teams can show.

    Never an error status: repeated ones make Teams stop delivering.
    """
    sentence = "Archway does not know this action. It may belong to a newer or an older version of the app."
    if invoke in ("composeExtension/fetchTask", "task/fetch", "task/submit"):
        return {"task": {"type": "message", "value": sentence}}
    if invoke == "composeExtension/query":
        return notice("Archway does not know this search command.")
    if invoke.startswith("composeExtension/"):
        return notice(sentence)
    if invoke == "adaptiveCard/action":
        return {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": sentence}
    return {}
