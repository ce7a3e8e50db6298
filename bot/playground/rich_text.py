"""Slack's `rich_text` block: sections, lists, quotes and code, and what may stand in a line of them."""

from __future__ import annotations

import re

from bot.playground.schema import ADDRESS, Check, boolean, integer, kind, one_of, sequence, string, thing, typed

_STYLE = thing({}, {"bold": boolean, "italic": boolean, "strike": boolean, "underline": boolean, "code": boolean})
_MENTION_STYLE = thing(
    {},
    {
        "bold": boolean,
        "italic": boolean,
        "strike": boolean,
        "highlight": boolean,
        "client_highlight": boolean,
        "unlink": boolean,
    },
)

_TEXT = kind("text", {"text": string()}, {"style": _STYLE})
_LINK = kind("link", {"url": string(1, 3000, ADDRESS)}, {"text": string(), "unsafe": boolean, "style": _STYLE})
_INLINES: dict[str, Check] = {
    **_TEXT,
    **_LINK,
    **kind("user", {"user_id": string(pattern=re.compile(r"[UW][A-Z0-9]+"))}, {"style": _MENTION_STYLE}),
    **kind("usergroup", {"usergroup_id": string(pattern=re.compile(r"S[A-Z0-9]+"))}, {"style": _MENTION_STYLE}),
    **kind("channel", {"channel_id": string(pattern=re.compile(r"[CGD][A-Z0-9]+"))}, {"style": _MENTION_STYLE}),
    **kind("broadcast", {"range": one_of("here", "channel", "everyone")}),
    **kind("emoji", {"name": string()}, {"unicode": string(), "skin_tone": integer(2, 6), "style": _STYLE}),
    **kind("color", {"value": string(pattern=re.compile("#[0-9A-Fa-f]{6}"))}),
    **kind(
        "date",
        {"timestamp": integer(1, 10**11), "format": string()},
        {"url": string(1, 3000, ADDRESS), "fallback": string()},
    ),
}

_BORDER = {"border": integer(0, 1)}
_SECTION = kind("rich_text_section", {"elements": sequence(typed(_INLINES), 0)})

ELEMENTS: dict[str, Check] = {
    **_SECTION,
    **kind(
        "rich_text_list",
        {"elements": sequence(typed(_SECTION)), "style": one_of("bullet", "ordered")},
        {"indent": integer(0, 8), "offset": integer(0, 10**6), **_BORDER},
    ),
    **kind("rich_text_preformatted", {"elements": sequence(typed({**_TEXT, **_LINK}))}, _BORDER),
    **kind("rich_text_quote", {"elements": sequence(typed(_INLINES))}, _BORDER),
}

RICH_TEXT = kind("rich_text", {"elements": sequence(typed(ELEMENTS))}, {"block_id": string(1, 255)})
