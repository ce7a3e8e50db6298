"""What is wrong between documents: ids that two of them have, and names of others that lead nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from knowledge.catalogue import canonical
from knowledge.documents import Document, LeftOut

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """What front matter says of its own id (`key` is "id") or of another document, and where."""

    key: str
    text: str
    line: int | None


Claims = Mapping[str, tuple[Claim, ...]]  # by path


def find(documents: Mapping[str, Document], claims: Claims) -> list[LeftOut]:
    """One entry for each fault in each file. `documents` have their references resolved."""
    by_id: dict[str, list[str]] = defaultdict(list)
    for path, document in documents.items():
        by_id[canonical(document.id)].append(path)
    return [
        *_dangling(documents, claims, by_id),
        *_same_ids(documents, claims, by_id),
        *_same_clauses(documents, by_id),
    ]


def _dangling(documents: Mapping[str, Document], claims: Claims, by_id: Mapping[str, list[str]]) -> Iterator[LeftOut]:
    for path, its_claims in claims.items():
        document = documents[path]
        for claim in its_claims:
            names = document.superseded_by if "by" in claim.key else document.supersedes
            if claim.key == "id" or claim.text in documents or claim.text not in names:
                continue
            called = [each for each in by_id.get(canonical(claim.text), []) if each != path]
            said = f'{claim.key} names "{claim.text[:80]}", '
            if called:
                reason = f"{said}which is the id of {_listed(called)}; write the path of the one that is meant"
            else:
                reason = f"{said}which is no document of this folder; mend the id or path"
            yield LeftOut(path, reason, claim.line, read=True)


def _same_ids(documents: Mapping[str, Document], claims: Claims, by_id: Mapping[str, list[str]]) -> Iterator[LeftOut]:
    """Ids that authors gave; of those made from names, numbers given twice in one folder.

    Folders that number their decisions each from 1 are no fault, nor is a README beside an index page.
    """
    own = {path: claim for path, its_claims in claims.items() for claim in its_claims if claim.key == "id"}
    for paths in by_id.values():
        if len(paths) == 1:
            continue
        for path in paths:
            others = [each for each in paths if each != path and _collide(documents, own, path, each)]
            if others:
                reason = f"the id {documents[path].id} is also that of {_listed(others)}; give one of them another id"
                yield LeftOut(path, reason, own[path].line if path in own else None, read=True, doubtful="id")


def _collide(documents: Mapping[str, Document], own: Mapping[str, Claim], path: str, other: str) -> bool:
    if path in own or other in own:
        return True
    return path.rpartition("/")[0] == other.rpartition("/")[0] and documents[path].id[-1:].isdigit()


def _same_clauses(documents: Mapping[str, Document], by_id: Mapping[str, list[str]]) -> Iterator[LeftOut]:
    """Clause ids that authors gave and another document has too: one entry for each file."""
    places: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for path, document in documents.items():
        numbered = f"{document.id}."
        for clause in document.clauses:
            if not clause.id.startswith(numbered):
                places[canonical(clause.id)].append((path, clause.id, clause.line))
    for key, found in list(places.items()):
        for path in by_id.get(key.rpartition(".")[0], ()):
            found += [(path, one.id, one.line) for one in documents[path].clauses if canonical(one.id) == key]
    shared: dict[str, list[tuple[str, int, list[str]]]] = defaultdict(list)
    for found in places.values():
        paths = dict.fromkeys(path for path, _, _ in found)
        for path, identity, line in found if len(paths) > 1 else ():
            shared[path].append((identity, line, [each for each in paths if each != path]))
    for path, clauses in shared.items():
        others = dict.fromkeys(each for _, _, paths in clauses for each in paths)
        ids = _listed(dict.fromkeys(identity for identity, _, _ in clauses))
        what = f"the clause id {ids} is" if len(clauses) == 1 else f"the clause ids {ids} are"
        reason = f"{what} also in {_listed(others)}; give one of them another id"
        yield LeftOut(path, reason, min(line for _, line, _ in clauses), read=True)


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
