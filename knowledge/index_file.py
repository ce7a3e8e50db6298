"""The built index in one file of the data folder, so that a warm start tokenises nothing. What cannot be read of it is no loss."""

from __future__ import annotations

import os
import tempfile
import zipfile
from array import array
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import numpy as np

from knowledge.index import Averages, Formula, Postings, Segment
from knowledge.lexicon import Lexicon
from knowledge.segments import Index
from knowledge.vocabulary import Vocabulary

VERSION = 2  # goes up with every change of what is indexed or how

_WHOLE = ("document_of", "importance", "unit_starts", "unit_spans", "unit_term_starts", "unit_terms")


class _Names(msgspec.Struct):
    """What is no array."""

    made_by: str
    terms: list[str]
    spellings: list[str]
    paths: tuple[str, ...]
    fingerprints: tuple[str, ...]
    averages: Averages
    acronyms: tuple[tuple[str, str], ...]


def save(path: Path, segment: Segment, vocabulary: Vocabulary) -> None:
    """Writes an index, whole or not at all. Raises OSError when the folder of `path` cannot be written."""
    spellings = dict(vocabulary.spellings)
    names = _Names(
        made_by=_made_by(vocabulary.lexicon),
        terms=list(vocabulary.terms),
        spellings=list(spellings),
        paths=segment.paths,
        fingerprints=segment.fingerprints,
        averages=segment.averages,
        acronyms=segment.acronyms,
    )
    arrays: dict[str, Any] = {name: getattr(segment, name) for name in _WHOLE}
    arrays["names"] = np.frombuffer(msgspec.msgpack.encode(names), np.uint8)
    arrays["spellings"] = np.fromiter(spellings.values(), np.int32, len(spellings))
    arrays["first_passage"] = np.frombuffer(segment.first_passage, np.int32)
    for name, postings in (("passage", segment.by_passage), ("document", segment.by_document)):
        arrays[f"{name}_starts"] = np.frombuffer(postings.starts, np.int32)
        arrays[f"{name}_places"] = postings.places.astype(np.int32)
        arrays[f"{name}_impacts"] = postings.impacts
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def load(path: Path, lexicon: Lexicon) -> Index | None:
    """The saved index; None when there is none, or it is damaged or was made by another version."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            names = msgspec.msgpack.decode(file["names"].tobytes(), type=_Names)
            if names.made_by != _made_by(lexicon):
                return None
            vocabulary = Vocabulary(lexicon)
            vocabulary.terms.update((term, number) for number, term in enumerate(names.terms))
            vocabulary.spellings.update(zip(names.spellings, file["spellings"].tolist(), strict=True))
            segment = Segment(
                paths=names.paths,
                fingerprints=names.fingerprints,
                averages=names.averages,
                acronyms=names.acronyms,
                first_passage=array("i", file["first_passage"].tobytes()),
                by_passage=_postings(file, "passage"),
                by_document=_postings(file, "document"),
                **{name: file[name] for name in _WHOLE},
            )
    except (OSError, EOFError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile, msgspec.MsgspecError):
        return None
    return Index.of(vocabulary, segment)


def _postings(file: Any, name: str) -> Postings:
    return Postings(
        array("i", file[f"{name}_starts"].tobytes()), file[f"{name}_places"].astype(np.intp), file[f"{name}_impacts"]
    )


def _made_by(lexicon: Lexicon) -> str:
    words = " ".join(sorted(lexicon.stop_words | lexicon.technology))
    return f"archway index {VERSION} {asdict(Formula())} {crc32(words.encode())}"
