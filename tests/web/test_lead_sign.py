"""Signing a lead on the pages: the form, the look before saving, two at once, and what the project's page says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from crm import clock
from crm.db import count_statements, db, transaction
from crm.models import Announcement, AuditEvent, Contact, Industry, Lead, LeadProgress, Project, Triage
from crm.periods import Month
from crm.services import attachments, credit, history, units
from crm.services.attachments import Upload
from crm.services.credit import Share
from crm.storage import storage
from tests import build, databases
from tests.conftest import BOTH
from tests.databases import Database
from tests.signing import YI
from tests.web.conftest import TODAY, Client
from tests.web.test_attachments import PDF

PATH = "/leads/XS2021001/sign"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
NAMED = re.compile(r'name="(\w+)" value="([^"]*)"')


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The small books, on PostgreSQL for one walk through: what the database decides is tested with the services."""
    if request.param == "sqlite":
        yield databases.copy(request.getfixturevalue("filled_sqlite"), tmp_path)
    else:
        template = request.getfixturevalue("filled_postgresql")
        with request.getfixturevalue("postgresql").fresh(template) as fresh:
            yield fresh


@pytest.fixture
def signable(filled: Flask) -> Flask:
    """A lead of 机电产业办 with progress, a contact and a split, and one of another office."""
    with filled.app_context(), clock.at(TODAY):
        stored = [storage().put(BytesIO(PDF + name), most=10**6) for name in (b"1", b"2")]
    with filled.app_context(), clock.at(TODAY), transaction():
        jd, lk = units.unit_by_code("jd"), units.unit_by_code("lk")
        lead = build.lead(
            jd,
            "XS2021001",
            name="江城冷链",
            is_company=False,
            investor="江城集团",
            industry_code="5931",
            intended_investment_fen=30 * YI,
            site_street_id=units.unit_by_code("zoumaling").id,
            place="临空大道旁",
            next_step="签约后对接",
        )
        db.session.add(
            LeadProgress(lead_id=lead.id, kind="visit", day=TODAY, outcome="谈妥用地", unit_id=jd.id)
        )
        db.session.add(Contact(lead_id=lead.id, name="李某", unit_id=jd.id))
        shares = [Share(jd.id, "recruiter", 6_000), Share(lk.id, "receiver", 4_000)]
        credit.share(lead, shares, valid_from=Month.of(TODAY), basis="会议纪要", actor=None)
        other = build.lead(lk, "XS2021002", name="别家的线索", investor="别家公司", industry_code="5931")
        for record, file, title in ((lead, stored[0], "意向书"), (other, stored[1], "机密附件")):
            upload = Upload(f"{title}.pdf", "application/pdf", file)
            attachments.add(record, [upload], title=title, actor=None)
    return filled


def sent(page: str) -> dict[str, str]:
    """What the form of a page, or its hidden fields, would send."""
    form = page[
        page.index('<form class="fact-form"')
        if '<form class="fact-form"' in page
        else page.index("data-once") :
    ]
    given = {name: unescape(value) for name, value in NAMED.findall(form[: form.index("</form>")])}
    for name, options in re.findall(r'<select\b[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected>', options)
        given[name] = unescape(chosen.group(1)) if chosen else ""
    return {name: value for name, value in given.items() if name not in ("step", "unsited")}


def post(visitor: FlaskClient, step: str, given: dict[str, str], **more: str) -> TestResponse:
    return visitor.post(PATH, data=given | more | {"step": step})


def counted(app: Flask) -> tuple[int, int, int]:
    with app.app_context():
        return tuple(db.session.query(model).count() for model in (Project, AuditEvent, Announcement))  # type: ignore[return-value]


@pytest.mark.parametrize("database", BOTH, indirect=True)
def test_from_the_form_to_the_new_project(client: Client, signable: Flask) -> None:
    visitor, before = client("staff"), counted(signable)
    with count_statements() as ran:
        page = visitor.get(PATH).text
    assert ran.count <= 20
    given = sent(page)
    assert (given["name"], given["investor"], given["total_investment_fen"]) == ("江城冷链", "江城集团", "30")
    assert given["site_street"] == "zoumaling" and given["number"] == "XM2021001"
    with signable.app_context(), transaction():
        mine, other = db.session.query(Lead).filter(Lead.number.like("XS2021%")).order_by(Lead.id)
        doubt = {"level": 4, "similarity": 72, "due_on": TODAY}
        db.session.add(Triage(lead_id=mine.id, other_id=other.id, **doubt))
        db.session.add(Industry(code="5931", name="低温仓储", level=4, section="G"))
    before = counted(signable)
    with count_statements() as ran:
        answer = post(visitor, "preview", given, signed_on="2021-06-03", attracted_by="lk", named_major="boe")
    assert answer.status_code == 200 and counted(signable) == before
    for text in (
        "还没有保存",
        "lane-picture",
        "quotation",
        "60%",
        "建成投产以后",
        "总投资达到30亿元",
        "确认签约",
        "5931 低温仓储",
        "和XS2021002，名称有些相近（名称相似72%）",
    ):
        assert text in answer.text, text
    assert 'href="/projects/XM2021001' not in answer.text
    confirmed = sent(answer.text)
    assert post(visitor, "back", confirmed).status_code == 200
    answer = post(visitor, "save", confirmed)
    assert answer.headers["Location"] == "/projects/XM2021001"
    with count_statements() as ran:
        page = visitor.get("/projects/XM2021001").text
    assert ran.count <= 20, "\n".join(one.split("FROM", 1)[-1][:90] for one in ran.statements)
    for text in (
        "已签约，成为项目",
        "来自线索",
        "江城冷链",
        "谈妥用地",
        "李某",
        "意向书",
        "临空大道旁",
        "由线索XS2021001签约而来",
    ):
        assert text in page, text
    with signable.app_context():
        project = db.session.query(Project).filter_by(number="XM2021001").one()
        # the unit is the lead's, and a mark is the bureau's, whatever is sent
        assert project.attracted_by_id == units.unit_by_code("jd").id and project.named_major is None
        assert [one.share for one in credit.shares_of(credit.split_on(project, Month.of(TODAY)))] == [
            6_000,
            4_000,
        ]
        actions = [
            event.action for event in db.session.query(AuditEvent).order_by(AuditEvent.id.desc()).limit(4)
        ]
        assert "lead.signed" in actions and "announcement.made" in actions
    assert post(visitor, "save", confirmed, number="XM2021009").status_code == 400
    page = visitor.get("/leads/XS2021001").text
    assert "从线索到投产" in page and "XM2021001" in page
    for path in ("edit", "withdraw"):
        answer = visitor.get(f"/leads/XS2021001/{path}")
        assert answer.status_code == 400 and "已经签约" in answer.text and "项目页" in answer.text
        assert visitor.post(f"/leads/XS2021001/{path}", data={"reason": "cost"}).status_code == 400


def test_another_unit_sees_whose_the_lead_was_and_no_more(client: Client, signable: Flask) -> None:
    visitor = client("staff")
    with signable.app_context(), transaction():
        lead = db.session.query(Lead).filter_by(number="XS2021002").one()
        lead.stage, lead.project_id = "signed", db.session.query(Project).filter_by(number="P2").one().id
        lead.place, lead.next_step = "机密地点", "机密步骤"
        db.session.add(Contact(lead_id=lead.id, name="赵某"))
        db.session.add(LeadProgress(lead_id=lead.id, kind="visit", day=TODAY, outcome="机密进展"))
    page = visitor.get("/projects/P2").text
    assert "来自线索" in page and "XS2021002" in page
    for text in ("别家的线索", "机密", "赵某"):
        assert text not in page, text
    page = client("reviewer").get("/projects/P2").text
    assert "机密附件" in page and "机密地点" in page and "赵某" in page and "机密进展" in page
    assert "来自线索" not in visitor.get("/projects/P1").text


def test_every_mistake_at_once_and_nothing_is_written(client: Client, signable: Flask) -> None:
    visitor, before = client("staff"), counted(signable)
    given = sent(visitor.get(PATH).text)
    page = post(
        visitor, "save", given, number="P1", name="", investor="", total_investment_fen="", site_street=""
    ).text
    for text in (
        "项目编号“P1”已存在",
        "项目名称是空的",
        "签约须写明投资企业",
        "签约须写明总投资",
        "请填写签约日期",
        "请选择选址街道",
    ):
        assert text in page, text
    given["signed_on"] = "2021-06-03"
    for name, value in (
        ("number", "N" * 5_000),
        ("number", "a\x00/b"),
        ("name", "长" * 5_000),
        ("investor", "长" * 5_000),
        ("total_investment_fen", "-1"),
        ("total_investment_fen", "9" * 40),
        ("total_investment_fen", "1e99"),
        ("signed_on", "2021-06-04"),
        ("signed_on", "2021-02-30"),
        ("signed_on", "2021-06-02"),
        ("industry_code", "\x00"),
        ("origin", "elsewhere"),
        ("origin", "relocation"),
        ("site_street", "jd"),
        ("site_area", "没有的片区"),
        ("served_by", "nobody"),
        ("credit_code", "９１"),
        ("reason", "长" * 5_000),
        ("unsited", "1"),
    ):
        answer = post(visitor, "save", given, **{name: value})
        assert answer.status_code == 400, (name, value)
    for data in ({}, {"step": "save"}, {"step": "x", "version": "9" * 30}):
        assert visitor.post(PATH, data=data).status_code == 400
    assert post(visitor, "save", given, version="99").status_code == 409
    assert counted(signable) == before


def test_what_changed_meanwhile_is_shown_and_the_form_kept(client: Client, signable: Flask) -> None:
    visitor = client("staff")
    given = sent(visitor.get(PATH).text) | {"signed_on": "2021-06-03", "name": "我的名字"}
    with signable.app_context(), clock.at(TODAY), transaction():
        lead = db.session.query(Lead).filter_by(number="XS2021001").one()
        lead.intended_investment_fen = 9 * YI
        history.record("lead.changed", lead, actor=lead.held_by)
    answer = post(visitor, "save", given)
    assert answer.status_code == 409
    assert "线索上现在是9亿元" in answer.text and "我的名字" in answer.text
    assert post(visitor, "save", sent(answer.text) | {"signed_on": "2021-06-03"}).status_code == 303


def test_only_the_unit_that_has_it(client: Client, signable: Flask) -> None:
    for role in ("reviewer", "bureau_head", "leader", "auditor"):
        assert client(role).get(PATH).status_code == 403, role
        assert client(role).post(PATH, data={"step": "save"}).status_code == 403, role
    visitor = client("staff")
    for path, status in (
        ("/leads/XS2021002/sign", 403),
        ("/leads/nope/sign", 404),
        ("/leads/%00/sign", 404),
    ):
        answer = visitor.get(path)
        assert answer.status_code == status and "别家" not in answer.text, path
        answer = visitor.post(path, data={"step": "save"})
        assert answer.status_code == status and "别家" not in answer.text, path


def test_announcements_are_listed_seen_and_on_the_front_page(client: Client, signable: Flask) -> None:
    bureau = client("reviewer")
    assert "还没有签约提醒" in bureau.get("/announcements").text
    visitor = client("staff")
    given = sent(visitor.get(PATH).text) | {"signed_on": "2021-06-03"}
    assert post(visitor, "save", given).status_code == 303
    with count_statements() as ran:
        page = bureau.get("/announcements").text
    assert ran.count <= 12 and "江城冷链" in page and "总投资达到30亿元" in page and "本区未定" in page
    assert "江城冷链" in bureau.get("/").text
    with count_statements() as ran:
        bureau.get("/")
    assert ran.count <= 20
    answer = bureau.post("/announcements/1/seen", follow_redirects=True)
    assert "已阅项目XM2021001的签约提醒" in answer.text
    answer = client("bureau_head").post("/announcements/1/seen", follow_redirects=True)
    assert "已由reviewer某阅过" in answer.text
    assert "没有未阅的签约提醒" in bureau.get("/").text
    assert bureau.post("/announcements/999/seen").status_code == 404
    for query in ("after=x", "before=0", "last=1", "after=99999999999999999999", "after=1&before=1"):
        assert bureau.get(f"/announcements?{query}").status_code == 200
    assert visitor.get("/announcements").status_code == 403
    assert visitor.post("/announcements/1/seen").status_code == 403
