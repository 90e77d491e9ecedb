"""The streets as tiles on their schematic map: which stands where, and how strong its colour is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm.models import Unit
from crm.services.street_figures import Sited

COLUMNS, ROWS = 8, 8
"""The map's largest size; a street without a place on it stands below."""

STRENGTHS = 5
"""Steps of colour; a street with nothing has none."""


@dataclass(frozen=True)
class Tile:
    """A street on the map: its column and row from 0, or none, and the step of its colour from 0."""

    street: Unit
    sited: Sited
    place: tuple[int, int] | None
    strength: int


@dataclass(frozen=True)
class Step:
    """A step of colour: the smallest and the largest figure that has it."""

    strength: int
    least: int
    most: int


def draw(streets: Sequence[Unit], sited: Mapping[int, Sited], shown: str) -> tuple[list[Tile], list[Step]]:
    """The tiles in the order they are read, row by row, and the steps of colour that are used, weakest first."""
    values = {street.id: int(getattr(sited.get(street.id, Sited()), shown)) for street in streets}
    ranked = sorted({value for value in values.values() if value > 0})
    tiles = [
        Tile(street, sited.get(street.id, Sited()), _place(street), strength(values[street.id], ranked))
        for street in streets
    ]
    tiles.sort(key=lambda tile: (tile.place is None, *(tile.place or (0, 0))[::-1], tile.street.position))
    steps: dict[int, list[int]] = {}
    for tile in tiles:
        steps.setdefault(tile.strength, []).append(values[tile.street.id])
    return tiles, [Step(step, min(found), max(found)) for step, found in sorted(steps.items())]


def strength(value: int, ranked: Sequence[int]) -> int:
    """The step of a figure among all there are, smallest first: by rank, so that one giant does not pale the rest."""
    return 1 + ranked.index(value) * STRENGTHS // len(ranked) if value > 0 else 0


def _place(street: Unit) -> tuple[int, int] | None:
    found = street.street
    if found is None or found.tile_column is None or found.tile_row is None:
        return None
    inside = 0 <= found.tile_column < COLUMNS and 0 <= found.tile_row < ROWS
    return (found.tile_column, found.tile_row) if inside else None
