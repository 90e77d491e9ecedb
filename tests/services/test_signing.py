"""A lead becomes a project once: what goes along, what is asked for, and who is too late."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from crm import clock, create_app
from crm.db import db, transaction
from crm.errors import NotAllowed, Refusals, Refused, Stale
from crm.models import Enterprise, Lead, Project
from crm.periods import Month
from crm.seeds import foundation
from crm.services import history, months, signing, units
from crm.services.requirements import REQUIREMENTS, asked
from tests import databases
from tests.conftest import BOTH
from tests.databases import Database, PostgreSQL
from tests.signing import CODE, TODAY, YI, Office, events, fields, found, make, person, signed


def fill(database: Database, instance: Path) -> None:
    """Seeded books with the office in them."""
    app = create_app(database.settings(instance))
    with app.app_context():
        with clock.at(date(2020, 4, 28)):
            foundation.load()
        with clock.at(TODAY), transaction():
            make()
        db.engine.dispose()


@pytest.fixture(scope="module")
def filled_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with those books, to be copied."""
    folder = tmp_path_factory.mktemp("signing")
    fill(databases.copy(migrated_sqlite, folder), folder)
    return folder / "books.db"


@pytest.fixture(scope="module")
def filled_postgresql(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with those books, to be copied."""
    with postgresql.fresh() as fresh:
        fill(fresh, tmp_path_factory.mktemp("signing"))
        yield fresh.url.rpartition("/")[2].partition("?")[0]


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Those books, a copy for each test; on PostgreSQL where the database is what the test is about."""
    if request.param == "sqlite":
        yield databases.copy(request.getfixturevalue("filled_sqlite"), tmp_path)
    else:
        template = request.getfixturevalue("filled_postgresql")
        with request.getfixturevalue("postgresql").fresh(template) as fresh:
            yield fresh


on_both = pytest.mark.parametrize("database", BOTH, indirect=True)


@pytest.fixture
def office(session: Any) -> Iterator[Office]:
    """The office on 3 June 2021."""
    with clock.at(TODAY):
        yield found()


@on_both
def test_everything_goes_along(office: Office) -> None:
    project = office.sign(served_by="sy")
    lead = office.lead
    assert (lead.stage, lead.project_id, lead.signed_on) == ("signed", project.id, date(2021, 6, 1))
    assert (lead.response_due, lead.feedback_due, lead.report_due) == (None, None, None)
    assert (project.number, project.name, project.investor) == ("X1", "封装项目", "汉芯公司")
    assert project.enterprise_id == lead.enterprise_id and db.session.query(Enterprise).count() == 1
    assert project.enterprise is not None and project.enterprise.credit_code == CODE
    assert (project.industry_code, project.total_investment_fen) == ("3911", 5 * YI)
    assert (project.attracted_by_id, project.site_street_id) == (lead.unit_id, lead.site_street_id)
    assert project.decision_id is not None
    # who may read contacts and the next step follows the lead
    assert [contact.name for contact in lead.contacts] == ["李某"] and lead.next_step == "开工协调会"
    (registered,), (signed,) = events("project.registered"), events("lead.signed")
    assert registered.detail["lead"] == lead.number and signed.detail["project"] == "X1"
    assert signed.subject_type == "leads" and signed.subject_id == lead.id


def test_what_a_signing_needs_is_asked_for_at_once(office: Office) -> None:
    with pytest.raises(Refusals) as refused:
        office.sign(
            "",
            investor=None,
            total_investment_fen=None,
            signed_on=None,
            site_street=None,
            origin="relocation",
        )
    wanted = {"number", "investor", "total_investment_fen", "signed_on", "site_street", "from_street"}
    assert fields(refused.value) == wanted
    for field, said in (
        ("name", {"name": ""}),
        ("name", {"name": "长" * 501}),
        ("industry_code", {"industry_code": None}),
        ("industry_code", {"industry_code": "9999"}),
        ("origin", {"origin": None}),
        ("origin", {"origin": "elsewhere"}),
        ("credit_code", {"credit_code": "91420100MA4KNBC43M"}),
        ("total_investment_fen", {"total_investment_fen": 0}),
        ("total_investment_fen", {"total_investment_fen": 2**63}),
        ("signed_on", {"signed_on": TODAY + timedelta(days=1)}),
        ("site_street", {"unsited": True}),
        ("site_street", {"site_street": "jd"}),
        ("reason", {"signed_on": date(2021, 5, 2)}),
        ("reason", {"reason": "长" * 501}),
    ):
        with pytest.raises((Refused, Refusals)) as one:
            office.sign(**said)
        assert fields(one.value) == {field}, said
    with pytest.raises(Refused) as one:
        office.sign("new")
    assert one.value.field == "number"
    assert office.lead.stage == "registered" and db.session.query(Project).count() == 0
    assert asked("signed") == {"investor", "total_investment_fen", "signed_on"}
    assert len({one.sentence for one in REQUIREMENTS["signed"]}) == len(REQUIREMENTS["signed"])


def test_no_site_is_said_and_a_late_day_has_its_reason(office: Office) -> None:
    months.close(Month(2021, 5), actor=None)
    with pytest.raises(Refused) as refused:
        office.sign(signed_on=date(2021, 5, 20))
    assert refused.value.field == "reason"
    project = office.sign(signed_on=date(2021, 5, 20), reason="区里补报", site_street=None, unsited=True)
    assert project.signed_on == date(2021, 5, 20) and project.site_street_id is None
    assert events("lead.signed")[0].detail["reason"] == "区里补报"


def test_the_enterprise_of_the_lead_gets_the_code_that_the_signing_names(office: Office) -> None:
    enterprise = db.session.query(Enterprise).one()
    enterprise.credit_code, enterprise.name = None, "汉芯 公司"
    project = office.sign(investor="汉芯公司", credit_code=CODE)
    assert project.enterprise_id == enterprise.id and db.session.query(Enterprise).one().credit_code == CODE
    assert events("company.changed")[0].detail["after"] == {"credit_code": CODE}


def test_another_investor_is_another_enterprise(office: Office) -> None:
    project = office.sign(investor="江城芯片公司", credit_code=None)
    assert project.enterprise is not None and project.enterprise.name == "江城芯片公司"
    assert office.lead.enterprise is not None and office.lead.enterprise.name == "汉芯公司"


def test_only_whoever_has_an_open_lead_signs_it(office: Office) -> None:
    jd, sy = units.unit_by_code("jd"), units.unit_by_code("sy")
    others = [person(login) for login in ("unit_head", "reviewer", "bureau_head")]
    for actor in others:
        with pytest.raises(NotAllowed):
            office.sign(actor=actor)
    with pytest.raises(Stale):
        office.sign(seen=office.lead.version - 1)
    lead = office.lead
    lead.protected_until = TODAY - timedelta(days=1)
    with pytest.raises(Refused) as refused:
        office.sign()
    assert refused.value.message == signing.POOLED
    # another unit learns nothing new: it may not
    with pytest.raises(NotAllowed):
        office.sign(actor=others[0])
    lead.protected_until, lead.unit_id = TODAY, sy.id
    with pytest.raises(NotAllowed):
        office.sign()
    lead.unit_id = jd.id
    other = db.session.query(Lead).filter_by(number="XS2").one()
    for stage, more in (
        ("triage", {}),
        ("withdrawn", {"lost_reason": "cost"}),
        ("merged", {"merged_into_id": other.id, "lost_reason": None}),
    ):
        lead.stage = stage
        for name, value in more.items():
            setattr(lead, name, value)
        with pytest.raises(Refused) as refused:
            office.sign()
        assert refused.value.message == signing.NOT_OPEN[stage]
    lead.stage, lead.merged_into_id = "negotiating", None
    office.sign()
    with pytest.raises(Refused) as refused:
        office.sign("X2")
    assert refused.value.message == signing.NOT_OPEN["signed"]
    assert db.session.query(Project).count() == 1 and len(events("lead.signed")) == 1


@on_both
@pytest.mark.parametrize("meanwhile", ["signed", "withdrawn", "reassigned", "pooled", "same number"])
def test_of_two_at_once_the_second_waits_and_is_refused(app: Flask, meanwhile: str) -> None:
    seen = 1
    waiting, said = threading.Event(), []

    def other() -> None:
        try:
            with app.app_context(), clock.at(TODAY):
                waiting.set()
                with transaction():
                    signed(seen, "XS2021001", "X1" if meanwhile == "same number" else "X2")
        except (Refused, Refusals) as refused:
            said.append((type(refused), fields(refused)))

    thread = threading.Thread(target=other)
    with app.app_context(), clock.at(TODAY):
        with transaction():
            history.hold()
            lead = db.session.query(Lead).filter_by(number="XS2021001").one()
            if meanwhile == "signed":
                signed(seen, "XS2021001", "X1")
            elif meanwhile == "same number":
                signed(1, "XS2", "X1")
            elif meanwhile == "withdrawn":
                lead.stage, lead.lost_reason = "withdrawn", "cost"
            elif meanwhile == "reassigned":
                lead.unit_id = units.unit_by_code("sy").id
            else:
                lead.protected_until = TODAY - timedelta(days=1)
            db.session.flush()
            thread.start()
            waiting.wait()
            thread.join(0.3)
            assert thread.is_alive()
        thread.join(20)
        expected = {"reassigned": (NotAllowed, {None}), "same number": (Refused, {"number"})}
        assert said == [expected.get(meanwhile, (Refused, {None}))]
        db.session.expire_all()
        numbers = [number for (number,) in db.session.query(Project.number)]
        assert numbers == (["X1"] if meanwhile in ("signed", "same number") else [])
        assert len(events("lead.signed")) == len(numbers)
