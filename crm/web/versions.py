"""Two at once: what an edit makes of what somebody else changed meanwhile, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Merged:
    """A field as it was when the person began, as the books have it now, and as the person wants it."""

    name: str
    base: str
    theirs: str
    mine: str

    @property
    def by_them(self) -> bool:
        """Did somebody else change it?"""
        return self.theirs != self.base

    @property
    def by_me(self) -> bool:
        """Did the person change it?"""
        return self.mine != self.base

    @property
    def in_conflict(self) -> bool:
        """Did both, and differently, so that somebody has to choose?"""
        return self.by_them and self.by_me and self.theirs != self.mine

    @property
    def value(self) -> str:
        """What the field becomes where nobody has to choose: whichever side changed it."""
        return self.mine if self.by_me else self.theirs


@dataclass(frozen=True)
class Merge:
    """All fields of an edit, in order."""

    fields: tuple[Merged, ...]

    @property
    def conflicts(self) -> tuple[Merged, ...]:
        """The fields somebody has to choose for."""
        return tuple(field for field in self.fields if field.in_conflict)

    @property
    def taken_over(self) -> tuple[Merged, ...]:
        """The fields that somebody else changed and the person did not."""
        return tuple(field for field in self.fields if field.by_them and not field.by_me)

    @property
    def own(self) -> tuple[Merged, ...]:
        """The fields that the person alone changed."""
        return tuple(field for field in self.fields if field.by_me and not field.by_them)

    @property
    def values(self) -> dict[str, str]:
        """Every field as it becomes; those in conflict as the person wants them."""
        return {field.name: field.value for field in self.fields}


def merge(base: Mapping[str, str], theirs: Mapping[str, str], mine: Mapping[str, str]) -> Merge:
    """Three versions of one record as texts by field; a field that the person's lacks is as it was."""
    return Merge(tuple(Merged(name, base[name], theirs[name], mine.get(name, base[name])) for name in base))
