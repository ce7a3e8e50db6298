"""Where a link may lead, and that no label passes for another host's address."""

import pytest

from bot.cards.addresses import LONGEST, drawn, is_loopback
from bot.cards.model import Link

SAFE = "https://git.example.org/a/b.md#part"


@pytest.mark.parametrize(
    "url",
    [
        SAFE,
        "https://git.example.org",
        "https://git.example.org:8443/x?y=1&z=(2)#t",
        "http://localhost:3978/documents/STD-003",
        "http://127.0.0.1:3978/",
        "http://[::1]:3978/x",
        "https://192.0.2.7/x",
    ],
)
def test_https_and_loopback_lead_somewhere(url: str) -> None:
    assert drawn(Link("here", url)) == ("here", url)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>",
        "file:///etc/passwd",
        "slack://channel?id=1",
        "//git.example.org/x",
        "/documents/STD-003",
        "http://git.example.org/x",
        "http://127.0.0.1.evil.example/x",
        "http://2130706433/",
        "https://user:pass@git.example.org/",
        "https://git.example.org@evil.example/",
        "https://git.example.org\\@evil.example/",
        "https://git.example.org%2f@evil.example/",
        "https:///path",
        "https://",
        "https://[::1",
        "https://host:port/",
        "https://host:99999/",
        "https://ex\x00ample.org/",
        "https://exam\u202eple.org/",
        "https://gіt.example.org/",  # a Cyrillic letter
        "https://git.example.org/" + "a" * LONGEST,
    ],
)
def test_anything_else_is_a_label_alone(url: str | None) -> None:
    assert drawn(Link("here", url)) == ("here", None)


@pytest.mark.parametrize(
    ("url", "quoted"),
    [
        ("https://git.example.org/a b.md", "https://git.example.org/a%20b.md"),
        ("https://git.example.org/straße.md#Übersicht", "https://git.example.org/stra%C3%9Fe.md#%C3%9Cbersicht"),
        ("https://git.example.org/a|b>c<d", "https://git.example.org/a%7Cb%3Ec%3Cd"),
        ('https://git.example.org/"x"', "https://git.example.org/%22x%22"),
        ("  https://git.example.org/x ", "https://git.example.org/x"),
        ("HTTPS://GIT.example.org/X", "https://git.example.org/X"),
    ],
)
def test_what_is_not_plain_in_an_address_is_quoted(url: str, quoted: str) -> None:
    assert drawn(Link("here", url)) == ("here", quoted)


@pytest.mark.parametrize(
    "label",
    [
        "https://sso.example.com/login",
        "sso.example.com",
        "SSO.Example.com",
        "see sso.example.com, please",
        "//sso.example.com",
        "http://localhost",
        "10.0.0.1",
        "ｓｓｏ．ｅｘａｍｐｌｅ．ｃｏｍ",
        "sso。example。com",
        "sso.exam\u200dple.com",
        "example.org",
        "git.example.org.evil.example",
        "xn--bcher-kva.example",
    ],
)
def test_a_label_that_looks_like_another_host_gets_the_real_one_beside_it(label: str) -> None:
    assert drawn(Link(label, SAFE))[0].endswith(" (git.example.org)")


@pytest.mark.parametrize(
    "label",
    ["STD-003.12", "Encryption in transit", "git.example.org", "https://GIT.example.org/a", "v1.2.3", "e. g.", "§ 4.1"],
)
def test_an_ordinary_label_stays_as_it_is(label: str) -> None:
    assert drawn(Link(label, SAFE)) == (label, SAFE)


def test_a_label_is_never_empty() -> None:
    assert drawn(Link("\u202e", SAFE)) == ("git.example.org", SAFE)


@pytest.mark.parametrize(
    ("host", "is_it"),
    [("localhost", True), ("127.9.9.9", True), ("::1", True), ("10.0.0.1", False), ("localhost.evil.example", False)],
)
def test_loopback_is_this_machine_alone(host: str, is_it: bool) -> None:
    assert is_loopback(host) is is_it
