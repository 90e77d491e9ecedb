"""Random histories of holdings, and who holds what reckoned day by day beside them."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from crm import clock
from crm.db import db, transaction
from crm.errors import Refused
from crm.models import DUTIES, Project, Transfer, Unit, User
from crm.periods import ALWAYS, Month
from crm.rules.facts import NOTICE_DAY, Facts
from crm.rules.timeline import RESPONSIBILITIES, Stretch, named
from crm.services import (
    attribution,
    dues,
    history,
    holdings,
    months,
    projects,
    standing,
    standpoint,
    unit_figures,
)
from crm.sheets.registry import RegistryRow
from crm.sheets.vocabulary import MARKS, ORIGINS
from tests import build
from tests.importing import applied, line, sheet
from tests.services.test_histories import TODAY, change, facts, rule

FIRST, LAST = date(2016, 12, 25), date(2022, 3, 1)
DAYS = [FIRST + timedelta(days=by) for by in range((LAST - FIRST).days)]
PROJECTS, STEPS = 4, 26

Pair = tuple[int, int]
INDEXES = [[str(one) for one in RESPONSIBILITIES].index(duty) for duty in DUTIES]


@dataclass
class Reckoning:
    """Who holds one project on each day, kept day by day."""

    held: dict[date, Pair] = field(default_factory=dict)
    transferred: bool = False

    def begin(self, day: date, first: Pair, closed: date | None) -> None:
        """The facts of the beginning, as they are now."""
        began = min(self.held, default=None)
        if began and (self.transferred or (closed and began <= closed)):
            self.held |= {one: self.held[began] for one in DAYS if day <= one < began}
        else:
            self.held = dict.fromkeys([one for one in DAYS if one >= day], first)

    def pass_on(self, day: date, to: tuple[int | None, int | None]) -> None:
        """From a day on, until the day on which another transfer had moved it."""
        self.transferred = True
        was = self.held[day]
        for index, unit_id in enumerate(to):
            for one in DAYS[DAYS.index(day) :] if unit_id is not None else ():
                indicators, service = self.held[one]
                if self.held[one][index] != was[index]:
                    break
                self.held[one] = (indicators, unit_id or 0) if index else (unit_id or 0, service)


class Books:
    """The books of a random history, and the reckoning beside them."""

    def __init__(self, app: Flask, seed: int, folder: Path) -> None:
        self.app, self.chance, self.folder = app, random.Random(seed), folder
        self.day, self.instant = TODAY, datetime(2021, 6, 3, 1, tzinfo=UTC)
        self.numbers: list[str] = []
        self.reckoned: dict[str, Reckoning] = {}
        self.done: set[str] = set()
        with transaction(), clock.at(self.day, self.instant):
            self.user_id = build.user("reviewer", unit=db.session.query(Unit).first()).id
            self.codes = {unit.code: unit.name for unit in db.session.scalars(select(Unit))}

    def step(self, step: int) -> None:
        """Something happens, some days after what happened last."""
        self.day += timedelta(days=self.chance.randint(0, 12))
        self.instant += timedelta(days=13)
        with clock.at(self.day, self.instant):
            known = (
                ["register"] if len(self.numbers) < 2 else ["change", "change", "begin", "begin", "import"]
            )
            # what is closed or transferred holds the first holder fast: first corrections without, then with it
            late = ["close", "pass_on", "pass_on", "rule", "register"] if step > STEPS // 2 else ["register"]
            what = self.chance.choice(known + late * (len(self.numbers) > 1))
            getattr(self, what)()
            with transaction():
                self._reckon()

    def register(self) -> None:
        if len(self.numbers) < PROJECTS:
            number = f"P{len(self.numbers)}"
            row = RegistryRow(2, number, "项目", "", None, "3525", Facts(**facts(self.chance)), 100)
            with transaction():
                projects.register(row, actor=None)
            self.numbers.append(number)

    def change(self) -> None:
        with transaction():
            change(self.chance, self._any())

    def begin(self) -> None:
        """Another beginning, as a correction."""
        # what was earlier than the notice is only recorded: most are later
        signed = TODAY - timedelta(days=self.chance.randint(0, 450))
        days = {"signed_on": signed, "construction_started_on": None, "completed_on": None}
        with suppress(Refused), transaction():
            projects.change(self._any(), days, actor=None)

    def rule(self) -> None:
        with transaction() as session:
            rule(self.chance, session)

    def close(self) -> None:
        with transaction():
            for _ in range(self.chance.randint(1, 8)):
                closed = months.last_closed_day()
                month = Month.of(closed).plus(1) if closed else Month(2019, 6)
                if month.last < self.day:
                    months.close(month, actor=None)

    def pass_on(self) -> None:
        with transaction():
            project = self._any()
            found = dues.of(project, self.day)
            if found and self.chance.random() < 0.7:
                due = self.chance.choice(found)
                day = holdings.effective_day(due.since)
                to = tuple(due.to_unit_id if duty in due.duties else None for duty in DUTIES)
            else:
                # as a ruling might: any unit, one of the two or both
                open_ = [one for one in DAYS if one >= holdings.effective_day(FIRST) and one <= self.day]
                open_ = [one for one in open_ if one in self.reckoned[project.number].held]
                if not open_:
                    return
                due, day = None, self.chance.choice(open_)
                units = db.session.scalars(select(Unit.id)).all()
                to = self.chance.choice([(0, None), (None, 0), (0, 0)])
                unit_id = self.chance.choice(units)
                to = tuple(None if one is None else unit_id for one in to)
            totals = self._totals(day)
            self._transfer(project, day, to)
            assert self._totals(day) == totals
            if due is not None:
                assert all(again.duties != due.duties for again in dues.of(project, self.day))
                self.done.add("due")
            self.reckoned[project.number].pass_on(day, to)

    def import_(self) -> None:
        lines = [
            self._line(f"P{self.chance.randrange(PROJECTS)}" if one else f"P{len(self.numbers)}")
            for one in range(2)
        ]
        lines = list({one["项目编号"]: one for one in lines}.values())
        path = sheet(self.folder / f"{self.instant:%Y%m%d}.csv", lines)
        try:
            applied(path, self.chance.choice([ALWAYS, self.day, self.day - timedelta(days=40)]))
        except Refused:
            return
        self.numbers = sorted({*self.numbers, *(one["项目编号"] for one in lines)})
        self.done.add("import")

    def _line(self, number: str) -> dict[str, str]:
        given = facts(self.chance)
        said = {
            "招商单位": self.codes[given["attracted_by"]],
            "现服务单位": self.codes.get(given["served_by"], ""),
            "项目来源": next(name for name, code in ORIGINS.items() if code == given["origin"]),
            "原所在街道": self.codes.get(given["from_street"], ""),
            "选址街道": self.codes.get(given["site_street"], ""),
            "选址片区": given["site_area"] or "",
            "统计归属街道": self.codes.get(given["statistical_street"], ""),
            "规上工业": "是" if given["above_scale_industrial"] else "否",
            "重大项目标记": next((name for name, code in MARKS.items() if code == given["named_major"]), ""),
        }
        names = {
            "签约日期": "signed_on",
            "开工日期": "construction_started_on",
            "建成投产日期": "completed_on",
        }
        return line(number, **said, **{name: str(given[fact] or "") for name, fact in names.items()})

    def _any(self) -> Project:
        number = self.chance.choice(self.numbers)
        return db.session.scalars(select(Project).where(Project.number == number)).one()

    def _transfer(self, project: Project, day: date, to: tuple[int | None, ...]) -> None:
        unit_id = next(one for one in to if one is not None)
        event = history.record("transfer.confirmed", project, actor=None)
        made = Transfer(
            project_id=project.id, from_unit_id=1 + (unit_id == 1), to_unit_id=unit_id, indicators=to[0] is not None,
            enterprise_service=to[1] is not None, rule="none", since=day, state="confirmed", due_on=day, effective_day=day,
        )  # fmt: skip
        db.session.add(made)
        db.session.flush()
        holdings.pass_on([holdings.Move(project.id, day, to[0], to[1], made.id)], event)
        standing.refresh([project.id])

    def _totals(self, day: date) -> list[tuple[Any, Any]]:
        """What all units together have and are entitled to, of both responsibilities, today and on the day."""
        user, found = db.session.get(User, self.user_id), []
        for seen in (standpoint.at(self.day), standpoint.at(day)):
            for duty in DUTIES:
                whole = unit_figures.total(unit_figures.by_unit(user, seen, duty).values())
                found.append((whole.has, whole.entitled))
        return found

    def _reckon(self) -> None:
        """Who holds what, by the facts and the rules as they are now."""
        book, closed = attribution.rulebook(), months.last_closed_day()
        for number in self.numbers:
            project = db.session.scalars(select(Project).where(Project.number == number)).one()
            timeline = attribution.timeline(project, book)
            first = self._first(timeline, book.ids)
            self.reckoned.setdefault(number, Reckoning()).begin(timeline[0].from_, first, closed)

    def _first(self, timeline: list[Stretch], ids: dict[str, int]) -> Pair:
        known = timeline[0].facts
        if timeline[0].begins_on <= NOTICE_DAY:
            unit_id = ids[known.served_by or known.attracted_by or ""]
            return unit_id, unit_id
        attributions = named(timeline[0].outcome, known)
        indicators, service = (ids[one.lead] for index in INDEXES if (one := attributions[index]))
        return indicators, service


setattr(Books, "import", Books.import_)
