"""Would a test notice if a line of decision rights, tally, signatures or record were wrong? `make mutations`.

    python bench/mutations.py [--files bot/domain/rights.py …] [--sample 20 --seed 7]

Each mutant is one small fault in one file, put into a copy of the tree; the tests of `JUDGES` run on it until one fails. What no
test notices is printed with its line: a test that is missing, or a fault that changes nothing (`EXPLAINED` says why).

The tools of the field leave out what is most worth asking here: mutmut 3 changes neither constants of a module nor properties
(how old a signature may be, which voice is the stricter one), Cosmic Ray takes out no check and no statement. What is logged is
not judged, nor are imports, annotations, decorators and the insides of f-strings.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "data", "node_modules", "*.egg-info")
ON_SQLITE = ("-k", "not postgres")  # what is asked of a file does not depend on the database
# The tests that judge a file: those that are about it, not all that happen to pass through.
JUDGES: dict[str, tuple[str, ...]] = {
    "bot/domain/rights.py": ("tests/domain/test_rights.py",),
    "bot/domain/seats.py": ("tests/domain/test_seats.py",),
    "bot/domain/exception_decisions.py": ("tests/domain/test_exception_decisions.py", "tests/domain/test_waivers.py"),
    "bot/domain/waivers.py": ("tests/domain/test_waivers.py",),
    "bot/domain/absences.py": ("tests/domain/test_rights.py",),
    "handlers/voters.py": (
        "tests/handlers/test_absences.py",
        "tests/stories/test_abuse_of_decisions.py::test_only_full_members_decide_whatever_address_and_group_they_have",
        *ON_SQLITE,
    ),
    "bot/slack/signature.py": ("tests/slack/test_slack_signature.py",),
    "bot/teams/tokens.py": ("tests/teams/test_teams_tokens.py",),
    "bot/teams/keys.py": ("tests/teams/test_teams_keys.py", "tests/teams/test_teams_tokens.py"),
    "bot/api/signatures.py": ("tests/api/test_signatures.py",),
    "bot/store/chain.py": ("tests/store/test_audit.py", *ON_SQLITE),
}
# Loaded once and not for every mutant: slow to import, and none of ours.
PRELOADED = ("_pytest.python", "_hypothesis_pytestplugin", "hypothesis.strategies", "pytest_asyncio.plugin", "pytest_cov.plugin", "anyio.pytest_plugin", "aiohttp.web", "sqlalchemy.orm",
             "alembic.command", "jwt", "cryptography.hazmat.primitives.serialization", "msgspec", "structlog", "yaml", "jinja2",
             "numpy", "rapidfuzz", "slack_bolt.async_app", "botbuilder.core", "psycopg")  # fmt: skip
# What no test can notice: by file the lines as the fault leaves them, and why it changes nothing.
ALWAYS_LAST_DAY = "a request that was sent has a last day (exception_forms): the check is for its type"
ALWAYS_RULE = "a ballot is that of an emergency exactly when the terms have the rule of one: the check is for its type"
MEMBERS_ALONE = "for accounts that are none of a full member, who are refused before anything else is looked at"
OF_PYJWT = "the locked PyJWT raises errors of its own alone; older ones that pyproject.toml allows let RecursionError through, and this is the same caution"  # fmt: skip
NO_ISSUER = "PyJWT looks at the issuer only when it is handed one; we compare it ourselves"
EXPLAINED: dict[str, dict[str, str]] = {
    "bot/domain/rights.py": {
        "gone = {same_writing(person.email) for person in without if True}": "nobody's address in the file is empty",
        """return ('~').join(listed) or "nobody\"""": "there is nothing between fewer than two names",
    },
    "bot/domain/seats.py": {
        "wanted[seat.role] = max(wanted.get(seat.role, (1)), seat.people)": "a seat is of one person at least (governance_reading)",
    },
    "bot/domain/exception_decisions.py": {
        "Choice.KEEP: (1),": "on the ballot on which one keeps there is no other choice, and twice is no stricter",
        "Choice.ASK_FOR_CHANGES: (3),": "it closes its ballot: no voice follows it",
        "Choice.DECLINE: (3),": "it closes its ballot: no voice follows it",
        "if (approves and (not request.waiver) and (until < governance.calendar.today(now))):": ALWAYS_LAST_DAY,
        "until = (request.wish.until)": ALWAYS_LAST_DAY,
        "what = happened.get((request.ballot), Happened.APPROVED)": "an undecided request has a ballot: the other one is for its type",
        "who = dict((zip(taken, request.voices)))": "zip is not strict unless it is told",
        "if (clock and clock.lapse and now >= clock.lapse) or ((waiver and now >= waiver.look_by)):": "an undecided request with a waiver owes a second look, by a date",
        "if (request.ballot is Ballot.EMERGENCY or request.terms.emergency):": ALWAYS_RULE,
        "if (request.terms.emergency):": ALWAYS_RULE,
        "if (request.ballot is Ballot.EMERGENCY):": ALWAYS_RULE,
        "look_by = calendar.add(now, look) if True else ends": "an emergency has a second look, that of the starter file unless another is written",
    },
    "bot/domain/waivers.py": {
        """owner = next((each.owner for each in waiver.conditions if each.number == number), ('~')) if waiver else "\"""": "no address is “~”",
        """owner = next((each.owner for each in waiver.conditions if each.number == number), "") if waiver else ('~')""": "no address is “~”",
        """now = "" if (text == target.text) else text""": "a request that was sent has a target (exception_forms): the check is for its type",
    },
    "handlers/voters.py": {
        "return (Voter(by, person))": MEMBERS_ALONE,
        "held = unit.absences.delegated_to(person, unit.now) if True else ()": "nobody's delegate is nobody: the store finds nothing",
        "addresses = {account.email for account in people.accounts(away.id) if True}": "an account of another standing is of nobody (store.people)",
        "return desk.governance.roles_of(person.email) if (person.email in addresses) else frozenset()": "persons are never taken out of the store: the check is for its type",
    },
    "bot/teams/tokens.py": {
        "_OURS = ({'verify_exp': False, 'verify_nbf': False, 'verify_iat': False, 'verify_aud': False})": NO_ISSUER,
        """_OURS = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False, (''): False}""": NO_ISSUER,
        """_OURS = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False, "verify_iss": (True)}""": NO_ISSUER,
        """expires, begins = claims.get("exp"), claims.get("nbf", (1.0))""": "a second after 1 January 1970 is as long ago",
        "_UNREADABLE = ((jwt.PyJWTError, TypeError, KeyError, AttributeError, RecursionError))": OF_PYJWT,
        "_UNREADABLE = ((jwt.PyJWTError, ValueError, KeyError, AttributeError, RecursionError))": OF_PYJWT,
        "_UNREADABLE = ((jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError))": OF_PYJWT,
        "_UNREADABLE = ((jwt.PyJWTError, ValueError, TypeError, KeyError, RecursionError))": OF_PYJWT,
        "_UNREADABLE = ((jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError))": OF_PYJWT,
        """scheme, _, token = (authorization or ('~')).partition(" ")""": "that is no bearer token either",
    },
}

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
OTHERS = {"min": "max", "max": "min", "any": "all", "all": "any", "startswith": "endswith", "endswith": "startswith"}
UNDONE = {"strip", "lower", "casefold"}  # methods whose call is left out
EITHER_WAY = {"min", "max", "compare_digest", "same_service"}  # whose arguments may stand in any order
NOT_RUN = {"annotation", "returns", "decorator_list", "format_spec"}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument(
        "--files", nargs="+", choices=JUDGES, default=list(JUDGES), metavar="FILE", help="of: %(choices)s"
    )
    options.add_argument("--sample", type=int, help="so many mutants of each file, chosen by --seed")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of a set must not decide what is noticed
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    for name in PRELOADED:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory(prefix="mutations") as scratch:
        tree = Path(scratch) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        results = {file: examined(tree, file, chosen.sample, chosen.seed) for file in chosen.files}
    print(f"\n{'':36}{'mutants':>9}{'killed':>9}{'timed out':>11}{'survived':>10}{'explained':>11}{'score':>9}")
    for file, each in [*results.items(), ("all", sum(results.values(), Counter()))]:
        caught, total = each["killed"] + each["timed out"], each.total()
        row = f"{file:36}{total:9}{each['killed']:9}{each['timed out']:11}{total - caught:10}{each['explained']:11}"
        print(f"{row}{100 * caught / total:7.1f} %")


def examined(tree: Path, file: str, sample: int | None, seed: int) -> Counter[str]:
    """How the mutants of a file end: "killed", "timed out", "survived" or "explained", which is to survive with a reason."""
    original = (ROOT / file).read_bytes()
    began = time.monotonic()
    if judged(tree, file, 600) != "survived":
        sys.exit(f"{file}: its tests fail without any fault")
    patience = 30 + 5 * (time.monotonic() - began)
    found = mutants(original)
    if sample is not None and sample < len(found):
        found = sorted(random.Random(seed).sample(found, sample), key=lambda mutant: mutant.line)
    print(f"\n{file}: {len(found)} mutants, judged by {' '.join(JUDGES[file])}", flush=True)
    ends: Counter[str] = Counter()
    for mutant in found:
        (tree / file).write_bytes(mutant.source)
        end = judged(tree, file, patience)
        if end == "survived" and (why := EXPLAINED.get(file, {}).get(mutant.now)):
            end = "explained"
        ends[end] += 1
        if end != "killed":
            print(f"{end}: {file}:{mutant.line}\n    {mutant.was}\n    {mutant.now}", flush=True)
            if end == "explained":
                print(f"    ({why})", flush=True)
    (tree / file).write_bytes(original)
    return ends


def judged(tree: Path, file: str, patience: float) -> str:
    """How the copy as it is now ends before the tests of a file. `patience` is in seconds."""
    run = multiprocessing.get_context("fork").Process(target=_run_tests, args=(tree, JUDGES[file]))
    run.start()
    run.join(patience)
    with suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL)  # with whatever it has started
    run.join()
    return {-signal.SIGKILL: "timed out", pytest.ExitCode.OK: "survived"}.get(run.exitcode, "killed")


def _run_tests(tree: Path, tests: Sequence[str]) -> None:
    os.setsid()
    sys.dont_write_bytecode = True  # two faults of one size within a second would pass for one
    os.chdir(tree)
    os.environ["PYTHONPATH"] = str(tree)  # for processes that tests start: the package is installed as the working tree
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    hypothesis.settings.register_profile("judge", derandomize=True, database=None)
    hypothesis.settings.load_profile("judge")
    known = (
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
        f"--basetemp={tree.parent / 'tmp'}",
    )
    os._exit(pytest.main(["-x", "-q", *known, *tests]))


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault: the line at which it begins, those lines before and after, and the whole file with it."""

    line: int
    was: str
    now: str
    source: bytes


def mutants(source: bytes) -> list[Mutant]:
    """Every fault of a file, in the order of its lines."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found: dict[bytes, Mutant] = {}
    for node, parent in _run(ast.parse(source)):
        for text in dict.fromkeys(_faults(node, parent)):
            begin, end = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
            changed = source[:begin] + text.encode() + source[end:]
            before, after = starts[node.lineno - 1], starts[node.end_lineno]
            was, now = source[before:after], changed[before : after + len(changed) - len(source)]
            found.setdefault(
                changed, Mutant(node.lineno, *(" ".join(each.decode().split()) for each in (was, now)), changed)
            )
    return sorted(found.values(), key=lambda mutant: mutant.line)


def _run(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """The nodes that mean something when the file runs, each with its parent."""
    if isinstance(node, ast.JoinedStr):
        return
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name not in NOT_RUN and not _is_idle(child):
                yield child, node
                yield from _run(child)


def _is_idle(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) or ast.unparse(node).startswith("log.")
    return isinstance(node, ast.Import | ast.ImportFrom)


def _faults(node: ast.AST, parent: ast.AST) -> Iterator[str]:
    """What may stand in place of a node."""
    if _is_condition(node, parent):
        yield from ("True", "False")
    if isinstance(node, ast.expr):
        yield from (f"({ast.unparse(each)})" for each in _expressions(node, parent))
    elif isinstance(node, ast.Return) and not isinstance(node.value, ast.Constant | None):
        yield "return None"
    elif isinstance(node, ast.Expr | ast.Raise | ast.AugAssign | ast.Delete | ast.Continue | ast.Break):
        yield "pass"
        if isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
            yield ast.unparse(_with(node, op=ARITHMETIC[type(node.op)]()))
    elif isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name | ast.Tuple):
        yield "pass"


def _is_condition(node: ast.AST, parent: ast.AST) -> bool:
    return node in parent.ifs if isinstance(parent, ast.comprehension) else node is getattr(parent, "test", None)


def _expressions(node: ast.expr, parent: ast.AST) -> Iterator[ast.AST]:  # noqa: C901, PLR0912  # one case for each kind
    match node:
        case ast.Compare():
            for at, op in enumerate(node.ops):
                for other in COMPARISONS[type(op)]:
                    yield _with(node, ops=[*node.ops[:at], other(), *node.ops[at + 1 :]])
        case ast.BoolOp():
            yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
            yield from (_with(node, values=rest) if len(rest) > 1 else rest[0] for rest in _less(node.values))
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.BinOp() if type(node.op) in ARITHMETIC:
            yield _with(node, op=ARITHMETIC[type(node.op)]())
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int() | float()):
            yield from (ast.Constant(node.value + by) for by in (1, -1) if node.value + by >= 0)
        case ast.Constant(value=str() | bytes()):
            yield ast.Constant(node.value[:0] if node.value else "~" if isinstance(node.value, str) else b"~")
        case ast.JoinedStr():
            yield ast.Constant("")
        case ast.Name() if node.id in OTHERS:
            yield ast.Name(OTHERS[node.id])
        case ast.Attribute() if node.attr in OTHERS:
            yield _with(node, attr=OTHERS[node.attr])
        case ast.Call():
            if isinstance(node.func, ast.Attribute) and node.func.attr in UNDONE:
                yield node.func.value
            for at in range(len(node.args) - 1 if ast.unparse(node.func).split(".")[-1] not in EITHER_WAY else 0):
                one, two = node.args[at : at + 2]
                yield _with(node, args=[*node.args[:at], two, one, *node.args[at + 2 :]])
            yield from (_with(node, keywords=rest) for rest in _less(node.keywords))
        case ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()) | ast.Set() if len(node.elts) > 1:
            if not _is_shape(parent):
                yield from (_with(node, elts=rest) for rest in _less(node.elts))
        case ast.Dict() if len(node.keys) > 1:
            for keys, values in zip(_less(node.keys), _less(node.values), strict=True):
                yield _with(node, keys=keys, values=values)


def _is_shape(parent: ast.AST) -> bool:
    """Whether a tuple in it has one member for each of something, and is no choice of things."""
    unpacked = isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Tuple)
    return unpacked or isinstance(parent, ast.Subscript | ast.Return)


def _less(listed: Sequence[Any]) -> list[list[Any]]:
    """A list without each of its members in turn."""
    return [[*listed[:at], *listed[at + 1 :]] for at in range(len(listed))]


def _with(node: ast.AST, **changed: object) -> ast.AST:
    other = copy.copy(node)
    for name, value in changed.items():
        setattr(other, name, value)
    return other


if __name__ == "__main__":
    main()
