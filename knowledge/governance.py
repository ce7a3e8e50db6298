"""`governance.yaml` and other files of rules in a knowledge folder, as plain values with the line of each. What they mean is not
known here."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge import disk, frontmatter, repository
from knowledge.frontmatter import FaultyYaml, Place

NAME = "governance.yaml"

_STARTER = Path(__file__).parent / "starter"


@dataclass(frozen=True, slots=True)
class File:
    """The file as it is. `commit` is that of the git repository around it, "" where there is none."""

    data: bytes
    commit: str = ""
    name: str = NAME  # below the folder

    @property
    def digest(self) -> str:
        """Hexadecimal SHA-256."""
        return hashlib.sha256(self.data).hexdigest()

    def values(self) -> tuple[Any, Mapping[Place, int]]:
        """What stands in it, and the line of each value.

        Raises `FaultyYaml`; an empty file is faulty: it may be one that is just being written.
        """
        try:
            text = self.data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            raise FaultyYaml("is not UTF-8; save it as UTF-8", line, self.name) from None
        values, lines = frontmatter.load_with_lines(text, self.name)
        if values is None:
            least = "; write at least its roles" if self.name == NAME else "; write it, or remove the file"
            raise FaultyYaml(f"is empty{least}", 1, self.name)
        return values, lines


def find(root: Path, name: str = NAME) -> File | None:
    """The file of a name in a folder; None when there is none. Raises `FaultyYaml` when it cannot be read."""
    data = _bytes(root, name)
    if data is None:
        return None
    place = repository.of(root)
    return File(data, (place.commit if place else None) or "", name)


def starter() -> File:
    """The starter folder's file, whose values stand for parts that are left out."""
    return File((_STARTER / NAME).read_bytes())


def _bytes(root: Path, name: str) -> bytes | None:
    """The file's bytes. A link is followed within the folder alone: a mounted ConfigMap is made that way."""
    top = os.path.realpath(root)
    path = Path(os.path.realpath(Path(top) / name))
    if not path.is_relative_to(top):
        raise FaultyYaml("is a link that leads out of the knowledge folder; copy the file here instead", 1, name)
    try:
        descriptor = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FaultyYaml(disk.why(error), 1, name) from None
    try:
        return disk.read(descriptor, path.relative_to(top).as_posix())[0]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FaultyYaml(disk.why(error), 1, name) from None
    finally:
        os.close(descriptor)
