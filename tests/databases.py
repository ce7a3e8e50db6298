"""Databases for tests: SQLite files, and PostgreSQL where it is found or can be started. Each test gets an empty one.

`ARCHWAY_TEST_POSTGRES` names a server in which databases may be made; unset, the installed binaries are started in a
temporary folder. `ARCHWAY_REQUIRE_POSTGRES=1` makes a missing PostgreSQL a failure.
"""

from __future__ import annotations

import getpass
import itertools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

from bot.store import schema
from bot.store.engines import opened

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
START_SECONDS = 60
ROOM_BYTES = 4 << 30
MISSING = (
    "PostgreSQL WAS NOT TESTED: no ARCHWAY_TEST_POSTGRES, and no binaries in /usr/lib/postgresql or on the path "
    "(apt-get install postgresql)"
)

_count = itertools.count()


class Clock:
    """A clock that is set by hand; called, it tells the time."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        """Moves it on: `advance(days=1, hours=2)`."""
        self.now += timedelta(**by)
        return self.now


class PostgresServer:
    """A PostgreSQL of our own on loopback, run as an unprivileged user. It can be crashed and started again.

    Without `durable` it does not wait for the disk, and lies in memory where there is room: three times as quick, and for tests
    that do not crash the machine.
    """

    def __init__(self, binaries: Path, *, durable: bool = True) -> None:
        self._binaries = binaries
        self._durable = durable
        self._folder = Path(tempfile.mkdtemp(prefix="archway-postgres-", dir=None if durable else _memory()))
        self._user = _unprivileged()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        if self._user:
            shutil.chown(self._folder, self._user)
        self._data = self._folder / "data"
        initdb: list[str | Path] = [
            binaries / "initdb",
            "--no-sync",
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C",
            "-D",
            self._data,
        ]
        subprocess.run(
            initdb, check=True, stdout=subprocess.DEVNULL, user=self._user, cwd=self._folder, env=_environment()
        )

    @property
    def url(self) -> str:
        """The address of its maintenance database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Starts it and waits until it answers, after a crash as well."""
        command: list[str | Path] = [self._binaries / "postgres", "-D", self._data, "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
                   "-c", "unix_socket_directories=", "-c", "max_connections=200"]  # fmt: skip
        if not self._durable:
            command += ["-c", "fsync=off", "-c", "full_page_writes=off"]
        with (self._folder / "log").open("ab") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=output, user=self._user, cwd=self._folder, env=_environment()
            )
        end = time.monotonic() + START_SECONDS
        while not answers(self.url):
            if time.monotonic() > end or self._process.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start: {(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def demand_passwords(self) -> None:
        """From now on everybody needs a password, and nobody has one."""
        (self._data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        assert self._process
        self._process.send_signal(signal.SIGHUP)
        end = time.monotonic() + START_SECONDS
        while answers(self.url) and time.monotonic() < end:
            time.sleep(0.05)

    def crash(self) -> None:
        """Stops it as a crash would: no checkpoint, every connection cut ("immediate shutdown")."""
        self._signalled(signal.SIGQUIT)

    def stop(self) -> None:
        """Stops it and deletes what it held."""
        self._signalled(signal.SIGINT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _signalled(self, number: int) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(timeout=START_SECONDS)


def binaries() -> Path | None:
    """Where the newest installed PostgreSQL has its programs."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if installed:
        return installed[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def answers(url: str) -> bool:
    """Whether a server takes connections."""
    engine = create_engine(url, connect_args={"connect_timeout": 2})
    try:
        with engine.connect():
            return True
    except OperationalError:
        return False
    finally:
        engine.dispose()


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a server for this test run; skips, or fails where PostgreSQL is required, when there is none."""
    if given := os.environ.get("ARCHWAY_TEST_POSTGRES"):
        yield given
        return
    found = binaries()
    if found is None:
        if os.environ.get("ARCHWAY_REQUIRE_POSTGRES") == "1":
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)
    server = PostgresServer(found, durable=False)
    try:
        server.start()
        yield server.url
    finally:
        server.stop()


@contextmanager
def postgres_database(server: str, template: str = "template0") -> Iterator[str]:
    """A database of one's own on a server, dropped at the end."""
    name = f"archway_test_{os.getpid()}_{next(_count)}_{secrets.token_hex(3)}"
    _administer(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _administer(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def migrated_postgres(server: str) -> Iterator[str]:
    """The name of a database at the newest version, to copy others from."""
    with postgres_database(server) as url:
        engine = opened(url)
        schema.upgrade(engine)
        engine.dispose()
        yield make_url(url).database or ""


def migrated_sqlite(file: Path) -> Path:
    """A SQLite file at the newest version, to copy others from."""
    engine = opened(f"sqlite:///{file}")
    schema.upgrade(engine)
    engine.dispose()
    return file


def _administer(server: str, statement: str) -> None:
    """Without an engine, which would ask the server about itself first: hundreds of tests make a database each."""
    address = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL(statement))  # of our own names alone


def _memory() -> Path | None:
    """A folder that is no disk, where this machine has one with room."""
    folder = Path("/dev/shm")
    return folder if folder.is_dir() and shutil.disk_usage(folder).free > ROOM_BYTES else None


def _unprivileged() -> str | None:
    """Who runs the server: PostgreSQL refuses to be root's."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody", getpass.getuser()) if name in names)


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
