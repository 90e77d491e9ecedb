"""What clause 四 has an office focus on, and whether an industry lies outside of it.

The notice names industries in its own words; which codes of GB/T 4754 they mean is our reading, kept in
`seeds/focus_codes.csv` until the district decides: 本区未定. It warns, and never refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from crm.models import Unit
from crm.sheets.vocabulary import rows


@dataclass(frozen=True)
class Focus:
    """One thing an office is to attract."""

    words: str
    """The notice's."""
    codes: tuple[str, ...]
    """Divisions, groups and classes as the list writes them, 13-43 for several divisions; none where the words are
    about the kind of enterprise and name no industry."""

    @property
    def prefixes(self) -> tuple[str, ...]:
        """How the codes of the classes begin that are meant."""
        return tuple(prefix for code in self.codes for prefix in _prefixes(code))


def of(unit: Unit) -> tuple[Focus, ...]:
    """What a unit is to focus on, in the notice's order; nothing for units of which the notice says nothing."""
    return offices().get(unit.code, ())


def outside(unit: Unit, industry_code: str | None) -> tuple[str, ...]:
    """The notice's words where a class is in none of what the unit is to focus on; nothing where there is nothing to say.

    There is nothing to say of a unit without a focus, and of an office whose focus is in part on kinds of enterprise,
    which may be of any industry.
    """
    focused = of(unit)
    if not industry_code or not focused or any(not one.codes for one in focused):
        return ()
    if any(industry_code.startswith(one.prefixes) for one in focused):
        return ()
    return tuple(one.words for one in focused)


@cache
def offices() -> Mapping[str, tuple[Focus, ...]]:
    """Code of the office → what it is to focus on."""
    found: dict[str, list[Focus]] = {}
    for row in rows("focus_codes.csv"):
        found.setdefault(row["office"], []).append(Focus(row["focus"], tuple(row["codes"].split())))
    return {office: tuple(focused) for office, focused in found.items()}


def _prefixes(code: str) -> Iterator[str]:
    first, _, last = code.partition("-")
    if not last:
        yield first
        return
    yield from (f"{division:02}" for division in range(int(first), int(last) + 1))
