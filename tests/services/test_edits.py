"""Editing through the service: who may, on which version, what it answers, what is marked; and what lies ahead."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crm import clock
from crm.errors import NotAllowed, NotFound, Refusals, Refused, Stale
from crm.models import AuditEvent, Project, User
from crm.periods import ALWAYS
from crm.rules.duties import Responsibility
from crm.services import attribution, books, edits, outlook, project_history, projects, registering, units
from tests import build
from tests.founded import database
from tests.services.test_changes import TODAY, row

__all__ = ["database"]


@pytest.fixture
def people(session: Any) -> Any:
    """Seeded books on 3 June 2021 with P1, which 机电产业办 attracted out of its plate; and who might edit it."""
    with clock.at(TODAY):
        projects.register(row(), actor=None)
        yield {
            role: build.user(role, unit=units.unit_by_code(unit) if unit else None)
            for role, unit in (("staff", "jd"), ("unit_head", "sy"), ("reviewer", "swj"), ("leader", None))
        }


def project(session: Any) -> Project:
    """P1."""
    found: Project = session.query(Project).filter_by(number="P1").one()
    return found


def edit(session: Any, actor: User, **facts: Any) -> edits.Edited:
    """An edit from 1 June 2021, on the newest version."""
    one = project(session)
    version = projects.newest_version(one)
    return edits.edit(one, facts, version=version, valid_from=date(2021, 6, 1), actor=actor)


def test_what_an_edit_does_to_the_attribution(people: dict[str, User], session: Any) -> None:
    done = edit(session, people["staff"], site_street="jinghe")
    [change] = done.changes
    assert (change.column, change.until) == ("site_street_id", None)
    moved = {one.responsibility: one for one in done.differences}
    assert Responsibility.ATTRACTION in moved, "the street of the site assists no longer"
    service = moved[Responsibility.ENTERPRISE_SERVICE]
    assert service.before is not None and service.after is not None
    assert (service.from_, service.to) == (date(2021, 6, 1), None)
    assert (service.before.rule, service.after.rule) == ("3.2-out-of-plate", "3.2-in-plate")
    assert edits.edit(
        project(session), {"site_street": "jinghe"}, version=projects.newest_version(project(session)),
        valid_from=TODAY, actor=people["staff"],
    ).changes == ()  # fmt: skip


def test_the_service_itself_refuses_other_units_and_old_versions(
    people: dict[str, User], session: Any
) -> None:
    for role in ("unit_head", "leader"):
        with pytest.raises(NotAllowed):
            edit(session, people[role], name="改名")
    with pytest.raises(NotAllowed, match="重大项目标记"):
        edit(session, people["staff"], named_major="boe")
    version = projects.newest_version(project(session))
    edit(session, people["reviewer"], name="改名")
    with pytest.raises(Stale):
        edits.edit(project(session), {"name": "又改"}, version=version, actor=people["staff"])
    with pytest.raises(NotFound):
        edits.restore(
            project(session), 10**6, version=projects.newest_version(project(session)), actor=people["staff"]
        )
    with pytest.raises(NotAllowed):
        registering.register("P2", {}, actor=people["staff"])


def test_every_mistake_at_once(people: dict[str, User], session: Any) -> None:
    with pytest.raises(Refusals) as found:
        edit(
            session,
            people["reviewer"],
            name="",
            industry_code="99",
            credit_code="1",
            completed_on=date(2019, 1, 1),
        )
    assert [one.field for one in found.value] == ["name", "credit_code", "industry_code", "completed_on"]
    assert project(session).name == "项目"


def test_a_value_of_a_later_day_stays_and_is_told(people: dict[str, User], session: Any) -> None:
    edit(session, people["reviewer"], site_street="jinghe")
    one = project(session)
    version = projects.newest_version(one)
    done = edits.edit(
        one, {"site_street": "changqing"}, version=version, valid_from=ALWAYS, actor=people["reviewer"]
    )
    assert [change.until for change in done.changes] == [date(2021, 6, 1)]
    rows = [found for found, _event in project_history.recorded(one)]
    assert project_history.held_since(rows, TODAY) == {"site_street_id": date(2021, 6, 1)}
    assert project_history.held_since(rows, date(2021, 5, 1)) == {}


@pytest.mark.parametrize("kind", ["demonstration", "real"])
def test_marks_follow_what_is_typed_and_restored_in_the_demonstration(
    people: dict[str, User], session: Any, kind: str
) -> None:
    books.open_books(kind=kind, business_day=TODAY, actor=None)
    one = project(session)
    one.invented = ["signed_on"] if kind == "demonstration" else []
    before = list(one.invented)
    edit(session, people["reviewer"], site_street="jinghe", signed_on=date(2020, 8, 2))
    typed = session.query(AuditEvent).filter_by(action="project.facts_set").one()
    assert one.invented == (["signed_on", "site_street"] if kind == "demonstration" else [])
    edits.restore(one, typed.id, version=projects.newest_version(one), actor=people["reviewer"])
    assert one.invented == before, "what came from a report is as it was reported"
    back = session.query(AuditEvent).filter_by(action="project.restored").one()
    edits.restore(one, back.id, version=projects.newest_version(one), actor=people["reviewer"])
    assert one.invented == (["signed_on", "site_street"] if kind == "demonstration" else [])


def test_the_next_number_is_free(people: dict[str, User], session: Any) -> None:
    assert registering.next_number() == "XM2021001"
    for number, following in (
        ("XM2021009", "XM2021010"),
        ("XM2021999", "XM20211000"),
        ("XM2021-A", "XM20211000"),
    ):
        projects.register(row(number), actor=None)
        assert registering.next_number() == following
    with pytest.raises(Refused, match="已存在"):
        projects.register(row("XM2021009"), actor=None)


def test_who_will_have_it_once_it_is_completed(people: dict[str, User], session: Any) -> None:
    [stretch] = attribution.timeline(project(session), attribution.rulebook())
    ahead = outlook.once_completed(stretch)
    assert ahead is not None
    assert [(one.lead, one.rule) for one in ahead] == [("cihui", "3.2-out-of-plate")] * 2
    edit(session, people["reviewer"], completed_on=date(2021, 5, 1))
    last = attribution.timeline(project(session), attribution.rulebook())[-1]
    assert outlook.once_completed(last) is None


def test_kept_reasons_are_held_against_those_of_now(people: dict[str, User], session: Any) -> None:
    one = project(session)

    def kept() -> Any:
        stretch = attribution.timeline(one, attribution.rulebook())[-1]
        return outlook.kept(one, stretch, TODAY, None)

    assert kept().agrees and kept().rule == "3.2-out-of-plate"
    # the plate changes and nothing is decided again
    units.set_plate(
        units.unit_by_code("jd"),
        place=units.unit_by_code("cihui"),
        valid_from=date(2021, 1, 1),
        clause="测试",
        actor=None,
    )
    session.flush()
    assert not kept().agrees and kept().rule == "3.2-out-of-plate"
