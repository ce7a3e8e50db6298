"""Words and sentences of a text: what counts as a word, its stem, its parts, where a sentence ends. No index."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import Stemmer

LONGEST_ABBREVIATION = 8
LONGEST_WORD = 40  # longer runs are hashes, keys and encoded blobs: nobody asks for them

# One run of letters and digits, or several joined by - _ . ' (so that "on-call", "v1.2" and "don't" arrive whole).
_WORD = re.compile(r"[^\W_]+(?:[-_.'’][^\W_]+)*")
# Data "at rest" is no REST, and "in transit" no transit: these are indexed as one word.
FIXED_PHRASE = re.compile(r"\b([Aa]t|[Ii]n) (rest|transit)\b")
_PART = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"v?\d+(?:\.\d+)+")
_ID = re.compile(r"[A-Za-z]+-\d+\b")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LETTERS_DIGITS = re.compile(r"([a-z]+)(\d+)")
# British and American spellings are one word: organise, analyse, behaviour, centre, catalogue, practise, artefact.
_AMERICAN = (
    (re.compile(r"(\w{3}i|\waly)s(e|ed|es|er|ers|ing|able|ation|ations)$"), r"\1z\2"),
    (re.compile(r"(\w{3})our(s|ed|ing|able|al|ful|ite|ites|less)?$"), r"\1or\2"),
    (re.compile(r"^(cent|fib|lit|met|theat)re(s|d)?$"), r"\1er\2"),
    (re.compile(r"^(anal|catal|dial)ogue(s|d)?$"), r"\1og\2"),
)
_BRITISH = {
    "artefact": "artifact", "defenc": "defens", "grey": "gray", "judgem": "judgm", "licenc": "licens",
    "offenc": "offens", "practis": "practic", "programm": "program",
}  # fmt: skip
_BRITISH_WORD = re.compile(rf"^(?:un)?({'|'.join(_BRITISH)})")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“‘(\[]*[A-Z0-9`])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|resp|no|fig|incl|min|max)|^[ivx\d]{1,3}|\b[A-Z])\.$", re.IGNORECASE
)


def words(text: str) -> list[str]:
    """The words of `text` as written, in order; joined ones ("on-call") whole."""
    return _WORD.findall(text)


def parts(word: str, names: frozenset[str] = frozenset()) -> list[str]:
    """What a word is indexed as, in lower case: itself first, then its parts.

    `names` are proper names in lower case that a capital inside does not split (JavaScript is no kind of Java).

    >>> parts("on-call"), parts("etcdGRPCRequestsSlow"), parts("v1.2"), parts("don't")
    (['oncall', 'on', 'call'], ['etcdgrpcrequestsslow', 'etcd', 'grpc', 'requests', 'slow'], ['v1.2'], ['dont'])
    """
    if word.isalpha() and (word.islower() or word[1:].islower() or word.isupper()):
        return [word.lower()]
    lowered = word.lower()
    if _NUMBER.fullmatch(lowered):
        return [lowered]
    if "'" in lowered or "’" in lowered:
        return _without_apostrophe(lowered)
    pieces = _PART.findall(word)
    if len(pieces) == 1:
        return _humps(word, names)
    found = ["".join(pieces[:2]).lower()] if "-" in word and (len(pieces) == 2 or _ID.match(word)) else []
    for piece in _numbers_kept(word):
        found += [piece] if piece[:1].isdigit() else _humps(piece, names)
    return found


def _without_apostrophe(lowered: str) -> list[str]:
    stem, _, ending = lowered.replace("’", "'").rpartition("'")
    return [stem.replace("'", "")] if ending == "s" else [lowered.replace("’", "").replace("'", "")]


def _numbers_kept(word: str) -> Iterator[str]:
    """The pieces of a joined word; numbers with points ("004.3" in "STD-004.3") stay whole."""
    for piece in re.split(r"[-_]", word):
        if _NUMBER.fullmatch(piece.lower()):
            yield piece
        else:
            yield from _PART.findall(piece)


def _humps(word: str, names: frozenset[str]) -> list[str]:
    lowered = word.lower()
    if lowered in names or not word.isascii() or len(word) > LONGEST_WORD:
        return [lowered]
    humps = [hump.lower() for hump in _HUMP.findall(word)]
    if word.islower() or word.isupper() or len(humps) < 2 or all(len(hump) < 3 for hump in humps):
        return [lowered]
    return [lowered, *(hump for hump in humps if len(hump) > 1 and not hump.isdigit())]


def letters_and_digits(word: str) -> tuple[str, str] | None:
    """The halves of a word such as "sev1"; None for anything else."""
    found = _LETTERS_DIGITS.fullmatch(word)
    return (found[1], found[2]) if found else None


def sentences(block: str, start: int = 0) -> Iterator[tuple[int, int]]:
    """Begin and end of every sentence of one block of text, `start` added to both."""
    begin = 0
    for end in _SENTENCE_END.finditer(block):
        if _ABBREVIATION.search(block, max(begin, end.start() - LONGEST_ABBREVIATION), end.start()) is None:
            yield start + begin, start + end.start()
            begin = end.end()
    if begin < len(block):
        yield start + begin, start + len(block)


def folded(word: str) -> str:
    """A word without diacritics: "café" → "cafe"."""
    if word.isascii():
        return word
    return "".join(letter for letter in unicodedata.normalize("NFKD", word) if not unicodedata.combining(letter))


def american(word: str) -> str:
    """A word in lower case as it is spelt in American English, near enough for one stem.

    >>> american("practising"), american("behaviours"), american("organised"), american("hours")
    ('practicing', 'behaviors', 'organized', 'hours')
    """
    whole = _BRITISH_WORD.match(word)
    if whole:
        return word[: whole.start(1)] + _BRITISH[whole[1]] + word[whole.end() :]
    for british, spelling in _AMERICAN:
        word, changed = british.subn(spelling, word, count=1)
        if changed:
            break
    return word


class Stems:
    """English stems. One per index: the stemmer underneath keeps a bounded memory of words and is not for two threads."""

    def __init__(self) -> None:
        self._stemmer = Stemmer.Stemmer("english")

    def __call__(self, word: str) -> str:
        """The stem of a word in lower case; what is no plain word stays as it is."""
        word = folded(word)
        if len(word) < 3 or not word.isalpha():
            return word
        return str(self._stemmer.stemWord(american(word)))
