"""The readings in words, in the language of the page: the question, the clause it is about, what each choice means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from flask_babel import gettext as _

from crm.extensions import language
from crm.sheets.vocabulary import rows

ANY_DAY = "YYYY-MM-DD"
"""How the list of choices writes that any day may be chosen (R8)."""


@dataclass(frozen=True)
class Question:
    """One question of R1 to R11: `choices` are key → meaning, what is built in comes first."""

    code: str
    text: str
    clause: str
    choices: Mapping[str, str]

    def meaning(self, choice: str) -> str:
        """What a choice means; a day of one's own choice is said as such."""
        if choice in self.choices:
            return self.choices[choice]
        return _("从%(day)s起归属", day=choice) if ANY_DAY in self.choices else choice

    def others(self, choice: str | None) -> Sequence[tuple[str, str]]:
        """The choices that are not this one, each with its meaning."""
        return [(key, meaning) for key, meaning in self.choices.items() if key != choice]


def questions() -> Mapping[str, Question]:
    """Every question by its code, in order."""
    return _questions(language())


@cache
def _questions(spoken: str) -> Mapping[str, Question]:
    found: dict[str, Question] = {}
    choices: dict[str, dict[str, str]] = {}
    for row in rows("readings.csv"):
        choices.setdefault(row["code"], {})[row["choice"]] = row[f"meaning_{spoken}"]
        found[row["code"]] = Question(
            row["code"], row[f"question_{spoken}"], row["clause"], choices[row["code"]]
        )
    return found
