"""What git says of the knowledge folder: commit, remote, place in the repository. Reads git's files, runs nothing."""

from __future__ import annotations

import configparser
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LARGEST = 8 * 1024 * 1024  # bytes of packed-refs: some hundred thousand branches and tags


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository that a folder is in."""

    commit: str | None
    remote: str | None  # the address of `origin`, as configured: it may hold a password
    prefix: str  # from the repository's top to the folder: "" or "docs/architecture/"


def of(root: Path) -> Repository | None:
    """The repository around a folder, or None. Never raises: what git's files do not say is None."""
    root = root.resolve()
    for top in (root, *root.parents):
        try:
            git = _git_folder(top / ".git")
            if git is not None:
                common = _common(git)
                prefix = "" if root == top else f"{root.relative_to(top).as_posix()}/"
                return Repository(_commit(git, common), _remote(common / "config"), prefix)
        except (OSError, ValueError):  # such as a path with a NUL in it
            return None
    return None


def _git_folder(entry: Path) -> Path | None:
    """`.git` itself, or where a worktree's or submodule's `.git` file points."""
    if entry.is_dir():
        return entry if (entry / "HEAD").is_file() else None
    text = _text(entry)
    if not text.startswith("gitdir:"):
        return None
    target = entry.parent / text.removeprefix("gitdir:").strip()
    return target if target.is_dir() else None


def _common(git: Path) -> Path:
    shared = _text(git / "commondir").strip()
    return git / shared if shared else git


def _commit(git: Path, common: Path) -> str | None:
    head = _text(git / "HEAD").strip()
    if not head.startswith("ref:"):
        return head if _COMMIT.fullmatch(head) else None
    name = head.removeprefix("ref:").strip()
    if not re.fullmatch(r"refs/[\w./@+-]+", name) or ".." in name:
        return None
    loose = _text(git / name).strip() or _text(common / name).strip()
    if _COMMIT.fullmatch(loose):
        return loose
    packed = re.search(rf"^([0-9a-f]{{40,64}}) {re.escape(name)}$", _text(common / "packed-refs"), re.MULTILINE)
    return packed[1] if packed else None


def _remote(config: Path) -> str | None:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(re.sub(r"^[ \t]+", "", _text(config), flags=re.MULTILINE))
        return parser.get('remote "origin"', "url", fallback=None)
    except (configparser.Error, AttributeError):  # the parser trips over a continuation before the first value
        return None


def _text(path: Path) -> str:
    """The text of a plain file; a pipe in its place would hold us for ever."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with open(descriptor, encoding="utf-8", errors="replace") as file:  # noqa: PTH123  # of a descriptor
            return file.read(_LARGEST) if stat.S_ISREG(os.fstat(descriptor).st_mode) else ""
    except (OSError, ValueError):
        return ""
