"""What it costs, in one run: `make bench`. Prints figures and their ratios; asserts nothing but that no click was counted wrongly.

    python bench/run.py [--documents 1120] [--seconds 6] [--clicks 2000] [--large]

The folder and the questions are made up (bench/folder.py), every question is sent once, nothing is cached. Timings on a
shared machine say little; ratios of one run say more.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import folder  # noqa: E402  # a script's own neighbour

SECRET = "bench-signing-secret"
PEOPLE = 3_000  # who ask in turn: nobody meets the bucket that holds floods back
ENVIRONMENT = {
    key: value for key, value in os.environ.items() if not key.startswith(("SLACK_", "MICROSOFT_", "ARCHWAY_"))
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--documents", type=int, default=1120, help="of 9 passages each (1120: about 10,000)")
    options.add_argument("--seconds", type=float, default=6, help="for each load")
    options.add_argument("--clicks", type=int, default=2_000, help="at once on exception requests, on each database")
    options.add_argument("--large", action="store_true", help="the library at 100,000 passages too")
    chosen = options.parse_args()
    import durability  # it uses what is here

    from bench import answered, clicks  # likewise

    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "knowledge"
        words = folder.write(root, chosen.documents)
        asked = folder.questions(words, 400_000)
        library(root, asked)
        starting(root, Path(scratch))
        serving(root, Path(scratch), asked, chosen.seconds)
        durability.measure(chosen.seconds)
        answered.measure(150)
        is_right = clicks.measure(chosen.clicks)
        if chosen.large:
            large = Path(scratch) / "large"
            library(large, folder.questions(folder.write(large, 11_200, seed=3), 2000))
    sys.exit(0 if is_right else 1)


def library(root: Path, asked: Iterator[str]) -> None:
    """Reading, indexing, asking: in this process, on one core."""
    from knowledge import folder as reader
    from knowledge.library import Library

    began = time.perf_counter()
    snapshot = reader.read(root)
    contents = snapshot.contents
    read = time.perf_counter()
    shelf = Library.build(contents, lambda _document, _anchor: None)
    built = time.perf_counter()
    passages = sum(len(document.passages) for document in contents.documents.values())
    print(f"\nlibrary of {len(contents.documents):,} documents, {passages:,} passages")
    rate = passages / (built - began)
    print(
        f"  first build       {built - began:6.2f} s = {rate:,.0f} passages/s (reading {read - began:.2f} s, indexing {built - read:.2f} s)"
    )
    took = []
    for question in islice(asked, 2000):
        began = time.perf_counter()
        shelf.ask(question)
        took.append((time.perf_counter() - began) * 1e3)
    took.sort()
    print(f"  ask               p50 {took[1000]:.3f} ms, p99 {took[1980]:.3f} ms over 2,000 distinct questions")
    some = next(iter(root.rglob("*.md")))
    some.write_text(some.read_text() + "\n## Zebra\n\nZebras are striped.\n")
    began = time.perf_counter()
    shelf = shelf.updated(reader.read(root, snapshot).contents)
    print(f"  one file changed  {(time.perf_counter() - began) * 1e3:.0f} ms until answered")
    assert shelf.ask("zebras striped").answered


def starting(root: Path, scratch: Path) -> None:
    """The command line and a start with a warm index."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "bot", "--help"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    print(f"\narchway --help      {time.perf_counter() - began:.2f} s")
    with serve(root, scratch / "data"):
        pass
    began = time.perf_counter()
    with serve(root, scratch / "data") as (_, process):
        ready = time.perf_counter() - began
        resident = int(
            next(
                line for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if "VmRSS" in line
            ).split()[1]
        )
    print(f"serve, warm index   ready in {ready:.2f} s, {resident / 1024:.0f} MB resident")


def serving(root: Path, scratch: Path, asked: Iterator[str], seconds: float) -> None:
    """Requests a second and the median answer, beside what others need for "hello"."""
    rows: list[tuple[str, dict[int, dict[str, Any]]]] = []

    def commands(count: int) -> Iterator[bytes]:
        return (slack(question, number % PEOPLE) for number, question in enumerate(islice(asked, count)))

    for name, kind in (("aiohttp with HMAC, hello", "bare"), ("Bolt's default, hello", "bolt")):
        with hello(kind) as port:
            rows.append((name, loads(port, commands, scratch, seconds)))
    with boxes() as (workspace, tenant):
        environ = tenant.environment | {"SLACK_API_URL": workspace.api_url}
        with serve(root, scratch / "data", slack=True, environ=environ) as (port, _):
            rows.append(("/arch QUESTION", loads(port, commands, scratch, seconds, warm=True)))
            token = tenant.issuer.token(tenant.connector.service_url)

            def queries(count: int) -> Iterator[bytes]:
                for number, question in enumerate(islice(asked, count)):
                    query = tenant.query(question) | {"from": tenant.connector.people[number % PEOPLE].sender}
                    yield request("/api/messages", {"Authorization": f"Bearer {token}"}, json.dumps(query).encode())

            rows.append(("composeExtension/query", loads(port, queries, scratch, seconds, warm=True)))
    reference = rows[1][1]
    print(f"\n{'over HTTP, one process':28} {'1 client':>22} {'64 clients':>34}")
    for name, figures in rows:
        one, many = figures[1], figures[64]
        ratio = many["per_second"] / reference[64]["per_second"]
        print(
            f"{name:28} {one['per_second']:8,.0f}/s  p50 {one['p50_ms']:6.2f} ms {many['per_second']:8,.0f}/s  p50 {many['p50_ms']:6.2f} ms"
            f"  {ratio:5.2f} × Bolt  {'' if set(one['statuses']) | set(many['statuses']) == {'200'} else many['statuses']}"
        )


def loads(
    port: int, make: Callable[[int], Iterable[bytes]], scratch: Path, seconds: float, *, warm: bool = False
) -> dict[int, dict[str, Any]]:
    """The same load at 1 and at 64 clients; the client is a process of its own. `warm`: everybody is known before."""

    def load(count: int, clients: int, seconds: float) -> dict[str, Any]:
        path = scratch / "requests"
        path.write_bytes(b"".join(len(request).to_bytes(4, "big") + request for request in make(count)))
        command = [
            sys.executable,
            str(ROOT / "bench/load.py"),
            str(path),
            "127.0.0.1",
            str(port),
            str(clients),
            str(seconds),
        ]
        figures: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return figures

    figures = {}
    for clients in (1, 64):
        if warm:
            load(PEOPLE, 16, 60)
        figures[clients] = load(int(6_000 * seconds), clients, seconds)
    return figures


def slack(question: str, person: int, room: str = "C") -> bytes:
    """A signed slash command as Slack sends it, in the person's channel ("C") or direct message ("D")."""
    form = {
        "token": "x", "team_id": "T0PLAYGROUND", "team_domain": "playground", "channel_id": f"{room}{person}", "channel_name": "general", "user_id": f"U{person}",
        "user_name": "ada", "command": "/arch", "text": question, "api_app_id": "A0ARCHWAY", "is_enterprise_install": "false",
        "response_url": "https://hooks.slack.com/commands/T1/1/x", "trigger_id": f"1.{time.perf_counter_ns()}",
    }  # fmt: skip
    return signed(urlencode(form).encode(), "application/x-www-form-urlencoded")


def signed(body: bytes, content_type: str) -> bytes:
    """A delivery as Slack signs it."""
    timestamp = str(int(time.time()))
    signature = "v0=" + hmac.new(SECRET.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    head = {"Content-Type": content_type, "X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}
    return request("/slack/events", head, body)


@contextmanager
def boxes() -> Iterator[tuple[Any, Any]]:
    """The playground's Slack and the tests' own Teams tenant, full of people, on an event loop of their own."""
    from bot.playground.slack import SlackWorkspace
    from bot.playground.state import Channel, User
    from tests.doubles.teams import teams
    from tests.doubles.teams_connector import Person

    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    workspace = SlackWorkspace(signing_secret=SECRET, bot_token="xoxb-bench", rates={})
    tenancy = teams()

    def do(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    try:
        do(workspace.__aenter__())
        tenant = do(tenancy.__aenter__())
        for number in range(PEOPLE):
            workspace.state.users[f"U{number}"] = User(f"U{number}", f"user{number}", f"User {number}")
            workspace.state.channels[f"C{number}"] = Channel(f"C{number}", f"room{number}")
        tenant.connector.people = tuple(
            Person(
                f"00000000-0000-4000-8000-{n:012}", f"29:{n}", f"User {n}", f"u{n}@example.org", tenant.issuer.tenant
            )
            for n in range(PEOPLE)
        )
        yield workspace, tenant
    finally:
        do(workspace.__aexit__(None, None, None))
        do(tenancy.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def request(path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Content-Length: {len(body)}",
        *(f"{k}: {v}" for k, v in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@contextmanager
def hello(kind: str, *more: str) -> Iterator[int]:
    port = free_port()
    with process([sys.executable, str(ROOT / "bench/servers.py"), kind, str(port), SECRET, *more], {}) as started:
        until(lambda: socket.create_connection(("127.0.0.1", port), 1).close(), started)
        yield port


@contextmanager
def serve(
    root: Path, data: Path, *, slack: bool = False, environ: dict[str, str] | None = None
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    environ = {
        "ARCHWAY_DATA": str(data),
        "ARCHWAY_KNOWLEDGE": str(root),
        "ARCHWAY_LOG_LEVEL": "warning",
        **(environ or {}),
    }
    if slack:
        environ |= {"SLACK_SIGNING_SECRET": SECRET, "SLACK_BOT_TOKEN": "xoxb-bench"}
    with process([sys.executable, "-m", "bot", "serve", "--port", str(port)], environ) as started:
        until(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1).close(), started)
        yield port, started


@contextmanager
def process(command: list[str], environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT | environ, stdout=subprocess.DEVNULL) as started:
        try:
            yield started
        finally:
            started.send_signal(signal.SIGTERM)
            started.wait(30)


def until(attempt: Callable[[], object], started: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        try:
            attempt()
        except (OSError, urllib.error.URLError):
            assert started.poll() is None, "the server has stopped"
            time.sleep(0.02)
        else:
            return
    raise TimeoutError("the server is not ready")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
