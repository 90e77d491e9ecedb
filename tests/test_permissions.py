"""Rights that depend on the unit: own projects, another unit's, and none."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from crm import clock
from crm.errors import NotAllowed
from crm.grants import GRANTED, OWN_ONLY, PERMISSIONS
from crm.models import Project, Unit, User
from crm.permissions import allowed, may, own, require
from crm.rules.facts import Facts
from crm.services import projects
from crm.sheets.registry import RegistryRow
from tests import build


def register(number: str, **facts: Any) -> Project:
    """A project that is decided."""
    given = Facts(origin="new_introduction", **facts)
    row = RegistryRow(1, number, f"项目{number}", "", None, "3911", given, None)
    return projects.register(row, actor=None)


@pytest.fixture
def four(session: Any) -> dict[str, User]:
    """Projects that 机电产业办 attracted, holds, and has nothing to do with; and people."""
    district = build.district()
    register("ATTRACTED", attracted_by="jd", site_street="zoumaling", signed_on=date(2021, 1, 5))
    register("SERVED", attracted_by="sy", served_by="jd", site_street="zoumaling", signed_on=date(2019, 1, 5))
    register("OTHERS", attracted_by="sy", site_street="zoumaling", signed_on=date(2021, 1, 5))
    return {
        "staff": build.user("staff", unit=district.jd),
        "reviewer": build.user("reviewer", unit=district.swj),
        "leader": build.user("leader"),
        "adrift": build.user("staff", login="adrift"),
        "administrator": build.user("administrator"),
    }


def numbers(user: User | None, session: Any) -> set[str]:
    """The projects that are the person's own."""
    return set(session.scalars(select(Project.number).where(own(user))))


def test_own_are_those_attracted_held_or_entitled(four: dict[str, User], session: Any) -> None:
    assert numbers(four["staff"], session) == {"ATTRACTED", "SERVED"}
    assert (
        numbers(four["leader"], session)
        == numbers(four["adrift"], session)
        == numbers(None, session)
        == set()
    )


def test_who_is_entitled_today_owns_what_another_attracted(four: dict[str, User], session: Any) -> None:
    completed = date(2021, 3, 1)
    passed = register(
        "PASSED", attracted_by="sy", site_street="jinghe", signed_on=date(2020, 6, 1), completed_on=completed
    )
    street = session.query(Unit).filter_by(code="jinghe").one()
    neighbour = build.user("unit_head", login="jinghe-head", unit=street)
    with clock.at(date(2021, 2, 1)):
        assert not may(neighbour, "project:edit", passed)
    with clock.at(date(2021, 6, 3)):
        assert may(neighbour, "project:edit", passed)
        assert numbers(neighbour, session) == {"PASSED"}


def test_a_limited_right_holds_for_own_projects_alone(four: dict[str, User], session: Any) -> None:
    by_number = {project.number: project for project in session.scalars(select(Project))}
    assert may(four["staff"], "project:edit", by_number["ATTRACTED"])
    assert not may(four["staff"], "project:edit", by_number["OTHERS"])
    assert may(four["staff"], "project:read", by_number["OTHERS"]), "all units see all projects"
    assert may(four["reviewer"], "project:edit", by_number["OTHERS"])
    for nobody in (None, four["adrift"], four["leader"], four["administrator"]):
        assert not may(nobody, "project:edit", by_number["ATTRACTED"])


def test_a_refusal_says_whose_project_it_is_for(four: dict[str, User], session: Any) -> None:
    others = session.query(Project).filter_by(number="OTHERS").one()
    with pytest.raises(NotAllowed, match="实属或应属单位"):
        require(four["staff"], "project:edit", others)
    with pytest.raises(NotAllowed, match="岗位"):
        require(four["leader"], "project:edit", others)
    require(four["reviewer"], "project:edit", others)


def test_what_is_not_in_the_list_is_a_mistake_of_the_program(four: dict[str, User]) -> None:
    with pytest.raises(ValueError, match="no such permission"):
        allowed(four["staff"], "project:sell")


def test_what_is_granted_is_in_the_list() -> None:
    assert all(granted <= set(PERMISSIONS) for granted in GRANTED.values())
    assert all(limited <= GRANTED[role] for role, limited in OWN_ONLY.items())
    assert GRANTED["auditor"] == {"log:read", "log:export"}
    assert not any(permission.startswith("project:") for permission in GRANTED["administrator"])
