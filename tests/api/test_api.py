"""`/api/v1` over HTTP: what it gives, to whom, and what it says to everything else."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.api.tokens import Buckets, Rate
from tests.api.asking import CI, OPS, READER, Asker, asker
from tests.api.filling import fill

NOW = datetime.now(UTC)
PROBLEM = "application/problem+json"
pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def ask(tmp_path: Path) -> AsyncIterator[Asker]:
    async with asker(tmp_path) as asking:
        fill(asking.house.bot.memory.database, NOW)
        yield asking


async def test_a_question_has_the_answer_that_a_channel_would_get(ask: Asker) -> None:
    found = (await ask.get("/api/v1/search?q=do+buckets+have+to+be+encrypted%3F&limit=2")).json
    wanted = ask.house.in_the_library("do buckets have to be encrypted?")
    assert [line["text"] for line in found["answer"]] == [line.text for line in wanted.answer]
    assert found["answered"] is True
    assert found["next"] == "/api/v1/search?q=do%20buckets%20have%20to%20be%20encrypted%3F&limit=2&skip=2"
    behind = (await ask.get(found["next"])).json
    assert len(behind["items"]) == 2
    assert behind["items"][0] not in found["items"]
    only = (await ask.get("/api/v1/search?q=encryption&kind=adr")).json
    assert {each["citation"]["kind"] for each in only["items"]} == {"adr"}


async def test_documents_and_clauses_are_found_by_id_and_by_path(ask: Asker) -> None:
    listed = (await ask.get("/api/v1/documents?kind=standard&limit=3")).json
    assert listed["total"] > 3
    assert len(listed["items"]) == 3
    brief = listed["items"][0]
    whole = (await ask.get(f"/api/v1/documents/{brief['id'].lower()}")).json
    by_path = (await ask.get(f"/api/v1/documents/{brief['path'].replace('/', '%2F')}")).json
    assert whole == by_path
    assert len(whole["clauses"]) == brief["clauses"]
    clause = whole["clauses"][0]
    assert (await ask.get(f"/api/v1/clauses/{clause['id']}")).json["text"] == clause["text"]
    of_one = (await ask.get(f"/api/v1/clauses?document={brief['id']}&limit=100")).json
    assert [each["id"] for each in of_one["items"]] == [each["id"] for each in whole["clauses"]]
    assert (await ask.get("/api/v1/documents/NOPE-1")).status == 404
    assert (await ask.get(f"/api/v1/clauses/{brief['id']}")).status == 404


async def test_every_page_is_there_once(ask: Asker) -> None:
    path, seen = "/api/v1/clauses?limit=37", list[str]()
    while path:
        page = (await ask.get(path)).json
        seen += [each["id"] for each in page["items"]]
        path = page["next"]
    assert len(seen) == len(set(seen)) == page["total"] == ask.house.shelf.library.clauses


async def test_an_id_that_two_documents_have_is_asked_for_by_path(ask: Asker) -> None:
    for name in ("one", "two"):
        text = "---\nid: TWICE-1\nkind: guide\n---\n# Twice\n\nSomething.\n"
        (ask.house.knowledge / f"{name}.md").write_text(text, encoding="utf-8")
    ask.house.shelf.refresh()
    refused = await ask.get("/api/v1/documents/TWICE-1")
    assert refused.status == 400
    assert "one.md, two.md" in refused.json["detail"]
    assert (await ask.get("/api/v1/documents/two.md")).json["path"] == "two.md"


async def test_exception_requests_read_as_in_the_register(ask: Asker) -> None:
    listed = (await ask.get("/api/v1/exception-requests")).json
    assert [each["id"] for each in listed["items"]] == ["EX-5", "EX-4", "EX-3", "EX-2", "EX-1"]
    pending = (await ask.get("/api/v1/exception-requests?status=pending&limit=1")).json
    assert pending["total"] == 2
    assert pending["next"] == "/api/v1/exception-requests?status=pending&limit=1&skip=1"
    of_billing = (await ask.get("/api/v1/exception-requests?service=BILLING")).json
    assert [each["id"] for each in of_billing["items"]] == ["EX-4", "EX-2"]
    one = (await ask.get("/api/v1/exception-requests/ex-1")).json
    assert (one["id"], one["in_force"], one["clause"]["id"]) == ("EX-1", True, "STD-004.3")
    assert one["voices"][0]["by"]["email"] == "ada@example.org"
    assert [entry["action"] for entry in one["audit"]] == ["exception_request.submitted"]


async def test_waivers_are_those_in_force_at_the_moment_that_is_asked_for(ask: Asker) -> None:
    async def ids(query: str = "", token: str = READER) -> list[str]:
        return [each["id"] for each in (await ask.get(f"/api/v1/waivers{query}", token)).json["items"]]

    tomorrow, later = ((NOW + timedelta(days=days)).date().isoformat() for days in (1, 10))
    assert await ids() == ["EX-1", "EX-5"]
    assert await ids("?service=Payments&clause=std-004.3", CI) == ["EX-1", "EX-5"]
    assert await ids("?clause=STD-004") == ["EX-1", "EX-5"]
    assert await ids("?clause=STD-005") == []
    assert await ids(f"?at={tomorrow}") == ["EX-1", "EX-5"]
    assert await ids(f"?at={later}") == ["EX-1"]
    assert await ids("?at=2020-01-01T00:00:00Z") == []
    assert await ids("?at=9999-12-31T23:59:59-14:00") == []
    waiver = (await ask.get("/api/v1/waivers")).json["items"][0]
    assert (waiver["standard"], waiver["clause"], waiver["environment"]) == ("STD-004", "STD-004.3", "production")


async def test_obligations_are_listed_by_how_they_stand(ask: Asker) -> None:
    found = (await ask.get("/api/v1/obligations?status=open&owner=Grace@example.org&subject=ex-1")).json["items"]
    assert [(each["subject"], each["what"], each["status"]) for each in found] == [("EX-1", "Rotate the keys.", "open")]
    assert (await ask.get("/api/v1/obligations?status=met")).json["total"] == 0


async def test_reviews_are_listed_and_read_whole(ask: Asker) -> None:
    listed = (await ask.get("/api/v1/reviews?status=pending&service=payments")).json
    assert [(each["id"], each["outcome"], each["open_concerns"]) for each in listed["items"]] == [("RV-1", "light", 1)]
    one = (await ask.get("/api/v1/reviews/rv-1")).json
    assert one["reviewers"][0]["who"]["email"] == "ada@example.org"
    assert one["concerns"][0]["resolved_at"] is None
    assert one["touches"][0]["id"] == "STD-004.3"
    assert (await ask.get("/api/v1/reviews/RV-2")).status == 404


async def test_incidents_are_found_by_id_and_key_with_their_timeline_in_either_form(ask: Asker) -> None:
    listed = (await ask.get("/api/v1/incidents?severity=sev1&status=open&service=PAYMENTS")).json
    assert [(each["id"], each["key"], each["commander"]["email"]) for each in listed["items"]] == [
        ("INC-1", "BRIDGE-88", "ada@example.org")
    ]
    assert (await ask.get("/api/v1/incidents?severity=SEV-3")).json["total"] == 0
    one = (await ask.get("/api/v1/incidents/inc-1")).json
    assert one == (await ask.get("/api/v1/incidents/BRIDGE-88")).json
    assert one["decisions"][0]["waives"] == [{"clause": "STD-004.3", "request": "EX-5", "missing": ""}]
    assert one["decisions"][0]["earlier"][0]["statement"] == "Roll back to 4.0"
    assert [each["what"] for each in one["obligations"]] == ["Write it down."]
    timeline = await ask.get("/api/v1/incidents/INC-1/timeline")
    assert [each["what"] for each in timeline.json["moments"]] == ["opened", "command", "decided", "corrected"]
    written = await ask.get("/api/v1/incidents/INC-1/timeline", Accept="text/markdown, application/json;q=0.5")
    assert written.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert written.headers["Vary"] == "Authorization, Accept"
    assert written.headers["ETag"] != timeline.headers["ETag"]
    assert "Roll back to 4.1" in written.body.decode()
    assert "<slow>" not in written.body.decode()
    for path in ("incidents/INC-9", "incidents/INC-9/timeline", "incidents/-"):
        assert (await ask.get(f"/api/v1/{path}")).status == 404


async def test_without_a_token_that_is_known_nothing_is_told(ask: Asker) -> None:
    for header in (
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Basic {READER}",
        READER,
        f"Bearer {READER}x",
        "Bearer \udcff",
        "x" * 5_000,
    ):
        refused = await ask.get("/api/v1/documents", "", **({"Authorization": header} if header else {}))
        assert refused.status == 401, header
        assert refused.headers["Content-Type"] == PROBLEM
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        assert set(refused.json) == {"title", "status", "detail"}
    doubled = [("Authorization", f"Bearer {READER}"), ("Authorization", f"Bearer {OPS}")]
    async with ask.http.get(f"{ask.house.address}/api/v1/documents", headers=doubled) as answer:
        assert answer.status == 401
    assert (await ask.get("/api/v1/documents", "", Authorization=f"bearer {READER}")).status == 200


async def test_a_token_without_the_scope_is_told_which_it_lacks(ask: Asker) -> None:
    refused = await ask.get("/api/v1/documents", CI)
    assert refused.status == 403
    assert refused.json["detail"] == "This token lacks the scope read."
    assert (await ask.get("/policy/bundle.tar.gz", READER)).json["detail"] == "This token lacks the scope waivers."
    assert (await ask.get("/api/v1/waivers", CI)).status == 200
    for path in ("/api/v1/documents", "/api/v1/waivers", "/policy/bundle.tar.gz"):
        assert (await ask.get(path, OPS)).status == 200


WRONG = (
    ("documents?page=2", "page"),
    ("documents?limit=0", "limit"),
    ("documents?limit=101", "limit"),
    ("documents?limit=1.5", "limit"),
    ("documents?limit=99999999999999999999", "limit"),
    ("documents?limit=1&limit=2", "limit"),
    ("documents?kind=essay", "kind"),
    ("documents?kind=", "kind"),
    ("search", "q is missing"),
    ("search?q=", "q"),
    ("search?q=" + "x" * 1_001, "q"),
    ("waivers?at=tomorrow", "2026-12-31"),
    ("waivers?at=2026-02-30", "2026-12-31"),
    ("waivers?at=2026-12-31T09:00:00", "zone"),
    ("exception-requests?status=lost", "status"),
    ("documents/STD-001?limit=1", "limit"),
)


async def test_a_wrong_parameter_is_named_with_its_mend(ask: Asker) -> None:
    for query, named in WRONG:
        refused = await ask.get(f"/api/v1/{query}")
        assert refused.status == 400, query
        assert refused.headers["Content-Type"] == PROBLEM
        assert named in refused.json["detail"], query


async def test_what_has_not_changed_is_not_sent_again(ask: Asker) -> None:
    for path in (
        "/api/v1/documents",
        "/api/v1/exception-requests/EX-1",
        "/policy/bundle.tar.gz",
        "/api/v1/openapi.json",
    ):
        first = await ask.get(path, OPS)
        tag = first.headers["ETag"]
        assert tag.startswith('"')
        assert first.headers["Cache-Control"] == "private, no-cache"
        for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            again = await ask.get(path, OPS, If_None_Match=known)
            assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
        assert (await ask.get(path, OPS, If_None_Match='"other"')).status == 200
        head = await ask.get(path, OPS, "HEAD")
        assert (head.status, head.body, head.headers["ETag"]) == (200, b"", tag)
        assert head.headers["Content-Length"] == str(len(first.body))


async def test_nothing_can_be_changed_and_nobody_decides_here(ask: Asker) -> None:
    """Abuse case 30."""
    before = ask.house.remembered("select number, status, facts from exception_request order by number")
    for path in (
        "/api/v1/exception-requests/EX-3",
        "/api/v1/exception-requests/EX-3/approve",
        "/api/v1/waivers",
        "/policy/bundle.tar.gz",
    ):
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            refused = await ask.get(path, OPS, method)
            known = path != "/api/v1/exception-requests/EX-3/approve"
            assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD"), (method, path, known)
    assert (await ask.get("/api/v1/exception-requests/EX-3/approve", OPS)).status == 404
    assert ask.house.remembered("select number, status, facts from exception_request order by number") == before
    for path in ask.house.bot.api.pages:
        assert "approve" not in path


async def test_a_forged_host_a_foreign_page_and_a_cookie_open_nothing(ask: Asker) -> None:
    """Abuse case 46."""
    for headers in (
        {"Host": "evil.example"},
        {"Cookie": f"token={OPS}"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "127.0.0.1"},
    ):
        assert (await ask.get("/api/v1/documents", "", **headers)).status == 401
    assert (await ask.get(f"/api/v1/documents?token={OPS}", "")).status == 401
    answer = await ask.get("/api/v1/documents?limit=1", OPS, Host="evil.example", Origin="https://evil.example")
    assert answer.status == 200
    assert b"evil.example" not in answer.body
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert answer.json["next"].startswith("/api/v1/")


async def test_who_asks_too_often_waits_and_others_do_not(ask: Asker) -> None:
    ask.house.bot.api.buckets = Buckets(Rate(burst=2, a_minute=1), time.monotonic)
    assert [(await ask.get("/api/v1/waivers")).status for _ in range(3)] == [200, 200, 429]
    refused = await ask.get("/api/v1/waivers")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert (await ask.get("/api/v1/waivers", CI)).status == 200


async def test_the_document_describes_every_route_and_needs_no_token(ask: Asker) -> None:
    described = (await ask.get("/api/v1/openapi.json", "")).json
    assert described["openapi"] == "3.1.0"
    routes = {path for path in ask.house.bot.api.pages if "rest" not in path}
    assert set(described["paths"]) == routes
    for path, methods in described["paths"].items():
        assert set(methods) == {"get"}
        assert methods["get"]["responses"].keys() >= {"200", "304"}, path
    names = [each["get"]["operationId"] for each in described["paths"].values()]
    assert len(names) == len(set(names))


async def test_what_is_not_there_and_what_cannot_be_read_is_a_problem_too(ask: Asker) -> None:
    for path in (
        "/api/v1",
        "/api/v1/",
        "/api/v1/stats",
        "/api/v1/documents/",
        "/api/v1/documents/a/b",
        "/api/v1/documents/" + "x" * 400,
    ):
        missing = await ask.get(path)
        assert (missing.status, missing.headers["Content-Type"]) == (404, PROBLEM), path
    await ask.house.bot.memory.database.close()
    away = await ask.get("/api/v1/waivers")
    assert away.status in (500, 503)
    assert away.headers["Content-Type"] == PROBLEM


async def test_what_is_asked_is_counted_by_its_route(ask: Asker) -> None:
    await ask.get("/api/v1/documents/STD-001")
    await ask.get("/api/v1/documents", "")
    async with ask.http.get(f"{ask.house.address}/metrics") as answer:
        text = await answer.text()
    assert 'archway_deliveries_total{route="/api/v1/documents/{id}",status="200"} 1.0' in text
    assert 'archway_signature_failures_total{route="/api/v1/documents"} 1.0' in text
