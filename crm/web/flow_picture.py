"""The picture of what passes between units: those that give on the left, those that get on the right, ribbons between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm.models import Unit
from crm.services.transfer_flows import PARTS, Flow, Part

WIDTH, LEFT, RIGHT, NODE = 960, 280, 760, 10
"""The picture's own units: its width, where the ribbons begin and end, and how wide the bar of a unit is."""

ROOM, LOWEST, GAP = 320, 26, 8
"""How high all ribbons are together at the most, the least room for a unit's name, and the gap between two."""

THINNEST = 2.0


@dataclass(frozen=True)
class Ribbon:
    """A ribbon: what it stands for, how many projects, and its outline as an SVG path."""

    flow: Flow
    part: Part
    count: int
    path: str


@dataclass(frozen=True)
class Node:
    """A unit's bar: its top and height, how many projects pass, and the baseline of its name."""

    unit: Unit
    giving: bool
    y: float
    height: float
    count: int

    @property
    def middle(self) -> float:
        """Where its name stands."""
        return round(self.y + self.height / 2, 1)


@dataclass(frozen=True)
class Picture:
    """The ribbons and bars, ready for SVG."""

    height: float
    nodes: tuple[Node, ...]
    ribbons: tuple[Ribbon, ...]
    width: int = WIDTH
    left: int = LEFT
    right: int = RIGHT
    node: int = NODE


def draw(flows: Sequence[Flow], units: Mapping[int, Unit]) -> Picture | None:
    """Where everything goes; nothing where nothing passes."""
    total = sum(_count(flow) for flow in flows)
    if not total:
        return None
    scale = ROOM / total
    heights = {
        (flow, part): max(getattr(flow, part).count * scale, THINNEST)
        for flow in flows
        for part in PARTS
        if getattr(flow, part)
    }
    nodes, tops = [], {}
    for giving in (True, False):
        y = 0.0
        for unit in units.values():
            mine = [one for one in flows if (one.from_id if giving else one.to_id) == unit.id]
            if not mine:
                continue
            height = sum(heights.get((flow, part), 0.0) for flow in mine for part in PARTS)
            room = max(height, LOWEST)
            top = y + (room - height) / 2
            nodes.append(Node(unit, giving, round(top, 1), round(height, 1), sum(map(_count, mine))))
            tops[giving, unit.id] = top
            y += room + GAP
    order = {unit_id: place for place, unit_id in enumerate(units)}
    ribbons = []
    for flow in sorted(flows, key=lambda one: (order[one.from_id], order[one.to_id])):
        for part in PARTS:
            height = heights.get((flow, part))
            if height is None:
                continue
            start, end = tops[True, flow.from_id], tops[False, flow.to_id]
            tops[True, flow.from_id] += height
            tops[False, flow.to_id] += height
            ribbons.append(Ribbon(flow, part, getattr(flow, part).count, _outline(start, end, height)))
    bottom = max(node.y + max(node.height, LOWEST) for node in nodes)
    return Picture(round(bottom + GAP, 1), tuple(nodes), tuple(ribbons))


def _outline(start: float, end: float, height: float) -> str:
    left, right = LEFT + NODE, RIGHT - NODE
    middle = (left + right) / 2
    a, b, c, d = (round(y, 1) for y in (start, end, end + height, start + height))
    return f"M{left} {a}C{middle} {a} {middle} {b} {right} {b}V{c}C{middle} {c} {middle} {d} {left} {d}Z"


def _count(flow: Flow) -> int:
    return flow.confirmed.count + flow.due.count
