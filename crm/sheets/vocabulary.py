"""The names a registry may use: units, streets, areas, marks and industry divisions, and the district's ground."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from crm.rules.facts import Ground, Readings

SEEDS = Path(__file__).resolve().parents[2] / "seeds"

ORIGINS: Mapping[str, str] = {"新引进": "new_introduction", "扩产": "expansion", "搬迁": "relocation"}
MARKS: Mapping[str, str] = {"京东方": "boe", "康宁": "corning", "全产业链": "full_chain"}
YES_NO: Mapping[str, bool] = {"是": True, "否": False}


@dataclass(frozen=True)
class Vocabulary:
    """Every accepted name → identifier, and identifier → the name that is written back."""

    units: Mapping[str, str]
    streets: Mapping[str, str]
    areas: Mapping[str, str]
    divisions: frozenset[str]
    names: Mapping[str, str]
    kinds: Mapping[str, str]

    @classmethod
    def of(
        cls,
        units: Iterable[tuple[str, str, str, Iterable[str]]],
        areas: Iterable[str],
        divisions: Iterable[str],
    ) -> Vocabulary:
        """From units as (code, kind, short name, other names), areas by name and two-digit industry divisions."""
        names: dict[str, str] = {}
        kinds: dict[str, str] = {}
        accepted: dict[str, str] = {}
        for code, kind, name, others in units:
            names[code], kinds[code] = name, kind
            accepted |= {other: code for other in others if other} | {name: code}
        streets = {name: code for name, code in accepted.items() if kinds[code] == "street"}
        return cls(accepted, streets, {area: area for area in areas}, frozenset(divisions), names, kinds)


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a seed file, as text."""
    with open(SEEDS / name, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def seeded_vocabulary() -> Vocabulary:
    """The names as the seeds have them."""
    divisions = {row["code"] for row in rows("gbt4754.csv") if row["level"] == "2"}
    units = (
        (row["code"], row["kind"], row["name"], [row["full_name"], *row["aliases"].split(";")])
        for row in rows("units.csv")
    )
    return Vocabulary.of(units, (row["name"] for row in rows("areas.csv")), divisions)


def seeded_ground(vocabulary: Vocabulary, readings: Readings) -> Ground:
    """The ground as the notice laid it: its plates in its own order, under the given readings."""
    plates = (
        (row["office"], vocabulary.streets[row["place"]] if row["place_kind"] == "street" else row["place"])
        for row in rows("plates.csv")
    )
    return Ground(vocabulary.kinds, plates, readings)
