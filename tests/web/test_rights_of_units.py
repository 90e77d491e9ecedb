"""One's own unit's records and another's, on every route that carries one; and what is told by the side doors."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from crm import clock
from crm.db import db, transaction
from crm.grants import GRANTED, OWN, OWN_ONLY
from crm.models import ROLES, AuditEvent, Import, Lead, Project, Reassignment, User
from crm.permissions import needed
from crm.services import attachments, contacts, jobs, people, proposals, readings, units
from crm.services.attachments import Upload
from crm.storage import storage
from tests import build
from tests.databases import Database
from tests.web.conftest import TODAY, Client
from tests.web.test_attachments import PDF
from tests.web.test_rights import routes

TITLES = ("自家的协议", "别家的承诺函")
"""The titles of an attachment of one's own unit's project P1 and of one of another unit's project P2."""

RECORDS: dict[str, dict[str, tuple[Any, Any]]] = {
    "projects": {"number": ("P1", "P2")},
    "project_edit": {"number": ("P1", "P2")},
    "project_restore": {"number": ("P1", "P2"), "event": (1, 2)},
    "lead_edit": {"number": ("XS1", "XS2")},
    "lead_sign": {"number": ("XS1", "XS2")},
    "lead_progress": {"number": ("XS1", "XS2"), "row": (1, 2)},
    "lead_clocks": {"number": ("XS1", "XS2")},
    "reassignments": {"number": ("XS1", "XS2"), "offer": (1, 3)},
    "reassignment_answers": {"offer": (2, 3)},
    "contacts": {"key": (1, 2), "kind": ("leads", "leads")},
    "origins": {"number": ("P1", "P2")},
    "attachments": {"key": (1, 2), "number": (1, 1), "kind": ("projects", "projects")},
}
"""Blueprint → argument of its addresses → an example of one's own unit's record and one of another unit's."""

NAMES = ("芯片封装", "食品厂", "商会总部", "未选址项目", "汉芯公司", *TITLES)
"""What names a project, its investor or its files."""

SEARCHES = (
    "q=芯片",
    "q=P1&subject=projects&number=1&path=P1&code=C",
    "known=2021-06-03&on=2021-01-01",
)


@pytest.fixture
def office(filled: Flask) -> Flask:
    """Besides the small books: files of both projects, an edit of each, an import, jobs and a proposal."""
    with filled.app_context(), clock.at(TODAY):
        uploads = [
            Upload(
                f"{title}.pdf", "application/pdf", storage().put(BytesIO(PDF + title.encode()), most=10**6)
            )
            for title in TITLES
        ]
        with transaction():
            reviewer = people.user_by_login("reviewer")
            assert reviewer is not None
            for number, title, upload in zip(("P1", "P2"), TITLES, uploads, strict=True):
                project = db.session.query(Project).filter_by(number=number).one()
                attachments.add(project, [upload], title=title, actor=reviewer)
                jobs.enqueue("search.index", key=f"芯片封装 {number}", payload={"q": "食品厂"}, actor=reviewer, subject=project)  # fmt: skip
            failed = jobs.enqueue("import.check", actor=reviewer, payload={"name": "芯片封装"})
            jobs.fail(failed, "没有编号为%(number)s的任务", {"number": "P1"})
            for code, number in (("jd", "XS1"), ("sy", "XS2")):
                unit = units.unit_by_code(code)
                lead = build.lead(unit, number, logged_on=TODAY, next_step=TITLES[code == "sy"])
                contacts.add(lead, TITLES[code == "sy"], "", "13800000000", "", None)
            sheet = Import(
                file_name="芯片封装项目.xlsx", sha256="0" * 64, effective_from=TODAY, status="checked", actor_id=reviewer.id
            )  # fmt: skip
            db.session.add(sheet)
            change = {"code": "R6", "choice": "site-street"}
            if readings.readings(TODAY)["R6"] == "site-street":
                change["choice"] = "undetermined"
            wanted = proposals.draft(
                "reading", change, valid_from=TODAY, reason="芯片封装项目", basis="汉芯公司"
            )
            proposals.propose(wanted, actor=reviewer)
            offer_leads(reviewer)
    return filled


def offer_leads(actor: User) -> None:
    """An offer of one's own unit, one that it is asked to answer, and one of others, numbered from 1."""
    jd, gx, sy = (units.unit_by_code(code) for code in ("jd", "gx", "sy"))
    build.lead(gx, "XS3")
    for number, unit, to in (("XS1", jd, gx), ("XS3", gx, jd), ("XS2", sy, gx)):
        made = Reassignment(
            lead_id=db.session.query(Lead.id).filter_by(number=number).scalar(), kind="reassignment",
            from_unit_id=unit.id, to_unit_id=to.id, reason="理由", answer_due=TODAY, proposed_by_id=actor.id,
            held_by_id=actor.id,
        )  # fmt: skip
        db.session.add(made)
        db.session.flush()


def addresses(app: Flask) -> Iterator[tuple[str, str, list[str]]]:
    """Endpoint and method of every route that carries a record of some unit, with its address for each example."""
    for rule in app.url_map.iter_rules():
        if not rule.arguments or needed(app, rule.endpoint) not in OWN:
            continue
        examples = RECORDS.get(rule.endpoint.partition(".")[0], {})
        missing = rule.arguments - set(examples)
        assert not missing, f"{rule}: add an own and another unit's example of {missing} to RECORDS"
        with app.test_request_context():
            made = [
                app.url_for(rule.endpoint, **{name: examples[name][which] for name in rule.arguments})
                for which in (0, 1)
            ]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, made


def numbered(app: Flask) -> None:
    """Puts the numbers of the events that entered the two projects into the examples."""
    with app.app_context():
        entered = {
            event.subject_id: event.id
            for event in db.session.query(AuditEvent).filter_by(action="project.registered")
        }
        ids = dict(db.session.query(Project.number, Project.id).all())
    RECORDS["project_restore"]["event"] = (entered[ids["P1"]], entered[ids["P2"]])


def test_own_and_another_units_records(client: Client, office: Flask, database: Database) -> None:
    numbered(office)
    wrong = []
    roles = [role for role in ROLES if GRANTED[role] & OWN] if database.kind == "sqlite" else ["staff"]
    for role in roles:
        visitor = client(role)
        for endpoint, method, (mine, theirs) in addresses(office):
            permission = needed(office, endpoint)
            limited = permission in OWN_ONLY.get(role, ())
            for path, closed in ((mine, False), (theirs, limited)):
                answer = visitor.open(path, method=method)
                granted = permission in GRANTED[role]
                right = (answer.status_code == 403) == (closed or not granted) and answer.status_code < 500
                if closed and TITLES[1] in answer.text:
                    right = False
                if not right:
                    wrong.append(f"{role} {method} {path}: {answer.status_code}")
    assert not wrong, wrong


def test_another_units_files_are_told_nowhere(client: Client, office: Flask) -> None:
    for role in OWN_ONLY:
        visitor = client(role)
        assert TITLES[0] in visitor.get("/projects/P1").text
        for path, answer in walked(visitor, office, {"P1": "P2"}):
            assert TITLES[1] not in told(answer), f"{role}: {path}"
    assert TITLES[1] in client("reviewer").get("/projects/P2").text


@pytest.mark.parametrize("role", [None, *(role for role in ROLES if "project:read" not in GRANTED[role])])
def test_who_may_not_read_projects_is_told_of_none(client: Client, office: Flask, role: str | None) -> None:
    visitor = client(role)
    for path, answer in walked(visitor, office):
        found = [name for name in NAMES if name in told(answer)]
        assert not found, f"{role}: {path} ({answer.status_code}) names {found}"
        assert 'href="/projects' not in told(answer), f"{role}: {path} leads to projects"
        answer.close()


def walked(
    visitor: FlaskClient, app: Flask, instead: dict[str, str] | None = None
) -> Iterator[tuple[str, TestResponse]]:
    """The answers of every route, of pages also to questions that narrow them; forms are sent empty."""
    for endpoint, method, path in routes(app):
        if endpoint in {"sign_in.check", "sign_in.leave"} or endpoint.startswith("account."):
            continue
        for one, other in (instead or {}).items():
            path = path.replace(f"/{one}", f"/{other}")
        yield path, visitor.open(path, method=method)
        for question in SEARCHES if method == "GET" and "/" not in path[1:] else ():
            yield f"{path}?{question}", visitor.get(f"{path}?{question}")


def told(answer: TestResponse) -> str:
    """The text of an answer, out of the parts of a workbook as well; what was asked for is left out."""
    try:
        with ZipFile(BytesIO(answer.data)) as packed:
            return "\n".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    except BadZipFile:
        return answer.data.decode("utf-8", "replace")
