"""Projects of which nothing new is heard after signing, or after construction started."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from crm import clock
from crm.db import db
from crm.models import Lead, ProjectFacts, User
from crm.services import policy, quiet_projects, reminders
from tests import build
from tests.services.conftest import DAY

SIGNED = DAY


def entered(number: str, day: date, **facts: Any) -> int:
    """A project with these facts, entered in the books on a day."""
    project = build.project(number, **facts)
    with clock.at(day):
        row = ProjectFacts(project_id=project.id, valid_from=date(1900, 1, 1), name=project.name)
        db.session.add(row)
        db.session.flush()
    return project.id


@pytest.fixture
def signed(staff: dict[str, User]) -> dict[str, User]:
    """One project of jd that came from a lead, and one of gx that is being built."""
    jd, gx = staff["jd"], staff["gx"]
    assert jd.unit is not None
    project = entered("P1", SIGNED, attracted_by_id=jd.unit_id, signed_on=SIGNED)
    build.lead(jd.unit, stage="signed", project_id=project, held_by_id=jd.id, had_since=SIGNED)
    begun = {"signed_on": date(2020, 1, 1), "construction_started_on": SIGNED}
    entered("P2", SIGNED, attracted_by_id=gx.unit_id, **begun)
    entered("P3", SIGNED, attracted_by_id=gx.unit_id, completed_on=SIGNED, **begun)
    entered("P4", SIGNED, signed_on=SIGNED)
    return staff


def quiet(user: User, kind: str, day: date, **more: Any) -> list[str]:
    with clock.at(day):
        return [one.number for one in quiet_projects.listing(user, kind, policy.on(day), **more).lines]


def after(days: int) -> date:
    return SIGNED + timedelta(days=days)


def test_quiet_from_the_day_after_the_setting(signed: dict[str, User]) -> None:
    jd, gx, reviewer = signed["jd"], signed["gx"], signed["reviewer"]
    assert quiet(jd, "signed", after(15)) == [] and quiet(jd, "signed", after(16)) == ["P1"]
    assert quiet(gx, "landed", after(20)) == [] and quiet(gx, "landed", after(21)) == ["P2"]
    assert quiet(gx, "signed", after(400)) == [] == quiet(jd, "landed", after(400))
    assert quiet(reviewer, "signed", after(16)) == ["P1"]
    assert quiet(reviewer, "signed", after(16), unit_id=gx.unit_id) == []
    assert quiet(jd, "signed", after(16), person_id=jd.id) == ["P1"]
    assert quiet(jd, "signed", after(16), person_id=gx.id) == []
    with clock.at(SIGNED):
        policy.set_value("signed_days", 5, basis="会议纪要", valid_from=SIGNED, actor=None)
    assert quiet(jd, "signed", after(6)) == ["P1"]


def test_whatever_is_heard_of_it_begins_the_days_anew(signed: dict[str, User]) -> None:
    jd = signed["jd"]
    lead = db.session.query(Lead).one()
    lead.last_progress_on = after(3)
    assert quiet(jd, "signed", after(18)) == [] and quiet(jd, "signed", after(19)) == ["P1"]
    assert lead.project is not None
    with clock.at(after(10)):
        # a change that holds from long ago is news all the same
        row = ProjectFacts(project_id=lead.project_id, valid_from=date(2020, 1, 1), name="改名")
        db.session.add(row)
        db.session.flush()
    assert quiet(jd, "signed", after(25)) == [] and quiet(jd, "signed", after(26)) == ["P1"]
    with clock.at(after(26)):
        [one] = quiet_projects.listing(jd, "signed", policy.on()).lines
    assert (one.day, one.heard_on, one.person) == (SIGNED, after(10), "staff")
    lead.project.construction_started_on = after(20)
    assert quiet(jd, "signed", after(60)) == [] and quiet(jd, "landed", after(41)) == ["P1"]


def test_counted_by_unit_and_by_person_and_read_page_by_page(signed: dict[str, User]) -> None:
    jd, gx, reviewer = signed["jd"], signed["gx"], signed["reviewer"]
    entered("P5", SIGNED, attracted_by_id=jd.unit_id, signed_on=SIGNED)
    settings = policy.on(after(30))
    with clock.at(after(30)):
        by_unit = reminders.groups(reviewer, settings)
        both = {group.key: (group.counts["signed"], group.counts["landed"]) for group in by_unit}
        assert both == {jd.unit_id: (2, 0), gx.unit_id: (0, 1)} and reminders.total(by_unit)["signed"] == 2
        by_person = [(group.key, group.counts["signed"]) for group in reminders.groups(jd, settings)]
        assert by_person == [(None, 1), (jd.id, 1)]
        page = quiet_projects.listing(reviewer, "signed", settings, limit=1)
        assert [row.number for row in page.lines] == ["P1"] and page.following
    assert quiet(reviewer, "signed", after(30), after=page.following) == ["P5"]
