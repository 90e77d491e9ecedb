"""Who would be entitled to a project that is not in the books yet: the picture over time, and the clauses behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm import clock
from crm.models import Project
from crm.rules.differences import Difference, differences
from crm.rules.explanation import words
from crm.rules.timeline import Attribution, Period, periods
from crm.services import attribution, outlook
from crm.services.attribution import Rulebook
from crm.web.fact_names import Names
from crm.web.lanes import Lanes, draw
from crm.web.moment import Moment
from crm.web.project_page import Quotation, why


@dataclass(frozen=True)
class Clause:
    """The words of a clause, the notice they stand in, and whether it is asked of a completed project."""

    quoted: Quotation
    notice: str
    completed: bool


@dataclass(frozen=True)
class Foreseen:
    """A project as it would be: who has what over time, with the words of every clause that decides."""

    names: Names
    moment: Moment
    periods: Sequence[Period]
    lanes: Lanes | None
    clauses: Sequence[Clause]
    once_completed: tuple[Attribution, Attribution] | None
    """Who will have service and indicators when it is completed; none where it is, or nothing is decided."""

    @classmethod
    def of(cls, project: Project, book: Rulebook) -> Foreseen:
        """Of a project that was just entered, in a transaction that may be taken back."""
        stretches = attribution.timeline(project, book)
        runs = periods(stretches)
        today = clock.today()
        moment = Moment(today, today, None)
        quoted: dict[tuple[str, str], Clause] = {}
        for stretch in stretches:
            found, completed = why(stretch), stretch.case.completed
            for one in (found.deciding, *found.others):
                if one.words:
                    clause = Clause(one, found.explanation.notice, completed)
                    quoted.setdefault((one.rule, one.words), clause)
        ahead = outlook.once_completed(stretches[-1]) if stretches else None
        if ahead and (said := words(ahead[0].rule, completed=True))[1]:
            clause = Clause(Quotation(ahead[0].rule, *said), found.explanation.notice, True)
            quoted.setdefault((ahead[0].rule, said[1]), clause)
        return cls(
            Names.of(book.units.values(), book.areas.values()),
            moment,
            runs,
            draw(runs, today, today),
            list(quoted.values()),
            ahead,
        )

    @property
    def differences(self) -> list[Difference]:
        """Everything that would be decided, as a table says it."""
        return list(differences((), self.periods))

    @property
    def leads(self) -> list[str]:
        """The codes of the units in the picture, in the order of the unit table."""
        found = {period.attribution.lead for period in self.periods}
        return [code for code in self.names.codes if code in found]

    @property
    def is_open(self) -> bool:
        """Is any period not decided?"""
        return any(period.attribution.status != "decided" for period in self.periods)
