"""What an address asks for: every parameter is read as its kind or left out and said so, whatever was sent."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter, Map

from crm.periods import Month, parse_day
from crm.services.paging import Page, Place, Position

LONGEST_TEXT = 100

LARGEST_ID = 2**31 - 1
"""No row has a greater number: PostgreSQL refuses to be asked."""


class Id(IntegerConverter):
    """The number of a row in an address, written `<id:name>`."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=LARGEST_ID)


def plain(text: str) -> str:
    """The text without control characters: PostgreSQL refuses some of them, and none is ever meant."""
    return "".join(c if c.isprintable() else " " for c in text)


@dataclass
class Given:
    """The parameters of a request; the names of those that meant nothing are in `ignored`."""

    values: MultiDict[str, str]
    ignored: list[str] = field(default_factory=list)
    _kept: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A text without control characters, cut to what a search needs."""
        return self._keep(name, " ".join(plain(self.values.get(name, ""))[:LONGEST_TEXT].split()))

    def one_of(self, name: str, known: Container[str]) -> str | None:
        """One of a closed list."""
        found = self.text(name)
        if not found:
            return None
        if found in known:
            return self._keep(name, found)
        self._ignore(name)
        return None

    def day(self, name: str) -> date | None:
        """A day YYYY-MM-DD."""
        found = self.text(name)
        if not found:
            return None
        try:
            return parse_day(found)
        except ValueError:
            self._ignore(name)
            return None

    def month(self, name: str) -> Month | None:
        """A month YYYY-MM."""
        found = self.text(name)
        if not found:
            return None
        try:
            return Month.parse(found)
        except ValueError:
            self._ignore(name)
            return None

    def whole(self, name: str, most: int = LARGEST_ID) -> int | None:
        """A whole number from 0 to `most`."""
        found = self.text(name)
        if not found:
            return None
        if found.isascii() and found.isdecimal() and len(found) <= 19 and int(found) <= most:
            return int(found)
        self._ignore(name)
        return None

    def place(self) -> Place:
        """Which page of a list, whose rows are known by their numbers or names."""
        return Place(self.text("after") or None, self.text("before") or None, self.yes("last"))

    def place_by_id(self, most: int = LARGEST_ID) -> Place:
        """Which page of a list, whose rows are known by their ids."""
        return Place(self.whole("after", most), self.whole("before", most), self.yes("last"))

    def position(self, name: str) -> Position | None:
        """A place in a list by day."""
        found = self.text(name)
        day, _dot, number = found.partition(".")
        try:
            if found and number.isascii() and number.isdecimal() and len(number) < 11:
                return Position(parse_day(day), min(int(number), LARGEST_ID))
        except ValueError:
            pass
        if found:
            self._ignore(name)
        return None

    def several(self, name: str, known: Container[str]) -> list[str]:
        """Those of a closed list that are given, each once, in the order given."""
        found = list(dict.fromkeys(self.values.getlist(name)))
        if any(value not in known for value in found):
            self.ignored.append(name)
        return [value for value in found if value in known]

    def yes(self, name: str) -> bool:
        """Is it 1?"""
        return self.values.get(name) == "1"

    def kept(self, *names: str) -> dict[str, str]:
        """Those of the named parameters that were understood, for links that keep them."""
        return {name: self._kept[name] for name in names if self._kept.get(name)}

    def _keep(self, name: str, value: str) -> str:
        self._kept[name] = value
        return value

    def _ignore(self, name: str) -> None:
        self._kept.pop(name, None)
        self.ignored.append(name)


@dataclass(frozen=True)
class Pages:
    """The addresses of the neighbouring pages; none where there is none."""

    first: str | None
    previous: str | None
    next: str | None
    last: str | None

    @classmethod
    def of(cls, page: Page[Any], kept: Mapping[str, Any], endpoint: str, keys: Sequence[Any]) -> Pages:
        """Around a page whose rows have these keys, keeping the filters."""

        def link(**more: Any) -> str:
            return url_for(endpoint, **{**kept, **more})

        return cls(
            link() if page.has_previous else None,
            link(before=keys[0]) if page.has_previous and keys else None,
            link(after=keys[-1]) if page.has_next and keys else None,
            link(last=1) if page.has_next else None,
        )
