"""Makes small books for tests, through the services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from crm import clock, company_names
from crm.db import db
from crm.models import Area, Lead, Project, Unit, User
from crm.services import lead_search, people, readings, units

NOTICE = date(2020, 4, 27)
PASSWORD = "correct horse battery"

OFFICES = {"jd": "机电产业办", "gx": "高新技术产业办", "sy": "食品医药产业办", "xf": "现代服务产业办"}
STREETS = {"changqing": "长青街", "jinghe": "径河街", "zoumaling": "走马岭街", "cihui": "慈惠街"}


@dataclass
class District:
    """The units and areas of small books, by code and by name."""

    units: dict[str, Unit]
    areas: dict[str, Area]

    def __getattr__(self, code: str) -> Unit:
        try:
            return self.units[code]
        except KeyError:
            raise AttributeError(code) from None


def unit(code: str, *, kind: str = "department", name: str | None = None, **more: Any) -> Unit:
    """A unit that exists from the beginning."""
    name = name or code
    return units.add_unit(
        code, kind=kind, name=name, full_name=name + "全称", name_en=code, source="test", actor=None, **more
    )


def district() -> District:
    """Four offices, four streets, the commerce bureau, two areas, and some of the notice's plates."""
    made = {code: unit(code, kind="office", name=name) for code, name in OFFICES.items()}
    for number, (code, name) in enumerate(STREETS.items()):
        made[code] = unit(code, kind="street", name=name)
        units.add_street(
            made[code],
            admin_code=f"42011200{number}",
            full_name=name + "道",
            kind="街道",
            tile_column=number,
            tile_row=0,
            actor=None,
        )
    made["swj"] = unit("swj", name="区商务局")
    areas = {
        "长青街1平方公里经济园区": made["changqing"],
        "中小企业城": made["cihui"],
    }
    small = District(
        made, {name: units.add_area(name, street=street, actor=None) for name, street in areas.items()}
    )
    for office, place in (
        ("jd", made["changqing"]),
        ("jd", made["jinghe"]),
        ("sy", made["zoumaling"]),
        ("gx", small.areas["长青街1平方公里经济园区"]),
    ):
        units.set_plate(made[office], place=place, valid_from=NOTICE, clause="三 一是", actor=None)
    readings.set_adjudicator(made["swj"], valid_from=NOTICE, actor=None)
    db.session.flush()
    return small


def user(role: str = "staff", *, login: str | None = None, unit: Unit | None = None) -> User:
    """An account with the password PASSWORD and a post since the notice; its login is the role where none is given."""
    return people.add_user(
        login or role, name=role, role=role, unit=unit, password=PASSWORD, valid_from=NOTICE, actor=None
    )


def project(number: str = "P1", **facts: Any) -> Project:
    """A project with these facts as they are now; nothing is decided of it."""
    made = Project(number=number, **({"name": f"项目{number}"} | facts))
    db.session.add(made)
    db.session.flush()
    return made


def lead(unit: Unit, number: str = "XS1", **facts: Any) -> Lead:
    """A lead that the unit logged today and has, protected for ninety days; no history is written."""
    today = clock.today()
    given = {
        "name": f"线索{number}",
        "source": "visit",
        "first_contact_unit_id": unit.id,
        "unit_id": unit.id,
        "had_since": today,
        "protected_until": today + timedelta(days=90),
    } | facts
    given.setdefault("name_key", company_names.key(given["name"]))
    given.setdefault("investor_key", company_names.key(given.get("investor", "")))
    made = Lead(number=number, **given)
    db.session.add(made)
    db.session.flush()
    lead_search.index(made)
    return made
