"""The demonstration: 150 projects entered event by event, on the days the books learned of them, up to 3 June 2021."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from flask import current_app

from crm import clock
from crm.db import transaction
from crm.models import Project, User
from crm.money import fen_from_yi
from crm.periods import ALWAYS, parse_day
from crm.rules.facts import NOTICE_DAY
from crm.seeds import accounts, foundation
from crm.seeds.accounts import Account
from crm.seeds.demonstration_leads import A_DAY, Leads
from crm.seeds.demonstration_transfers import Transfers
from crm.services import books, passwords, people, projects, units
from crm.services.attribution import rulebook
from crm.services.projects import Report
from crm.sheets.registry import COLUMNS, Registry, RegistryRow
from crm.sheets.vocabulary import MARKS, YES_NO, Vocabulary, rows, seeded_vocabulary

BUSINESS_DAY = date(2021, 6, 3)
ACCOUNTS_OPENED = date(2020, 4, 28)
TARGETS_KNOWN = date(2021, 5, 17)
"""A Monday; the district's plan, which the targets come from, is of 15 May 2021."""

BETWEEN_EVENTS = timedelta(minutes=11)

ACCOUNTS_FILE = "demonstration-accounts.txt"

USERS = (
    ("jd-staff", "机电产业办经办员", "staff", "jd"),
    ("jd-head", "机电产业办负责人", "unit_head", "jd"),
    ("cihui-staff", "慈惠街经办员", "staff", "cihui"),
    ("cihui-head", "慈惠街负责人", "unit_head", "cihui"),
    ("reviewer", "区商务局审核员", "reviewer", "swj"),
    ("bureau-head", "区商务局负责人", "bureau_head", "swj"),
    ("leader", "区领导", "leader", None),
    ("working-group", "工作专班成员", "working_group", "working_group"),
    ("administrator", "系统管理员", "administrator", None),
    ("auditor", "审计员", "auditor", None),
    ("gx-head", "高新技术产业办负责人", "unit_head", "gx"),
    ("sy-head", "食品医药产业办负责人", "unit_head", "sy"),
    ("zb-head", "综合保税物流产业办负责人", "unit_head", "zb"),
    ("lk-head", "临空产业办负责人", "unit_head", "lk"),
    ("wujiashan-head", "吴家山街负责人", "unit_head", "wujiashan"),
    ("jiangjunlu-head", "将军路街负责人", "unit_head", "jiangjunlu"),
    ("zoumaling-head", "走马岭街负责人", "unit_head", "zoumaling"),
    ("jinghe-head", "径河街负责人", "unit_head", "jinghe"),
    ("changqing-head", "长青街负责人", "unit_head", "changqing"),
    ("xinandu-head", "辛安渡街负责人", "unit_head", "xinandu"),
    ("dongshan-head", "东山街负责人", "unit_head", "dongshan"),
    ("xingou-head", "新沟镇街负责人", "unit_head", "xingou"),
    ("jinyinhu-head", "金银湖街负责人", "unit_head", "jinyinhu"),
)
"""Login, name, role and unit of every demonstration account: one of each role, and whoever signs for a unit that gives
or receives a project in a transfer or a batch.
"""

COLLEAGUES = (
    ("gx-staff", "高新技术产业办经办员", "staff", "gx"),
    ("sy-staff", "食品医药产业办经办员", "staff", "sy"),
    ("zb-staff", "综合保税物流产业办经办员", "staff", "zb"),
    ("lk-staff", "临空产业办经办员", "staff", "lk"),
    ("xf-staff", "现代服务产业办经办员", "staff", "xf"),
    ("changqing-staff", "长青街经办员", "staff", "changqing"),
    ("jinghe-staff", "径河街经办员", "staff", "jinghe"),
    ("zoumaling-staff", "走马岭街经办员", "staff", "zoumaling"),
    ("dongshan-staff", "东山街经办员", "staff", "dongshan"),
    ("xingou-staff", "新沟镇街经办员", "staff", "xingou"),
)
"""Those of other units, who log leads and answer offers: one can sign in as one of them once the administrator has given
a password.
"""

REPORT_LABELS = {
    "name": "名称",
    "investor": "投资方",
    "industry": "行业",
    "investment_yi": "投资额（亿元）",
    "location": "地点",
    "street_or_park": "街道或园区",
}


@dataclass(frozen=True)
class Event:
    """What the books learned on a day: a project, or facts of one that they have."""

    day: date
    row: RegistryRow | None
    invented: tuple[str, ...]
    number: str
    facts: dict[str, object]
    valid_from: date


def load() -> bool:
    """Fills an empty, migrated database with the foundation and the demonstration, all or nothing.

    Writes the accounts into the instance folder, readable by its owner alone. Returns whether anything was
    loaded: books that are open already, of either kind, stay as they are.
    """
    with transaction():
        if books.books() is not None:
            return False
        with _at(NOTICE_DAY):
            foundation.add_ground(actor=None)
        made = [Account(login, passwords.one_time(), role, name) for login, name, role, _ in USERS]
        with _at(ACCOUNTS_OPENED):
            users = _add_users(made)
        _enter(users)
        # At its first minute: whatever is done in the demonstration is done later, whenever that is on a real day.
        with clock.at(BUSINESS_DAY, datetime.combine(BUSINESS_DAY, time(0), clock.SHANGHAI)):
            books.open_books(kind="demonstration", business_day=BUSINESS_DAY, actor=None)
        accounts.write(Path(str(current_app.config["INSTANCE"])) / ACCOUNTS_FILE, made)
    return True


def events() -> list[Event]:
    """Everything the books learned, in order of days; of one day registrations first, then by number."""
    vocabulary = seeded_vocabulary()
    found = [*_registrations(vocabulary), *_changes(vocabulary)]
    return sorted(found, key=lambda event: (event.day, event.row is None, event.number, event.valid_from))


def reports() -> dict[str, list[Report]]:
    """Project number → what was publicly reported of it, in order."""
    found: dict[str, list[Report]] = {}
    for row in rows("demonstration/reports.csv"):
        text = "；".join(f"{label}：{row[column]}" for column, label in REPORT_LABELS.items() if row[column])
        report = Report(row["stage"], row["reported_on"], row["source_url"], text)
        found.setdefault(row["number"], []).append(report)
    return found


def _registrations(vocabulary: Vocabulary) -> Iterator[Event]:
    lines = rows("demonstration/projects.csv")
    registry = Registry(vocabulary, for_books=True)
    read = list(registry.read([list(COLUMNS), *([line[column] for column in COLUMNS] for line in lines)]))
    if registry.errors:
        raise ValueError(f"demonstration/projects.csv: {registry.errors[0]}")
    for line, row in zip(lines, read, strict=True):
        invented = tuple(line["invented"].split(";"))
        yield Event(parse_day(line["recorded_on"]), row, invented, row.number, {}, ALWAYS)


def _changes(vocabulary: Vocabulary) -> Iterator[Event]:
    together: dict[tuple[str, str, str], dict[str, object]] = {}
    for line in rows("demonstration/changes.csv"):
        key = (line["number"], line["valid_from"], line["recorded_on"])
        together.setdefault(key, {})[line["fact"]] = _value(line["fact"], line["value"], vocabulary)
    for (number, valid_from, recorded_on), facts in together.items():
        since = parse_day(valid_from) if valid_from else ALWAYS
        yield Event(parse_day(recorded_on), None, (), number, facts, since)


def _value(fact: str, text: str, vocabulary: Vocabulary) -> object:
    if fact.endswith("_on"):
        return parse_day(text)
    if fact.endswith("_street"):
        return vocabulary.streets[text]
    if fact == "total_investment_fen":
        return fen_from_yi(text)
    if fact == "named_major":
        return MARKS[text]
    if fact == "above_scale_industrial":
        return YES_NO[text]
    return text


def _enter(users: dict[str, User]) -> None:
    actor, book = users["reviewer"], rulebook()
    reported = reports()
    leads, transfers = Leads(users), Transfers(users)
    learned = {day: list(found) for day, found in groupby(events(), key=attrgetter("day"))}
    entered: dict[str, Project] = {}
    targets_known = False

    def enter(event: Event) -> None:
        if event.row is None:
            project = entered[event.number]
            projects.change(project, event.facts, actor=actor, valid_from=event.valid_from, book=book)
        elif leads.is_signing(event.number):
            entered[event.number] = leads.sign(event.row, event.invented)
        else:
            entered[event.number] = projects.register(
                event.row,
                actor=actor,
                invented=event.invented,
                reports=reported.get(event.number, ()),
                book=book,
            )

    for day in sorted(learned.keys() | leads.days | transfers.days):
        leads.expire_before(day + A_DAY)
        if day >= TARGETS_KNOWN and not targets_known:
            with _at(TARGETS_KNOWN):
                foundation.add_targets(actor=actor)
            targets_known = True
        steps: list[Callable[[], None]] = [
            *leads.of(day),
            *(partial(enter, event) for event in learned.get(day, ())),
            *transfers.of(day),
        ]
        for position, step in enumerate(steps, start=1):
            with _at(day, position):
                step()
    leads.expire_before(BUSINESS_DAY)


def _add_users(made: list[Account]) -> dict[str, User]:
    hashed = {account.login: passwords.quickly_hashed(account.password) for account in made}
    return {
        login: people.add_user(
            login,
            name=name,
            role=role,
            unit=units.unit_by_code(unit) if unit else None,
            password=hashed.get(login),
            # Handed out to be tried by several people: whoever came first would shut out the others.
            must_change_password=False,
            actor=None,
        )
        for login, name, role, unit in (*USERS, *COLLEAGUES)
    }


@contextmanager
def _at(day: date, position: int = 0) -> Iterator[None]:
    """Nine in the morning in the district, and later for what came later: no two events of a day at one instant."""
    morning = datetime.combine(day, time(9), clock.SHANGHAI).astimezone(UTC)
    with clock.at(day, morning + position * BETWEEN_EVENTS):
        yield
