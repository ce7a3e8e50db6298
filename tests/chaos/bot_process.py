"""Processes of the bot, each forked from one that has imported everything already, so that a killed one is soon replaced:
python -m tests.chaos.bot_process

Standard input takes a JSON line for each process to start, standard output tells of each that has started or ended.
What runs is `bot.app.serve`, the whole of it, with these differences:

- three tables have other entries: handlers, a card and a timer's effect that know the plan of the run;
- points at which it can be killed are wrapped around its verbs (`points`);
- it posts faster than the platforms allow, leases and patience are shorter (`hurry`), so that much happens in minutes.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any

import handlers
from bot import app, settings
from bot.cards import announcements
from bot.domain.commands import Subscribe
from bot.domain.incident_reports import ReportIncident
from bot.pacing import Pace
from tests.chaos import hurry, sabotage
from tests.chaos.plan import Plan
from tests.chaos.points import Points
from tests.chaos.wishes import Granting, card_of_a_run

WAKES = 0.02  # seconds between two looks for processes that have ended


def live(order: dict[str, Any]) -> None:
    """One life of one process. Comes back when it was told to stop."""
    fate = order["fate"]
    points = Points(fate["point"], fate["count"], armed=order["armed"])
    signal.signal(signal.SIGUSR1, points.arm)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
    granting = Granting(Plan(**order["plan"]), points.passed, handlers.HANDLERS[Subscribe])
    handlers.HANDLERS = {**handlers.HANDLERS, Subscribe: granting.wish, ReportIncident: granting.report}
    handlers.DUE = {**handlers.DUE, "chaos": granting.ring}
    announcements.SAY = {**announcements.SAY, "chaos": card_of_a_run}
    hurry.up()
    sabotage.put_in(order["sabotage"])
    points.put_up()
    loaded = settings.load(order["environ"])
    raise SystemExit(asyncio.run(app.serve(loaded, "127.0.0.1", order["port"], pace=Pace(factor=order["hurry"]))))


def fork(order: dict[str, Any]) -> int:
    """Starts a process; gives its id."""
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        log = os.open(Path(order["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, replaced in ((0, nothing), (1, log), (2, log)):
            os.dup2(replaced, number)
        live(order)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException as fault:  # noqa: BLE001  # nobody else sees it: this is the end of the process
        import traceback

        traceback.print_exception(fault)
    finally:
        sys.stdout.flush()
        os._exit(status)


def main() -> None:
    """Starts what it is told to, until standard input ends."""
    import bot.announcer
    import bot.desks
    import bot.slack.surface
    import bot.store.memory
    import bot.teams.surface
    import bot.timers  # noqa: F401  # loaded before the fork, so that no process has to

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})  # for one that has only just been started
    gc.collect()
    gc.freeze()
    buffer = b""
    children: dict[int, int] = {}
    tell({"ready": os.getpid()})
    while True:
        if select.select([0], [], [], WAKES)[0]:
            read = os.read(0, 1 << 16)
            if not read:
                break
            *lines, buffer = (buffer + read).split(b"\n")
            for line in lines:
                order = json.loads(line)
                pid = fork(order)
                children[pid] = order["slot"]
                tell({"started": order["slot"], "pid": pid})
        while children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            tell({"ended": children.pop(pid), "pid": pid, "status": os.waitstatus_to_exitcode(status)})
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def tell(what: dict[str, Any]) -> None:
    """One line to whoever runs the run."""
    os.write(1, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    main()
