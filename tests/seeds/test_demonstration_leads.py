"""The leads of the demonstration: every page about them has something to show, in states that the services make."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from stdnum.cn import uscc

from crm import clock, create_app, secrecy
from crm.db import db
from crm.models import (
    Announcement,
    AuditEvent,
    Contact,
    CreditSplit,
    Enterprise,
    Lead,
    LeadProgress,
    LeadUnit,
    Project,
    ProjectOrigin,
    Reassignment,
    Triage,
    Unit,
)
from crm.models.reassignments import WHOLE
from crm.seeds.demonstration import BUSINESS_DAY
from crm.services import lead_clocks, lead_progress
from crm.sheets.vocabulary import rows
from tests import databases

A_WEEK = timedelta(days=7)
PROTECTED = Lead.protected_until >= BUSINESS_DAY
LEADS = rows("demonstration/leads.csv")
PROJECTS = {line["项目编号"]: line for line in rows("demonstration/projects.csv")}


@pytest.fixture(scope="module")
def books(demonstration_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on a copy of the demonstration as a first start leaves it; tests here only read."""
    instance = shutil.copytree(
        demonstration_start / "instance", tmp_path_factory.mktemp("leads") / "instance"
    )
    app = create_app(databases.sqlite(instance / "demonstration.db").settings(instance))
    with app.app_context():
        yield app
        db.session.rollback()
        db.engine.dispose()


def every(*conditions: object) -> list[Lead]:
    """The leads that meet all of these."""
    return list(db.session.scalars(select(Lead).where(*conditions).order_by(Lead.id)))  # type: ignore[arg-type]


def test_no_name_number_or_address_can_be_anybodys() -> None:
    owners: dict[str, str] = {}
    for line in LEADS:
        assert re.search("示例|演示", line["name"]), line
        assert not line["investor"] or re.search("示例|演示", line["investor"])
        code = line["credit_code"]
        if code:
            assert uscc.is_valid(code) and code.startswith("91420112DEM0"), line
            assert owners.setdefault(code, line["name"]) == line["name"]
        if line["project"]:
            project = PROJECTS[line["project"]]
            assert (line["name"], code) == (project["投资企业"], project["统一社会信用代码"])
            assert project["签约日期"] >= line["on"], "nobody has to say why it was logged late"
    for line in rows("demonstration/lead_contacts.csv"):
        assert re.fullmatch(r"138 0000 00\d\d", line["phone"])
        assert "示例" in line["name"] and line["mail"] in (
            "",
            line["mail"].partition("@")[0] + "@example.com",
        )
    for line in rows("demonstration/companies.csv"):
        assert re.search("示例|演示", line["name"]) and uscc.is_valid(line["credit_code"])


def test_there_are_leads_of_every_office_stage_source_and_month(books: Flask) -> None:
    found = every()
    assert 60 <= len(found) <= 80 and all(lead.invented for lead in found)
    stages = Counter(lead.stage for lead in found)
    assert set(stages) == {"triage", "registered", "negotiating", "signed", "withdrawn", "merged"}
    kinds = {unit.id: unit.kind for unit in db.session.scalars(select(Unit))}
    having = Counter(kinds[unit] for unit in {lead.unit_id for lead in found})
    assert having["office"] == 6 and having["street"] >= 4
    assert len({lead.source for lead in found}) >= 8
    assert len({lead.lost_reason for lead in found if lead.stage == "withdrawn"}) >= 8
    first = date(2020, 6, 1)
    assert all(first <= lead.logged_on < BUSINESS_DAY for lead in found)
    months = {(lead.logged_on.year, lead.logged_on.month) for lead in found}
    assert len(months) == 13, "from June to June"


WANTED = {
    "response overdue": (Lead.is_open, PROTECTED, Lead.response_due < BUSINESS_DAY),
    "feedback overdue": (Lead.is_open, PROTECTED, Lead.feedback_due < BUSINESS_DAY),
    "report overdue": (Lead.is_open, PROTECTED, Lead.report_due < BUSINESS_DAY),
    "no next step": (Lead.is_open, PROTECTED, Lead.next_step == ""),
    "next step overdue": (Lead.is_open, PROTECTED, Lead.next_step_on < BUSINESS_DAY),
    "protection ends within a week": (
        Lead.is_open,
        Lead.protected_until.between(BUSINESS_DAY, BUSINESS_DAY + A_WEEK),
    ),
    "renewed": (Lead.is_open, Lead.renewed_at.is_not(None)),
    "in the common pool": (Lead.is_open, ~PROTECTED, Lead.pool_since.is_not(None)),
    "claimed": (Lead.is_open, Lead.claimed, Lead.unit_id != Lead.first_contact_unit_id),
    "a working title": (~Lead.is_company,),
    "no industry": (Lead.industry_code.is_(None),),
    "in an area": (Lead.site_area_id.is_not(None),),
    "told apart": (Lead.is_open, Lead.cleared),
    "merged": (Lead.stage == "merged", Lead.merged_into_id.is_not(None)),
    "offered and passed on": (
        Lead.is_open,
        ~Lead.claimed,
        Lead.unit_id != Lead.first_contact_unit_id,
        Lead.id.in_(select(Reassignment.lead_id).where(Reassignment.state == "accepted")),
    ),
    "joint work": (Lead.is_open, Lead.id.in_(select(LeadUnit.lead_id).where(LeadUnit.until.is_(None)))),
    "with contacts": (Lead.is_open, Lead.id.in_(select(Contact.lead_id))),
}


@pytest.mark.parametrize("what", WANTED)
def test_every_page_of_leads_has_something_to_show(books: Flask, what: str) -> None:
    assert every(*WANTED[what])


def test_the_bureau_has_triage_to_do_and_has_done_some(books: Flask) -> None:
    found = list(db.session.scalars(select(Triage)))
    waiting = [one for one in found if one.state == "open"]
    assert any(one.level == 3 and one.due_on < BUSINESS_DAY for one in waiting), "overdue"
    assert any(one.level == 3 and one.due_on >= BUSINESS_DAY for one in waiting)
    assert any(one.level == 4 and one.lead.is_open for one in waiting)
    assert {one.state for one in found} == {"open", "same", "new", "ignored"}
    for one in waiting:
        assert one.due_on - one.opened_on == timedelta(days=3)
        assert (one.lead.stage == "triage") == (one.level <= 3)
        assert one.other.stage in ("registered", "negotiating")


def test_units_have_offers_to_answer_and_have_answered(books: Flask) -> None:
    found = list(db.session.scalars(select(Reassignment)))
    states = Counter((one.kind, one.state) for one in found)
    assert states["reassignment", "open"] and states["reassignment", "declined"]
    assert states["reassignment", "accepted"] and states["cooperation", "accepted"]
    waiting = [one for one in found if one.state == "open"]
    assert {one.answer_due < BUSINESS_DAY for one in waiting} == {True, False}
    for one in waiting:
        assert one.lead.is_open and one.lead.unit_id == one.from_unit_id
        assert one.lead.protected_until >= BUSINESS_DAY


def test_credit_is_shared_and_whole(books: Flask) -> None:
    found = list(db.session.scalars(select(CreditSplit)))
    assert sum(1 for one in found if one.lead_id) >= 2 and sum(1 for one in found if one.project_id) >= 2
    assert {share.role for one in found for share in one.shares} == {"recruiter", "receiver", "referrer"}
    for one in found:
        assert sum(share.share for share in one.shares) == WHOLE


def test_those_signed_are_projects_of_the_demonstration(books: Flask) -> None:
    signed = every(Lead.stage == "signed")
    assert len(signed) >= 6
    events = set(db.session.scalars(select(AuditEvent.subject_id).where(AuditEvent.action == "lead.signed")))
    assert events == {lead.id for lead in signed}
    for lead in signed:
        project = lead.project
        assert project is not None and project.number in PROJECTS
        assert (lead.unit_id, lead.enterprise_id) == (project.attracted_by_id, project.enterprise_id)
        assert lead.signed_on == project.signed_on and lead.signed_on is not None
        assert lead.logged_on <= lead.signed_on
    told = list(db.session.scalars(select(Announcement).where(Announcement.kind == "mark")))
    assert [one.project.total_investment_fen for one in told] == [32 * 10**10]
    assert all(one.seen_at is None for one in told)


def test_a_company_has_a_parent_three_projects_and_their_origins(books: Flask) -> None:
    company = db.session.scalars(
        select(Enterprise).where(Enterprise.name == "湖北演示传动机械有限公司")
    ).one()
    assert company.parent is not None and company.specialised
    projects = list(db.session.scalars(select(Project).where(Project.enterprise_id == company.id)))
    assert len(projects) == 3
    origins = list(db.session.scalars(select(ProjectOrigin)))
    ours = {one.kind for one in origins if one.project in projects and one.origin in projects}
    assert ours == {"capital_increase", "expansion"}
    flags = ("fortune_500", "headquarters", "listed", "specialised")
    for flag in flags:
        assert db.session.scalar(select(func.count()).where(getattr(Enterprise, flag)))


def test_clocks_are_as_their_rows_say(books: Flask) -> None:
    settings = lead_clocks.Settings()
    with clock.at(BUSINESS_DAY):
        for lead in every(Lead.is_open):
            known = lead_clocks.derived(lead, lead_progress.standing_rows(lead), settings)
            running = lead.pool_since is None
            assert lead.protected_until == known.protected_until, lead.number
            assert (lead.stage, lead.last_progress_on) == (known.stage, known.last_progress_on), lead.number
            if known.next_step_on is not None:
                assert (lead.next_step, lead.next_step_on) == (known.next_step, known.next_step_on), (
                    lead.number
                )
            for due in ("response_due", "feedback_due", "report_due"):
                assert getattr(lead, due) == (getattr(known, due) if running else None), (lead.number, due)
            assert (lead.pool_since is not None) == (lead.protected_until < BUSINESS_DAY)
        for lead in every(~Lead.is_open):
            assert (lead.response_due, lead.feedback_due, lead.report_due) == (None, None, None)


def test_everything_was_done_by_its_own_people_on_working_days(books: Flask) -> None:
    for row in db.session.scalars(select(LeadProgress)):
        assert row.day.weekday() < 5, row.day
        assert clock.shanghai(row.recorded_at).date() == row.day < BUSINESS_DAY
        assert row.next_step_on is None or row.next_step_on > row.day
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.business_day < BUSINESS_DAY))
    instants = [event.at for event in events if event.action != "books.opened"]
    assert instants == sorted(instants), "the log is in the order in which things were done"
    for event in db.session.scalars(select(AuditEvent).where(AuditEvent.action == "lead.expired")):
        lead = db.session.get_one(Lead, event.subject_id)
        assert event.detail["pool_since"] == event.business_day.isoformat(), lead.number


def test_contacts_can_be_read_with_the_key_of_the_instance(books: Flask) -> None:
    contact = db.session.scalars(select(Contact).limit(1)).one()
    assert "138" not in contact.phone
    assert secrecy.reveal(contact.phone).startswith("138 0000 00")
