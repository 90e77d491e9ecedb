"""Rights follow the holder: whoever holds a project works on it, and reads what its lead and enterprise brought along."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from crm import clock
from crm.db import db
from crm.models import Lead, Project, Transfer
from crm.permissions import may, own
from crm.rules.facts import Facts
from crm.services import (
    contacts,
    history,
    holdings,
    leads,
    policy,
    projects,
    quiet_projects,
    reminders,
    standing,
)
from crm.sheets.registry import RegistryRow
from crm.web.project_lead import FromLead
from tests import build

DAY = date(2021, 6, 3)
UNITS = ("jd", "gx", "sy", "xf")


@pytest.fixture
def books(session: Any) -> dict[str, Any]:
    """A project that jd attracted and is entitled to and gx holds, of jd's signed lead; a person of each of four units."""
    district = build.district()
    with clock.at(DAY):
        people = {code: build.user("staff", login=code, unit=getattr(district, code)) for code in UNITS}
        facts = Facts(attracted_by="jd", served_by="gx", origin="new_introduction", site_street="jinghe", signed_on=date(2020, 3, 1))  # fmt: skip
        row = RegistryRow(2, "P1", "模具基地", "模具公司", None, "3525", facts, None)
        project = projects.register(row, actor=None)
        found: dict[str, Any] = {**people, "project": project, "reviewer": build.user("reviewer")}
        signed = {"stage": "signed", "project_id": project.id, "held_by_id": people["jd"].id}
        lead = found["lead"] = build.lead(district.jd, enterprise_id=project.enterprise_id, **signed)
        assert project.enterprise is not None
        found["contact"] = contacts.add(lead, "王莉", "", "13812345678", "", people["jd"])
        for code in ("jd", "gx", "xf"):
            contacts.add(project.enterprise, f"{code}的联系人", "", "13812345678", "", people[code])
        while standing.roll(DAY):
            pass
        return found


def pass_on(books: dict[str, Any], code: str) -> None:
    """The project passes on to a unit today."""
    project, to = books["project"], books[code].unit_id
    made = Transfer(
        project_id=project.id, from_unit_id=books["gx"].unit_id, to_unit_id=to, indicators=True,
        enterprise_service=True, rule="none", since=DAY, state="confirmed", due_on=DAY, effective_day=DAY,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    event = history.record("transfer.confirmed", project, actor=None)
    holdings.pass_on([holdings.Move(project.id, DAY, to, to, made.id)], event)
    standing.refresh([project.id])


def who(books: dict[str, Any], permission: str, record: Project | Lead) -> list[str]:
    return [code for code in UNITS if may(books[code], permission, record)]


def own_of(books: dict[str, Any]) -> list[str]:
    """Whose list of their own unit's projects has it."""
    return [code for code in UNITS if db.session.scalar(select(Project.id).where(own(books[code])))]


def read_by(books: dict[str, Any]) -> list[str]:
    """Who reads the lead: on its page, in the list, on the project's page with its contacts."""
    found = []
    for code in UNITS:
        user = books[code]
        brought = FromLead.of(books["project"], user)
        assert brought is not None
        reads = leads.seen("XS1", user).reads
        assert reads == brought.reads == bool(brought.contacts)
        assert all(shown.may_read and shown.phone == "138****5678" for shown in brought.contacts)
        if reads:
            found.append(code)
    return found


def of_enterprise(books: dict[str, Any], code: str) -> list[str]:
    """Whose contacts at the enterprise a unit's person may read, in the panel and one by one."""
    panel = contacts.of(books["project"].enterprise, books[code]).shown
    readable = [shown.contact for shown in panel if shown.may_read]
    for shown in panel:
        if shown.may_read:
            contacts.by_id(shown.contact.id, books[code], "contact:read")
        else:
            with pytest.raises(Exception, match="只有"):
                contacts.by_id(shown.contact.id, books[code], "contact:read")
    return [contact.name.removesuffix("的联系人") for contact in readable]


@pytest.mark.parametrize("stands", [True, False], ids=["beside", "by history"])
def test_what_is_open_goes_with_the_project(books: dict[str, Any], stands: bool) -> None:
    with clock.at(DAY):
        if not stands:
            standing.leave_behind()
        assert who(books, "project:edit", books["project"]) == ["jd", "gx"] == own_of(books)
        assert read_by(books) == ["jd", "gx"]
        pass_on(books, "sy")
        project, lead = books["project"], books["lead"]
        for permission in ("project:edit", "attachment:read", "attachment:add"):
            assert who(books, permission, project) == ["jd", "sy"] == own_of(books), permission
        assert read_by(books) == ["jd", "sy"]
        for permission in ("attachment:read", "attachment:add", "contact:read", "contact:edit"):
            assert who(books, permission, lead) == ["jd", "sy"], permission
        assert who(books, "lead:edit", lead) == ["jd"]
        assert contacts.read(books["contact"], books["sy"]).phone == "13812345678"
        assert history.newest(lead, "contact.read", 1)[0].actor == books["sy"]


def test_contacts_at_the_enterprise_go_with_the_project_they_were_made_for(books: dict[str, Any]) -> None:
    with clock.at(DAY):
        assert of_enterprise(books, "sy") == [] and of_enterprise(books, "gx") == ["jd", "gx"]
        pass_on(books, "sy")
        assert of_enterprise(books, "sy") == ["jd", "gx"], "xf neither attracted nor held it"
        assert of_enterprise(books, "gx") == ["gx"] and of_enterprise(books, "xf") == ["xf"]


def test_a_quiet_project_reminds_the_unit_that_holds_it(books: dict[str, Any]) -> None:
    later = date(2021, 9, 1)

    def reminded() -> dict[str, list[str | None]]:
        with clock.at(later):
            listed = {
                code: quiet_projects.listing(books[code], "signed", policy.on(later)).lines for code in UNITS
            }
            [group] = reminders.groups(books["reviewer"], policy.on(later))
            [code] = [code for code, rows in listed.items() if rows]
            assert group.key == books[code].unit_id
            [mine] = reminders.groups(books[code], policy.on(later))
            assert mine.counts["signed"] == 1 and mine.name == (listed[code][0].person or "")
            return {code: [row.person for row in rows] for code, rows in listed.items() if rows}

    assert reminded() == {"gx": [None]}
    with clock.at(DAY):
        pass_on(books, "sy")
    assert reminded() == {"sy": [None]}, "who worked on the lead is of another unit"
    with clock.at(DAY):
        pass_on(books, "jd")
    assert reminded() == {"jd": ["staff"]}
