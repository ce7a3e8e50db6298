"""A commit on a branch of the knowledge folder's repository, made of git's own objects: no work tree, no index and no branch that
somebody has checked out is touched, and no hook is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from knowledge import repository

TIMEOUT = 60.0  # seconds for one command of git
NAME, EMAIL = "Archway", "archway@localhost"
SAID = 300  # characters of what git says that a fault repeats
BRANCHES = 9  # names that are tried where a branch is checked out
HEADS = "refs/heads/"
# Nothing of the repository's own is run.
QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0")


class RepositoryFault(Exception):
    """A repository that cannot be written to; its text says why."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file of the folder that is to be committed, with what is said of it, and since when it is wanted (aware)."""

    path: str
    text: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Branches:
    """The branches of the repository that the folder at `root` is kept in."""

    root: Path
    git: str | None = field(default_factory=lambda: shutil.which("git"))

    @property
    def are_there(self) -> bool:
        """Whether the folder is in a repository that can be written to: not where it is ignored there."""
        place = repository.of(self.root) if self.git else None
        if place is None:
            return False
        return not place.prefix or not place.commit or self._asked("rev-parse", f"HEAD:{place.prefix.rstrip('/')}")[0]

    def put(self, branch: str, change: Change) -> tuple[str, str]:
        """Commits a file of the folder to a branch, which begins at what is checked out; gives its name and the commit. Where it
        holds the file with this text already nothing is done. A branch that is checked out stays as it is: "NAME-2"
        is taken then.

        Raises `RepositoryFault`.
        """
        place = repository.of(self.root)
        if place is None:
            raise RepositoryFault("the knowledge folder is in no repository any more")
        blob = self._done("hash-object", "-w", "--stdin", input_=change.text.encode("utf-8", "replace"))
        where, taken = f"{place.prefix}{change.path}", self._checked_out()
        for number in range(1, BRANCHES + 1):
            name = branch if number == 1 else f"{branch}-{number}"
            tip = self._commit(f"{HEADS}{name}")
            if tip and self._asked("rev-parse", "--verify", "--quiet", f"{tip}:{where}") == (True, blob):
                return name, tip
            if f"{HEADS}{name}" not in taken:
                return name, self._committed(name, tip, (where, blob), change)
        raise RepositoryFault(f"{branch} and its like are all checked out")

    def _committed(self, name: str, tip: str, entry: tuple[str, str], change: Change) -> str:
        where, blob = entry
        parent = tip or self._commit("HEAD")
        with tempfile.TemporaryDirectory(prefix="archway-index-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if parent:
                self._done("read-tree", parent, more=index)
            self._done("update-index", "--add", "--cacheinfo", f"100644,{blob},{where}", more=index)
            tree = self._done("write-tree", more=index)
        moment = f"{int(change.at.timestamp())} +0000"
        author = {
            **{f"GIT_{role}_NAME": NAME for role in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{role}_EMAIL": EMAIL for role in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{role}_DATE": moment for role in ("AUTHOR", "COMMITTER")},
        }
        parents = ["-p", parent] if parent else []
        commit = self._done("commit-tree", tree, *parents, input_=change.message.encode(), more=author)
        # The old value has to be as it was seen: whoever else has moved the branch meanwhile is not undone.
        self._done("update-ref", "-m", "archway: draft", f"{HEADS}{name}", commit, tip, more=author)
        return commit

    def _commit(self, name: str) -> str:
        """The commit of a name; "" for none. Whether it can be read is found out by whoever uses it."""
        found, commit = self._asked("rev-parse", "--verify", "--quiet", name)
        return commit if found else ""

    def _checked_out(self) -> frozenset[str]:
        """The branches that somebody has checked out, here or in another work tree of the repository."""
        lines = self._done("worktree", "list", "--porcelain").splitlines()
        return frozenset(line.removeprefix("branch ") for line in lines if line.startswith("branch "))

    def _done(self, *words: str, input_: bytes = b"", more: dict[str, str] | None = None) -> str:
        """What git says. Raises `RepositoryFault` where it fails."""
        ran = self._run(words, input_, more or {})
        if ran.returncode:
            reason = " ".join(ran.stderr.decode("utf-8", "replace").split())
            raise RepositoryFault(f"git {words[0]} fails: {reason[:SAID] or ran.returncode}")
        return ran.stdout.decode("utf-8", "replace").strip()

    def _asked(self, *words: str) -> tuple[bool, str]:
        """Whether git says yes, and what it says. Raises `RepositoryFault` where it cannot be asked."""
        ran = self._run(words, b"", {})
        return ran.returncode == 0, ran.stdout.decode("utf-8", "replace").strip()

    def _run(self, words: Sequence[str], input_: bytes, more: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
        if self.git is None:
            raise RepositoryFault("git is not installed")
        # A repository that belongs to somebody else, as on a mounted volume, is still the one that was configured.
        trusted = ("-c", "safe.directory=*")
        environment = {"PATH": f"{Path(self.git).parent}{os.pathsep}{os.defpath}", "LC_ALL": "C", "HOME": os.devnull,
                       "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", **more}  # fmt: skip
        try:
            return subprocess.run(  # noqa: S603  # git, with words of ours: paths of drafts are checked
                [self.git, *QUIET, *trusted, "-C", str(self.root), *words],
                input=input_,
                env=environment,
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as fault:
            raise RepositoryFault(f"git {words[0]} cannot be run: {fault}") from fault
