"""Where people read a document: the forge's page of a git remote, or a pattern. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote, unquote

from knowledge.documents import Document

Link = Callable[[Document, str], str | None]

_SCP_LIKE = re.compile(r"(?:[\w.-]+@)?([\w.-]+):(?!//)(.+)")
_URL = re.compile(r"(?:https?|ssh|git)://(?:[^@/]*@)?([\w.-]+)(?::\d+)?/(.+)")


def pattern(remote: str) -> str | None:
    """The pattern of a forge's pages for a git remote (`https://host/team/docs.git`, `git@host:team/docs.git`); None
    for a remote that is no forge, such as a folder."""
    match = _URL.fullmatch(remote) or _SCP_LIKE.fullmatch(remote)
    if not match:
        return None
    host, repository = match[1].lower(), match[2].strip("/").removesuffix(".git")
    repository = quote(repository).replace("{", "").replace("}", "")
    if host == "ssh.dev.azure.com":
        host, repository = "dev.azure.com", re.sub(r"^v3/([^/]+)/([^/]+)/", r"\1/\2/_git/", repository)
    page = f"https://{host}/{repository}"
    if host == "dev.azure.com" or host.endswith(".visualstudio.com"):
        return page + "?path=/{path}&version=GC{commit}"
    if "gitlab" in host:
        return page + "/-/blob/{commit}/{path}#{anchor}"
    if "bitbucket" in host:
        return page + "/src/{commit}/{path}#markdown-header-{anchor}"
    if "gitea" in host or "codeberg" in host or "forgejo" in host:
        return page + "/src/commit/{commit}/{path}#{anchor}"
    return page + "/blob/{commit}/{path}#{anchor}"


Place = tuple[str, str]  # (a path within the knowledge folder or an id, an anchor or "")


def reader(form: str | None, prefix: str = "") -> Callable[[str], Place | None]:
    """The other way round: what a link made by the pattern leads to, at whatever commit; None for other links."""
    if form is None:
        return lambda _: None
    groups = {
        "path": r"(?P<path>[^#?]+)",
        "id": r"(?P<id>[^/#?]+)",
        "commit": r"[^/#?&]+",
        "anchor": r"(?P<anchor>[^&]*)",
    }
    head, mark, tail = form.partition("#")
    parts = re.split(r"{(path|anchor|commit|id)}", head)
    shape = "".join(groups[part] if odd % 2 else re.escape(part) for odd, part in enumerate(parts))
    own = re.split(r"{(anchor)}", tail) if mark else []
    shape += (
        f"(?:#{''.join(groups[part] if odd % 2 else re.escape(part) for odd, part in enumerate(own))})?"
        if own
        else "(?:#.*)?"
    )
    pattern_ = re.compile(shape)

    def read(url: str) -> Place | None:
        match = pattern_.fullmatch(url)
        if not match:
            return None
        found = match.groupdict()
        place = unquote(found.get("path") or found.get("id") or "")
        if found.get("path") and not place.startswith(prefix):
            return None
        return place.removeprefix(prefix), unquote(found.get("anchor") or "")

    return read


def linker(form: str | None, commit: str | None, prefix: str = "") -> Link:
    """Makes links by a pattern with `{path}`, `{anchor}`, `{commit}`, `{id}`. `prefix` is the knowledge folder's
    place in its repository ("docs/architecture/" or ""). No pattern, or a commit wanted and unknown: no links."""
    if form is None or ("{commit}" in form and not commit):
        return lambda _document, _anchor: None

    def link(document: Document, anchor: str) -> str:
        address = form.format(
            path=quote(prefix + document.path), anchor=quote(anchor), commit=commit, id=quote(document.id, safe="")
        )
        return address.removesuffix("#markdown-header-").removesuffix("#")

    return link
