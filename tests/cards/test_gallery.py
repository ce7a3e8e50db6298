"""The gallery: every card as files and on one page."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.cards import gallery
from bot.cards.examples import EXAMPLES
from bot.cards.model import Card


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gallery")
    gallery.write(folder)
    return folder


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_every_card_is_written_for_both_platforms(out: Path) -> None:
    cards = {name for name, make in EXAMPLES.items() if isinstance(make(), Card)}
    assert {path.stem for path in (out / "slack").glob("*.json")} == cards
    assert {path.stem for path in (out / "teams").glob("*.json")} == cards
    assert {path.stem for path in (out / "search").glob("*.json")} == set(EXAMPLES) - cards
    assert all(json.loads(path.read_text(encoding="utf-8"))["blocks"] for path in (out / "slack").glob("*.json"))
    assert all(
        json.loads(path.read_text(encoding="utf-8"))["version"] == "1.5" for path in (out / "teams").glob("*.json")
    )


def test_the_page_shows_every_card_once(out: Path) -> None:
    page = Page((out / "index.html").read_text(encoding="utf-8"))
    shown = [attributes["id"] for tag, attributes in page.tags if tag == "article"]
    assert sorted(map(str, shown)) == sorted(EXAMPLES)


def test_the_page_needs_no_script_and_no_network(out: Path) -> None:
    page = Page((out / "index.html").read_text(encoding="utf-8"))
    assert not [tag for tag, _ in page.tags if tag in ("script", "img", "iframe", "object", "link", "form")]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "src"]
    policy = next(
        attributes["content"]
        for tag, attributes in page.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy
    assert policy.startswith("default-src 'none'")


def test_hostile_texts_stay_texts_on_the_page(out: Path) -> None:
    text = (out / "index.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "{{ 7*7 }}" in text
    links = [attributes["href"] or "" for tag, attributes in Page(text).tags if tag == "a"]
    assert all(link.startswith(("#", "https://")) for link in links)


def test_a_card_that_the_page_cannot_draw_is_an_error() -> None:
    strange = gallery.Exhibit("x", "answer", "", {"blocks": [{"type": "video"}]}, {"body": []}, "")
    with pytest.raises(ValueError, match="cannot draw video"):
        gallery.page([strange])


def test_writing_twice_gives_the_same(out: Path, tmp_path: Path) -> None:
    gallery.write(tmp_path)
    gallery.write(tmp_path)
    assert (tmp_path / "index.html").read_bytes() == (out / "index.html").read_bytes()
