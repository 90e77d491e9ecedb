"""Days and months: the time every figure and every attribution hangs on."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

ALWAYS = date(1, 1, 1)
"""The first day of a dated row that holds from the beginning."""


def parse_day(text: str) -> date:
    """The day that an ISO text `YYYY-MM-DD` names; raises ValueError for anything else, `20210601` included."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        raise ValueError(text)
    return date.fromisoformat(text)


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month, the unit in which the books are closed and the working group is briefed."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= 12 and 1 <= self.year <= 9998):
            raise ValueError(f"{self.year}-{self.month}")

    @classmethod
    def parse(cls, text: str) -> Month:
        """The month that a text `YYYY-MM` names; raises ValueError for anything else."""
        year, dash, month = text.partition("-")
        if len(text) != 7 or not (dash and year.isdecimal() and month.isdecimal() and text.isascii()):
            raise ValueError(text)
        return cls(int(year), int(month))

    @classmethod
    def of(cls, day: date) -> Month:
        """The month a day lies in."""
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def plus(self, months: int) -> Month:
        """The month so many months later (earlier where negative)."""
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"
