"""The day that is asked about, and the day whose books are asked: the same two questions on every page that has a past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from crm import clock
from crm.web.parameters import Given


@dataclass(frozen=True)
class Moment:
    """`on`: how things stand on this day. `known`: as the books knew it at that day's end; none: as they know it now."""

    today: date
    on: date
    known: date | None

    @classmethod
    def of(cls, given: Given) -> Moment:
        """The moment an address asks for with `on` and `known`: today and the books of now where it does not say."""
        today = clock.today()
        known = given.day("known")
        return cls(today, given.day("on") or today, known if known is not None and known < today else None)

    @property
    def instant(self) -> datetime | None:
        """The last instant whose records count; none: all do."""
        return clock.ends(self.known) if self.known else None

    @property
    def is_present(self) -> bool:
        """Is it today, by the books of now?"""
        return self.on == self.today and self.known is None

    @property
    def kept(self) -> dict[str, str]:
        """What links carry so that the next page shows the same moment."""
        kept = {} if self.on == self.today else {"on": self.on.isoformat()}
        return kept | ({"known": self.known.isoformat()} if self.known else {})
