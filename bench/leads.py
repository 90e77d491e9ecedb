"""Leads: their list, the page of one, and what a name looks like, on books with half as many enterprises."""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select, text, update

from bench import say
from bench.books import FIRST, fill
from bench.pages import postgresql, signed_in, sqlite
from bench.registry import TRADES, credit_code
from crm import clock, company_names
from crm.db import db, transaction
from crm.models import LEAD_SOURCES, Enterprise, Lead, Project, Unit
from crm.services import names

TIMES = 21
AT_ONCE = 5_000
BRANDS = "宏远恒瑞天汇中科华盛金龙博泰普光谷海川新元正大德邦智联诚信康达东明创安捷丰润和硚镕翀云喆垚鑫启航国药众万图永昌顺兴隆嘉美佳利百立方圆成功卓越尚优强伟鸿飞腾跃升晟晖煜炜煌灿焕然"
PLACES = ("武汉", "湖北", "武汉市", "东西湖", "深圳市", "上海", "")
ENDINGS = ("有限公司", "股份有限公司", "科技有限公司", "实业有限公司", "（武汉）有限公司")


def run(size: int) -> list[dict[str, Any]]:
    """Ratios with so many leads and half as many enterprises, on both databases."""
    logging.disable(logging.INFO)
    found: list[dict[str, Any]] = []
    try:
        for kind, database in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
            with ExitStack() as open_:
                app = open_.enter_context(database(Path(open_.enter_context(tempfile.TemporaryDirectory()))))
                say(f"{kind}: filling the books with {size:,} leads and half as many enterprises")
                fill(app, min(FIRST, size))
                with app.app_context():
                    add_enterprises(size // 2)
                    add_leads(size)
                    with transaction() as session:
                        session.execute(text("ANALYZE"))
                say(f"{kind}: asking for pages")
                found += ratios(kind, size, pages(app))
    finally:
        logging.disable(logging.NOTSET)
    return found


def ratios(kind: str, size: int, taken: dict[str, float]) -> list[dict[str, Any]]:
    """What is held against what."""
    against = (
        ("list of leads against the list of projects", "leads", "projects", 1.5),
        ("a lead's page against the list of projects", "lead", "projects", 1.5),
        ("lookalikes as a name is typed against the list of projects", "typed", "projects", 1.5),
        ("duplicate check of a new name against a lead's page", "check", "lead", 3),
    )
    return [
        {
            "name": f"{kind}: {name}, {size:,} leads",
            "ratio": taken[over] / taken[under],
            "limit": limit,
            "detail": f"{taken[over] * 1000:.1f} ms against {taken[under] * 1000:.1f} ms",
        }
        for name, over, under, limit in against
    ]


def pages(app: Flask) -> dict[str, float]:
    """Median seconds of each page; the pages take turns, and every turn asks for another record or name."""
    client, draw = signed_in(app), Random(3)
    with app.app_context():
        last = db.session.scalar(select(func.max(Lead.id))) or 0
        number = {
            id_: found for id_, found in db.session.execute(select(Lead.id, Lead.number)) if id_ <= last
        }
        db.session.rollback()
    new = list(islice(company_name_list(Random(4)), TIMES + 2))

    def lead(_turn: int) -> str:
        return f"/leads/{number[draw.randint(1, last)]}"

    acts: dict[str, Callable[[int], str]] = {
        "projects": lambda _turn: "/projects",
        "leads": lambda _turn: "/leads",
        "lead": lead,
        "typed": lambda turn: f"/leads/duplicates?json=1&name={new[turn][: 4 + turn % 5]}",
        "check": lambda turn: (
            f"/leads/duplicates?json=1&name={new[turn]}&credit_code={credit_code(90_000_000 + turn)}"
        ),
    }
    taken: dict[str, list[float]] = {name: [] for name in acts}
    for turn in range(TIMES + 2):
        for name, address in acts.items():
            seconds = ask(client, address(turn))
            # the first two warm up
            if turn > 1:
                taken[name].append(seconds)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def ask(client: FlaskClient, address: str) -> float:
    """Asks for an address, makes sure of an answer, and says how many seconds it took."""
    began = time.perf_counter()
    answer = client.get(address)
    seconds = time.perf_counter() - began
    assert answer.status_code == 200, address
    return seconds


def company_name_list(draw: Random) -> Iterator[str]:
    """Company names of all kinds, without end."""
    while True:
        brand = "".join(draw.choices(BRANDS, k=draw.choice((2, 2, 3, 4))))
        yield draw.choice(PLACES) + brand + draw.choice(TRADES) + draw.choice(ENDINGS)


def add_enterprises(size: int) -> None:
    """So many enterprises, indexed; the first of them have the projects there are."""
    there = db.session.scalar(select(func.count()).select_from(Enterprise)) or 0
    found = company_name_list(Random(1))
    rows = [
        {"name": next(found), "credit_code": credit_code(50_000_000 + number), "version": 1}
        for number in range(max(0, size - there))
    ]
    with transaction() as session:
        for chunk in chunks(rows):
            session.execute(insert(Enterprise.__table__), chunk)  # type: ignore[arg-type]
        first = session.scalar(select(func.min(Enterprise.id))) or 1
        own = update(Project).where(Project.id <= size // 2).values(enterprise_id=first - 1 + Project.id)
        session.execute(own, execution_options={"synchronize_session": False})
    more = True
    while more:
        with transaction():
            more = names.index_pending()


def add_leads(size: int) -> None:
    """So many leads of all units, each with a name of its own, indexed."""
    draw, today, known = Random(2), clock.today(), set[str]()
    units = list(db.session.scalars(select(Unit.id).where(Unit.kind.in_(("office", "street")))))
    db.session.rollback()
    rows = []
    for name in company_name_list(draw):
        key = company_names.key(name)
        if key in known:
            continue
        known.add(key)
        since = today - timedelta(days=draw.randint(0, 80))
        unit_id = draw.choice(units)
        rows.append(
            {
                "number": f"XS{since.year}{len(rows) + 1:06}",
                "name": name,
                "name_key": key,
                "source": draw.choice(LEAD_SOURCES),
                "first_contact_unit_id": unit_id,
                "unit_id": unit_id,
                "had_since": since,
                "logged_on": since,
                "protected_until": since + timedelta(days=90),
                "version": 1,
            }
        )
        if len(rows) == size:
            break
    for chunk in chunks(rows):
        with transaction() as session:
            session.execute(insert(Lead.__table__), chunk)  # type: ignore[arg-type]
            names.add(row["name_key"] for row in chunk)


def chunks(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    """The rows, some thousand at a time."""
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]
