"""The gallery: every card as files and on one page."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.cards import gallery
from bot.cards.examples import EXAMPLES
from bot.cards.model import Results


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
    searches = {name for name, make in EXAMPLES.items() if isinstance(make(), Results) and not name.startswith("link")}
    cards = set(EXAMPLES) - searches
    assert {path.stem for path in (out / "slack").glob("*.json")} == cards
    assert {path.stem for path in (out / "teams").glob("*.json")} == cards
    assert {path.stem for path in (out / "search").glob("*.json")} == searches
    assert all(json.loads(path.read_text(encoding="utf-8"))["blocks"] for path in (out / "slack").glob("*.json"))
    versions = {path.stem: json.loads(path.read_text())["version"] for path in (out / "teams").glob("*.json")}
    assert {name for name, version in versions.items() if version != "1.5"} == {"link_to_a_clause"}


def test_forms_and_the_home_tab_are_written_as_views(out: Path) -> None:
    types = {path.stem: json.loads(path.read_text()).get("type", "message") for path in (out / "slack").glob("*.json")}
    assert (types["question_form"], types["home"], types["answer"]) == ("modal", "home", "message")


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


def test_the_page_draws_buttons_and_fields_as_they_are_labelled(out: Path) -> None:
    text = (out / "index.html").read_text(encoding="utf-8")
    for label in ("More", "Helpful", "Not helpful", "Share in channel", "Ask a question"):
        assert '<span class="slack-button' in text
        assert text.count(f">{label}</span>") >= 2, label
    assert text.count('class="slack-label">Question<') == 2
    assert "payments-platform</li>" in text


def test_hostile_texts_stay_texts_on_the_page(out: Path) -> None:
    text = (out / "index.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "{{ 7*7 }}" in text
    links = [attributes["href"] or "" for tag, attributes in Page(text).tags if tag == "a"]
    assert all(link.startswith(("#", "https://")) for link in links)


def test_a_card_that_the_page_cannot_draw_is_an_error() -> None:
    strange = gallery.Exhibit("x", "answer", "", "message", {"blocks": [{"type": "video"}]}, {"body": []})
    with pytest.raises(ValueError, match="cannot draw video"):
        gallery.page([strange])


def test_writing_twice_gives_the_same(out: Path, tmp_path: Path) -> None:
    gallery.write(tmp_path)
    gallery.write(tmp_path)
    assert (tmp_path / "index.html").read_bytes() == (out / "index.html").read_bytes()
