"""What the tools' documented bodies become, and what is wrong with a mapping."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.api.mapping import UnmappedError, body_of, id_of, path_of, report, severity_of
from bot.api.mapping_reading import read
from bot.domain.incident_reports import Happening, ReportedDecision, ReportIncident
from bot.domain.people import Account
from bot.errors import ConfigurationError
from bot.mappings import LiveMappings, shipped
from knowledge.frontmatter import load_with_lines

PAYLOADS = Path(__file__).parents[1] / "payloads" / "webhooks"


def told(source: str, name: str) -> ReportIncident | None:
    return report(shipped(source), source, body_of((PAYLOADS / f"{name}.json").read_bytes()))


def test_the_bots_own_body_is_read_whole() -> None:
    assert told("bridge", "archway_decided") == ReportIncident(
        by=Account("webhook", "bridge"),
        happening=Happening.DECIDED,
        key="BRIDGE-88",
        title="Checkout is slow",
        severity="SEV-1",
        url="https://bridge.example.org/88",
        rooms=("slack:C0INC", "teams:19:ops@thread.tacv2"),
        at=datetime(2026, 11, 22, 11, 58, tzinfo=UTC),
        decision=ReportedDecision(
            kind="rollback",
            statement="Roll checkout back to 4.1",
            id="d-1",
            rationale="Errors began with 4.2",
            decided_by="ada@example.org",
            decided_at=datetime(2026, 11, 22, 11, 58, tzinfo=UTC),
            risk="moderate",
            waives=("STD-004.3",),
        ),
    )


def test_pagerduty_opens_updates_and_closes() -> None:
    opened = told("pagerduty", "pagerduty_triggered")
    assert opened == ReportIncident(
        by=Account("webhook", "pagerduty"),
        happening=Happening.OPENED,
        key="PINC001",
        title="Checkout answers slowly",
        url="https://example.pagerduty.com/incidents/PINC001",
        service="Checkout",
        at=datetime(2026, 11, 22, 11, 45, 22, 169000, tzinfo=UTC),
    )
    raised, done = told("pagerduty", "pagerduty_priority_updated"), told("pagerduty", "pagerduty_resolved")
    assert raised
    assert (raised.happening, raised.severity, raised.key) == (Happening.UPDATED, "SEV-1", "PINC001")
    assert done
    assert done.happening is Happening.CLOSED
    assert told("pagerduty", "pagerduty_service_updated") is None
    body = body_of((PAYLOADS / "pagerduty_resolved.json").read_bytes())
    assert id_of(shipped("pagerduty"), body) == "01E0000000000000000000DONE"


def test_incident_io_opens_and_closes_and_what_is_private_stays_so() -> None:
    opened, done = told("incident-io", "incident_io_created"), told("incident-io", "incident_io_status_updated")
    assert opened == ReportIncident(
        by=Account("webhook", "incident-io"),
        happening=Happening.OPENED,
        key="01J0000000000000000INCIDENT",
        title="Checkout is slow",
        severity="SEV-2",
        url="https://app.incident.io/incidents/88",
        rooms=("slack:C02INC88",),
        commander="ada@example.org",
        at=datetime(2026, 11, 22, 11, 45, 22, 801578, tzinfo=UTC),
    )
    assert done
    assert (done.happening, done.key, done.title) == (Happening.CLOSED, opened.key, opened.title)
    assert told("incident-io", "incident_io_private") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sev1", "SEV-1"),
        ("Sev 2", "SEV-2"),
        ("SEVERITY_03", "SEV-3"),
        ("critical", "critical"),
        (" SEV-1 ", "SEV-1"),
        ("", ""),
    ],
)
def test_a_severity_is_told_in_the_words_of_the_house(text: str, words: str) -> None:
    assert severity_of(text) == words


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[]", "no object"),
        (b"null", "no object"),
        (b'{"type": "a", "type": "b"}', "twice"),
        (b'{"n": 123456789012345678901234567890}', "far too long"),
        (b'{"n": NaN}', "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"a":' * 100_000, "no JSON"),
        (b"{}", "what type of event"),
        (b'{"type": {"x": 1}}', "what type of event"),
        (b'{"type": "incident.exploded"}', "does not know the type"),
        (b'{"type": "incident.opened"}', "no key"),
        (b'{"type": "incident.opened", "incident": ["key"]}', "no key"),
        (b'{"type": "incident.opened", "incident": {"key": true}}', "no key"),
        (b'{"type": "incident.decided", "incident": {"key": "A"}}', "no statement"),
        (
            b'{"type": "incident.decided", "incident": {"key": "A"}, "decision": {"statement": "S", "kind": "pray"}}',
            "no kind",
        ),
    ],
)
def test_a_body_that_cannot_be_mapped_says_why(body: bytes, why: str) -> None:
    with pytest.raises(UnmappedError, match=why):
        report(shipped("bridge"), "bridge", body_of(body))


def test_hostile_texts_are_cut_and_can_be_written_down() -> None:
    body = {
        "type": "incident.opened",
        "incident": {
            "key": 7,
            "title": "a\0b\ud800" + "x" * 9_000,
            "url": "javascript:alert(1)",
            "rooms": ["C1", "slack:C0INC", 5, None],
        },
    }
    made = report(shipped("x"), "x", body)
    assert made
    assert (made.key, made.url, made.rooms) == ("7", "", ("slack:C0INC",))
    assert len(made.title) == 300
    assert made.title.startswith("a b?x")


def test_paths_lead_where_they_say() -> None:
    mapping = read(
        *load_with_lines(
            'type: t\ntypes: {x: incident.opened}\nincident: {key: [a.missing, "b[1].c", d], title: \'"dotted.name".e\', service: "roles[kind.name=lead].who"}'
        ),
        "webhooks/x.yaml",
    )
    body = {
        "t": "x",
        "b": [{}, {"c": "second"}],
        "d": "last",
        "dotted.name": {"e": "found"},
        "roles": [{"kind": {"name": "scribe"}, "who": "no"}, 5, {"kind": {"name": "lead"}, "who": "yes"}],
    }
    made = report(mapping, "x", body)
    assert made
    assert (made.key, made.title, made.service) == ("second", "found", "yes")


@pytest.mark.parametrize(
    "text", ["", "a..b", ".a", "a.", "a b", "a[x]", "a[1", '"open', "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u"]
)
def test_what_is_no_path_is_said_so(text: str) -> None:
    with pytest.raises(ValueError, match="is no path"):
        path_of(text)


def test_every_fault_of_a_mapping_is_told_at_once_with_its_line() -> None:
    written = "schema: pagerduty\nscheme: pager-duty\nheader: X Y\ntype: a..b\ntypes:\n  x: incident.open\nincident:\n  title: t\n  keys: k\n"
    with pytest.raises(ConfigurationError) as error:
        read(*load_with_lines(written), "webhooks/bridge.yaml")
    found = error.value.faults
    assert [fault.partition(": ")[0] for fault in found] == [
        f"webhooks/bridge.yaml:{line}" for line in (1, 2, 3, 4, 6, 7, 9)
    ]
    assert "did you mean scheme?" in found[0]
    assert "did you mean incident.opened?" in found[4]


def test_a_mapping_of_the_folder_wins_and_a_faulty_one_leaves_the_last_good_one_in_force(tmp_path: Path) -> None:
    folder, kept = tmp_path / "knowledge", tmp_path / "data"
    (folder / "webhooks").mkdir(parents=True)
    file = folder / "webhooks" / "bridge.yaml"
    live = LiveMappings(folder, ["bridge", "pagerduty"], kept_in=kept)
    assert live.fault is None
    assert live.of("bridge") == shipped("archway")
    assert live.of("pagerduty") == shipped("pagerduty")
    assert live.of("nobody") is None
    file.write_text("type: kind\ntypes: {up: incident.opened}\nincident: {key: id}\n", encoding="utf-8")
    assert live.refresh() is None
    good = live.of("bridge")
    assert good
    assert good.types == {"up": "incident.opened"}
    file.write_text("type: kind\ntypes: {up: incident.gone}\nincident: {key: id}\n", encoding="utf-8")
    assert (
        live.refresh()
        == 'webhooks/bridge.yaml:2: types.up: "incident.gone" is no meaning of a type; did you mean incident.opened?'
    )
    assert live.of("bridge") == good
    again = LiveMappings(folder, ["bridge"], kept_in=kept)
    assert again.fault
    assert again.of("bridge") == good
    assert LiveMappings(folder, ["bridge"]).of("bridge") is None
    file.unlink()
    assert live.refresh() is None
    assert live.of("bridge") == shipped("archway")


def test_every_shipped_mapping_has_a_documented_example() -> None:
    sources = Path(__file__).parents[2] / "bot" / "api" / "sources"
    listed = (PAYLOADS / "sources.md").read_text(encoding="utf-8")
    for mapping in sources.glob("*.yaml"):
        name = mapping.stem.replace("-", "_")
        examples = list(PAYLOADS.glob(f"{name}_*.json"))
        assert examples
        for each in examples:
            assert f"`{each.stem}`" in listed
            assert json.loads(each.read_bytes())
