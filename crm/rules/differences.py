"""Where two histories of one project's attribution part: what was, what is instead, from which day to which."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import zip_longest
from typing import NamedTuple

from crm.rules.duties import Responsibility
from crm.rules.timeline import RESPONSIBILITIES, Attribution, Period


class Difference(NamedTuple):
    """A responsibility over a half-open run of days (`to` none: still running), before and after; none: nobody's."""

    responsibility: Responsibility
    from_: date
    to: date | None
    before: Attribution | None
    after: Attribution | None


def differences(before: Sequence[Period], after: Sequence[Period]) -> list[Difference]:
    """Every run of days on which a responsibility is not what it was, by responsibility and day."""
    found: list[Difference] = []
    for responsibility in RESPONSIBILITIES:
        old = [period for period in before if period.responsibility == responsibility]
        new = [period for period in after if period.responsibility == responsibility]
        days = sorted(
            {day for period in (*old, *new) for day in (period.from_, period.to) if day is not None}
        )
        runs: list[Difference] = []
        for day, following in zip_longest(days, days[1:]):
            was, now = _on(old, day), _on(new, day)
            if was == now:
                continue
            last = runs[-1] if runs else None
            if last is not None and last.to == day and (last.before, last.after) == (was, now):
                runs[-1] = last._replace(to=following)
            else:
                runs.append(Difference(responsibility, day, following, was, now))
        found.extend(runs)
    return found


def _on(periods: Sequence[Period], day: date) -> Attribution | None:
    for period in periods:
        if period.from_ <= day and (period.to is None or day < period.to):
            return period.attribution
    return None
