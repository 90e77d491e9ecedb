"""The notice's text from its first line to its last: beside each passage the clauses that apply it, or why none does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crm.rules.duties import ATTRACTION_RULE, WORK_SAFETY_RULE, attraction, work_safety
from crm.rules.language import Clause
from crm.rules.notices.silent import SILENT
from crm.rules.notices.wlkb_2020_1 import WLKB_2020_1

DOCUMENT = Path(__file__).resolve().parents[2] / "seeds" / "documents" / "003_888dee326bb267d1.txt"
SECTION = re.compile(r"[一二三四五]、")
APART = {
    (attraction.__doc__ or "").strip(): ATTRACTION_RULE,
    (work_safety.__doc__ or "").strip(): WORK_SAFETY_RULE,
}
"""The words of responsibilities that are decided apart from the clauses → their rule."""


@dataclass(frozen=True)
class Passage:
    """Words of the notice that belong together: with the clauses that apply them, or with the reason why none does."""

    number: int
    words: str
    clauses: tuple[Clause, ...] = ()
    apart: str = ""
    """The rule of a responsibility decided apart, or nothing."""
    reason: str = ""
    """Why there is no code, as a message; nothing where there is."""

    @property
    def is_section(self) -> bool:
        """Is it the heading of a numbered part?"""
        return SECTION.match(self.words) is not None

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that rest on these words, each once, in order."""
        return tuple(
            dict.fromkeys([*(clause.id for clause in self.clauses), *([self.apart] * bool(self.apart))])
        )


@cache
def passages() -> tuple[Passage, ...]:
    """The whole notice, passage by passage, in its own order.

    Raises ValueError for words that are neither applied by a clause nor listed as silent.
    """
    known: dict[str, Passage] = {
        silence.words: Passage(0, silence.words, reason=silence.reason) for silence in SILENT
    }
    for clause in WLKB_2020_1.clauses:
        others = known[clause.words].clauses if clause.words in known else ()
        known[clause.words] = Passage(0, clause.words, (*others, clause))
    for words, rule in APART.items():
        known[words] = Passage(0, words, apart=rule)
    longest_first = sorted(known.values(), key=lambda passage: len(passage.words), reverse=True)
    found: list[Passage] = []
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        rest = line.strip()
        while rest:
            passage = next((one for one in longest_first if rest.startswith(one.words)), None)
            if passage is None:
                raise ValueError(f"neither coded nor silent: {rest}")
            found.append(
                Passage(len(found) + 1, passage.words, passage.clauses, passage.apart, passage.reason)
            )
            rest = rest[len(passage.words) :].lstrip()
    return tuple(found)
