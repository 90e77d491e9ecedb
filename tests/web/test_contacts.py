"""Contacts on pages: masked for everybody, shown once by right and on record, in plain nowhere else."""

from __future__ import annotations

import json
import re
from pathlib import Path

from flask import Flask

from crm.db import count_statements, db, transaction
from crm.models import AuditEvent, Contact, Enterprise, Lead
from crm.services import units
from tests import build
from tests.web.conftest import Client
from tests.web.test_recorded import recorded

PHONE, MAIL = "13812345678", "wang.li@example.com"
PERSON = {"name": "王莉", "position": "总经理", "phone": PHONE, "mail": MAIL}


def enterprise(app: Flask) -> int:
    """The id of the enterprise of the small books."""
    with app.app_context():
        return db.session.query(Enterprise).one().id


def test_in_plain_nowhere_but_on_the_answer_that_shows_it(client: Client, filled: Flask) -> None:
    key = enterprise(filled)
    staff = client("staff")
    assert staff.post(f"/contacts/companies/{key}", data=PERSON).status_code == 303
    told = len(recorded(filled))
    for visitor in (staff, client("reviewer"), client("leader"), client("unit_head", "en")):
        page = visitor.get(f"/companies/{key}").text
        assert "王莉" in page and "138****5678" in page and "w****@example.com" in page
        assert PHONE not in page and MAIL not in page
    for path in (f"/companies/{key}", "/companies", "/contacts/1/edit", "/log", "/contacts/1/read"):
        for visitor in (staff, client("auditor"), client("reviewer")):
            assert PHONE not in visitor.get(path).text and "wang.li" not in visitor.get(path).text
    assert staff.get("/contacts/1/read").status_code in (404, 405), "no address alone shows it"
    assert PHONE not in staff.post("/companies/export", data={"format": "csv"}).text
    assert [action for action, _ in recorded(filled)[told:]] == ["company.exported"]
    shown = staff.post("/contacts/1/read")
    assert PHONE in shown.text and MAIL in shown.text and shown.headers["Cache-Control"] == "no-store"
    assert recorded(filled)[-1] == ("contact.read", "staff")
    assert client("reviewer").post("/contacts/1/read").status_code == 200
    assert client("leader").post("/contacts/1/read").status_code == 403
    with filled.app_context():
        details = json.dumps([event.detail for event in db.session.query(AuditEvent)])
        file = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
        db.session.rollback()
    assert PHONE not in details and "wang.li" not in details
    if file:
        parts = list(Path(file).parent.glob(Path(file).name + "*"))
        assert parts
        for part in parts:
            assert PHONE.encode() not in part.read_bytes() and b"wang.li" not in part.read_bytes()


def test_on_the_page_of_a_lead(client: Client, filled: Flask) -> None:
    with filled.app_context(), transaction():
        build.lead(units.unit_by_code("jd"), "XS2021001")
        build.lead(units.unit_by_code("gx"), "XS2021002")
    staff = client("staff")
    answer = staff.post("/contacts/leads/1", data=PERSON)
    assert answer.headers["Location"].endswith("/leads/XS2021001#contacts")
    assert staff.post("/contacts/leads/2", data=PERSON).status_code == 403
    with count_statements() as ran:
        page = staff.get("/leads/XS2021001").text
    assert ran.count <= 20 and "138****5678" in page and PHONE not in page
    assert 'action="/contacts/1/read"' in page
    assert 'action="/contacts/1/read"' not in client("leader").get("/leads/XS2021001").text
    # it goes with the lead to the next unit
    with filled.app_context(), transaction():
        lead = db.session.get_one(Lead, 1)
        lead.unit_id = units.unit_by_code("gx").id
    assert staff.post("/contacts/1/read").status_code == 403
    assert "王莉" not in staff.get("/leads/XS2021001").text


def test_changed_removed_and_by_whom(client: Client, filled: Flask) -> None:
    key = enterprise(filled)
    staff, reviewer = client("staff"), client("reviewer")
    assert reviewer.post(f"/contacts/companies/{key}", data=PERSON).status_code == 403
    wrong = staff.post(f"/contacts/companies/{key}", data={"name": "", "phone": "abc", "mail": "x"})
    assert wrong.status_code == 400 and wrong.text.count('class="field-error"') == 3
    staff.post(f"/contacts/companies/{key}", data=PERSON)
    page = staff.get("/contacts/1/edit").text
    assert "138****5678" in page and 'name="phone" value=""' in page
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    # nothing typed changes nothing of them
    answer = staff.post("/contacts/1/edit", data={"version": version, "name": "王莉莉", "position": "总经理"})
    assert answer.status_code == 303
    assert PHONE in staff.post("/contacts/1/read").text
    stale = staff.post("/contacts/1/edit", data={"version": version, "name": "别人"})
    assert stale.status_code == 409
    assert (
        staff.post("/contacts/1/edit", data={"version": "2", "name": "王莉莉", "drop_mail": "1"}).status_code
        == 303
    )
    assert MAIL not in staff.post("/contacts/1/read").text
    assert staff.post("/contacts/1/edit", data={"version": "3", "name": "x", "phone": "1"}).status_code == 400
    assert reviewer.post("/contacts/1/remove", data={"version": "3"}).status_code == 403
    assert staff.post("/contacts/1/remove", data={"version": "1"}).status_code == 409
    assert staff.post("/contacts/1/remove", data={"version": "3"}).status_code == 303
    with filled.app_context():
        contact = db.session.get_one(Contact, 1)
        assert contact.removed and contact.phone == contact.mail == ""
    assert staff.post("/contacts/1/read").status_code == 404
    for path in ("/contacts/leads/1", "/contacts/projects/1", "/contacts/companies/2147483647"):
        assert staff.post(path, data=PERSON).status_code == 404


def test_a_key_that_is_gone_is_one_sentence(client: Client, filled: Flask) -> None:
    key = enterprise(filled)
    staff = client("staff")
    staff.post(f"/contacts/companies/{key}", data=PERSON)
    Path(filled.config["CONTACT_KEY_FILE"]).unlink()
    for answer in (
        staff.post("/contacts/1/read"),
        staff.post(f"/contacts/companies/{key}", data=PERSON),
        staff.post("/contacts/1/edit", data={"version": "1", "name": "x", "phone": PHONE}),
    ):
        assert answer.status_code == 400 and "从备份找回密钥文件" in answer.text
    page = staff.get(f"/companies/{key}")
    assert page.status_code == 200 and "无法解密" in page.text
    assert staff.get("/contacts/1/edit").status_code == 200
    with filled.app_context(), transaction():
        assert db.session.query(Contact).count() == 1
