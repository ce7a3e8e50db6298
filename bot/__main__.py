"""The command line: `archway …`, the same as `python -m bot …`. What is slow to import is imported where it is used."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from bot import maintenance
from bot.errors import ConfigurationError, Refusal

if TYPE_CHECKING:
    from bot.settings import Settings
    from knowledge.library import Library

KINDS = ("standard", "adr", "runbook", "pattern", "guide")
NO_ANSWER = 4
FAILED = 1
BAD_USE = 2

EXAMPLES = """\
examples:
  archway serve                                 the bot, on the starter folder
  archway ask how do we encrypt buckets         what a channel would be answered
  archway show STD-003.4                        one clause, word for word
  archway init docs/architecture                a knowledge folder to begin with
"""


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    knowledge = argparse.ArgumentParser(add_help=False)
    knowledge.add_argument("--knowledge", metavar="DIR", help="the knowledge folder (ARCHWAY_KNOWLEDGE)")
    database = argparse.ArgumentParser(add_help=False)
    database.add_argument("--database", metavar="URL", help="the database (DATABASE_URL)")
    as_json = argparse.ArgumentParser(add_help=False)
    as_json.add_argument("--json", action="store_true", help="one JSON document on standard output, nothing else")

    root = argparse.ArgumentParser(
        prog="archway",
        description="Architecture guidance in Slack and Microsoft Teams: what the standards say, with the exact clause.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action="version", version=f"archway {version('archway')}")
    commands = root.add_subparsers(title="commands", metavar="COMMAND", required=True)

    serve = commands.add_parser("serve", parents=[knowledge, database], help="the bot: Slack and Teams")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=_port, default=3978, help="port to listen on (3978)")
    serve.add_argument(
        "--playground",
        action="store_true",
        help="for trials without any credentials: people are who Microsoft's Agents Playground on this machine says",
    )
    serve.set_defaults(run=_serve)

    ask = commands.add_parser("ask", parents=[knowledge, as_json], help="the answer that a channel would get")
    ask.add_argument("--kind", choices=KINDS, help="only documents of this kind")
    ask.add_argument("question", nargs="+", metavar="QUESTION")
    ask.set_defaults(run=_ask)

    show = commands.add_parser("show", parents=[knowledge, as_json], help="one document or clause, by its id")
    show.add_argument("id", metavar="ID", help="STD-004, STD-004.3, or a path")
    show.set_defaults(run=_show)

    index = commands.add_parser("index", parents=[knowledge, as_json], help="builds or refreshes the index")
    index.set_defaults(run=_index)

    evaluate = commands.add_parser("eval", parents=[knowledge, as_json], help="retrieval quality on a question file")
    evaluate.add_argument("questions", type=Path, metavar="QUESTIONS.jsonl")
    evaluate.set_defaults(run=_evaluate)

    init = commands.add_parser("init", help="a starter knowledge folder")
    init.add_argument("folder", type=Path, metavar="DIR")
    init.set_defaults(run=_init)

    manifest = commands.add_parser(
        "manifest", parents=[knowledge], help="what an administrator uploads to Slack or Teams"
    )
    manifest.add_argument("platform", choices=("slack", "teams"))
    manifest.add_argument("--url", metavar="URL", help="where the bot is reached, such as https://archway.example.org")
    manifest.add_argument("-o", "--output", type=Path, metavar="FILE", help="standard output unless told (Slack)")
    manifest.set_defaults(run=_manifest)

    doctor = commands.add_parser(
        "doctor", parents=[knowledge, database, as_json], help="what is wrong here, and how to mend it"
    )
    doctor.set_defaults(run=_doctor)

    maintenance.add_commands(commands, database, as_json)

    register = commands.add_parser(
        "register", parents=[database], help="the exception register: requests, decisions, waivers"
    )
    register.add_argument("--format", choices=("json", "csv"), default="json", help="json (with all there is), or csv")
    register.add_argument("--status", metavar="S", help='only "pending", "in force", "declined", "expired", …')
    register.add_argument("--service", metavar="S", help="only those for this service")
    register.set_defaults(run=_register)

    gallery = commands.add_parser("gallery", help="every card, for both platforms, and a page of them")
    gallery.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    gallery.set_defaults(run=_gallery)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; gives the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a letter shows "?" instead of failing
    options = parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except ConfigurationError as error:
        for fault in error.faults:
            _complain(fault)
        return BAD_USE
    except Refusal as refusal:
        _complain(refusal.sentence)
        return BAD_USE
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on: no complaint at exit
        return 0
    except OSError as error:
        _complain(f"{error.strerror or error}: {error.filename or 'the system says no more'}")
        return BAD_USE
    except Exception as error:  # never a traceback to a person, unless they ask for it
        from bot.settings import wants_detail

        if wants_detail():
            raise
        _complain(
            f"That is a fault of ours ({type(error).__name__}). ARCHWAY_LOG_LEVEL=debug shows where; please report it."
        )
        return FAILED
    return status


def _complain(sentence: str) -> None:
    """One line on standard error. File names and ids in it are whatever somebody wrote: they cannot drive a terminal."""
    from bot.cards.text import clean

    print(f"archway: {clean(sentence)}", file=sys.stderr)


def _settings(options: argparse.Namespace) -> Settings:
    from bot import settings

    return settings.load(
        settings.environment(),
        knowledge=getattr(options, "knowledge", None),
        database_url=getattr(options, "database", None),
    )


def _library(options: argparse.Namespace) -> Library:
    from bot import app

    return app.open_library(_settings(options)).library


def _serve(options: argparse.Namespace) -> int:
    import asyncio

    from bot import app

    return asyncio.run(app.serve(_settings(options), options.host, options.port, playground=options.playground))


def _ask(options: argparse.Namespace) -> int:
    if not " ".join(options.question).strip():
        raise ConfigurationError(["The question is empty: archway ask how do we encrypt buckets."])
    from bot import terminal
    from bot.cards import catalog

    answer = _library(options).ask(" ".join(options.question), options.kind)
    if options.json:
        _print_json(answer)
    else:
        terminal.print_card(catalog.answer(answer) if answer.answered else catalog.no_answer(answer))
    return 0 if answer.answered else NO_ANSWER


def _show(options: argparse.Namespace) -> int:
    from bot import terminal
    from bot.cards import catalog
    from handlers import library as handler

    found = handler.found(options.id, _library(options))
    if options.json:
        _print_json(found)
    else:
        terminal.print_card(catalog.whole_document(found) if found.clause is None else catalog.shown(found))
    return 0


def _index(options: argparse.Namespace) -> int:
    from time import perf_counter

    from bot import terminal
    from bot.cards.text import clean

    began = perf_counter()
    library = _library(options)
    contents = library.contents
    report = {
        "documents": len(contents.documents),
        "passages": library.passages,
        "clauses": library.clauses,
        "left_out": contents.left_out,
        "seconds": round(perf_counter() - began, 3),
    }
    if options.json:
        _print_json(report)
        return 0
    counted = ((len(contents.documents), "document"), (library.passages, "passage"), (library.clauses, "clause"))
    print(f"{', '.join(terminal.count(*each) for each in counted)} in {report['seconds']} s")
    for heading, faults in terminal.faults(contents.left_out):
        print(f"\n{heading}:")
        for fault in faults:
            print(f"  {clean(fault.path)}{f':{fault.line}' if fault.line else ''}: {clean(fault.reason)}")
    if not contents.documents:
        print(
            "The folder holds no document that can be read: put Markdown files into it, or `archway init` another one."
        )
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from knowledge import evaluation

    try:
        questions = evaluation.read(options.questions)
    except evaluation.QuestionFileError as error:
        raise ConfigurationError([f"{error}."]) from error
    library = _library(options)
    for path in evaluation.unknown_paths(library, questions):
        _complain(f"{path} is not in the folder; questions about it count as failed.")
    report = evaluation.evaluate(library, questions)
    if options.json:
        _print_json(report)
    else:
        print(evaluation.table(report))
    return 0


def _init(options: argparse.Namespace) -> int:
    import shutil

    from bot.settings import STARTER

    if options.folder.exists() and (not options.folder.is_dir() or any(options.folder.iterdir())):
        raise ConfigurationError([f"{options.folder} exists and is not an empty folder; name another one."])
    shutil.copytree(STARTER, options.folder, dirs_exist_ok=True)
    print(f"A knowledge folder to begin with is in {options.folder}. Next: read {options.folder / 'README.md'}, then")
    print(f"  archway ask --knowledge {options.folder} who may read production secrets")
    return 0


def _manifest(options: argparse.Namespace) -> int:
    from bot import manifests

    settings = _settings(options)
    if options.platform == "slack":
        written = manifests.slack_manifest(settings, options.url)
    elif options.output is None:
        raise ConfigurationError(["The Teams app package is a zip file: name it with -o archway-teams.zip."])
    else:
        written = manifests.teams_package(settings, options.url)
    if options.output is None:
        print(written.decode())
        return 0
    options.output.write_bytes(written)
    print(options.output)
    return 0


def _doctor(options: argparse.Namespace) -> int:
    import asyncio

    from bot import doctor, settings

    environ = settings.environment()
    findings = asyncio.run(doctor.examine(environ, knowledge=options.knowledge, database_url=options.database))
    if options.json:
        _print_json({"well": not doctor.failed(findings), "findings": findings})
    else:
        print(doctor.report(findings))
    return FAILED if doctor.failed(findings) else 0


def _register(options: argparse.Namespace) -> int:
    from bot import register

    status = register.status_of(options.status) if options.status else ""
    with maintenance.looked_at(_settings(options).database_url) as database:
        found = database.read_now(lambda unit: register.read(unit, status, options.service or ""))
    if options.format == "csv":
        print(register.as_csv(found), end="")
    else:
        _print_json(found)
    return 0


def _gallery(options: argparse.Namespace) -> int:
    from bot.cards import gallery

    gallery.write(options.output)
    print(f"{options.output / 'index.html'}")
    return 0


def _print_json(value: object) -> None:
    import msgspec

    print(json.dumps(msgspec.to_builtins(value), indent=2, ensure_ascii=False))


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port between 0 and 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
