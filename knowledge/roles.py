"""What a section is for, by its heading: decision, cure, demands, background, evidence, further reading.

Whoever asks about a decision wants the decision, whoever has an alert wants the cure; "Context" and "Symptoms" merely
share more words with the question. The choice among a document's own sections uses this, and of lines to quote those of background come later.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from knowledge.documents import Kind, Passage

DECISION, CURE, DEMANDS, BACKGROUND, APPENDIX, EVIDENCE = 1.5, 1.4, 1.25, 0.8, 0.6, 0.6

_CURE_WORD = re.compile(r"\b(?:mitigat|resol[uv]|remed|diagnos|troubleshoot|procedure|steps|fix|recover)")
_NO_WORD = re.compile(r"[\W_]+")


def importance(passage: Passage, kind: Kind, headings: Mapping[str, frozenset[str]]) -> float:
    """How much a section is preferred among its document's, 1 for an ordinary one. `headings` by role: see the lexicon."""
    heading = _NO_WORD.sub(" ", passage.heading).strip().lower()
    background = heading in headings["background"]
    if kind is Kind.RUNBOOK:
        if heading in headings["cure"] or (not background and _CURE_WORD.search(heading)):
            return CURE
    elif heading in headings["decision"]:
        return DECISION
    if background:
        return BACKGROUND
    if heading in headings["appendix"]:
        return APPENDIX
    if heading in headings["evidence"]:
        return EVIDENCE
    return DEMANDS if passage.clauses else 1.0
