"""Every route that changes or reveals something is listed with what it records; none is forgotten."""

from __future__ import annotations

import ast
import gc
from pathlib import Path

import pytest
from flask import Flask

from crm.actions import ACTIONS
from crm.db import db
from crm.models import AuditEvent, User
from tests import build
from tests.web.conftest import Client

ROOT = Path(__file__).resolve().parents[2]

RECORDS = {
    "sign_in.check": ("user.signed_in", "user.sign_in_failed"),
    "sign_in.leave": ("user.signed_out",),
    "people.add": ("user.added",),
    "people.give_post": ("user.post_given",),
    "people.end_post": ("user.post_ended",),
    "people.reset": ("user.password_reset",),
    "people.lock": ("user.locked",),
    "people.unlock": ("user.unlocked",),
    "people.close": ("user.closed",),
    "people.reopen": ("user.reopened",),
    "account.change_password": ("user.password_set",),
    "account.choose_post": ("user.post_chosen",),
    "account.end_session": ("user.sessions_ended",),
    "account.end_other_sessions": ("user.sessions_ended",),
    "lead_sign.sign": ("project.registered", "lead.signed", "announcement.made"),
    "announcements.see": ("announcement.seen",),
    "projects.export": ("project.exported",),
    "project_new.register": ("project.registered",),
    "project_edit.change": ("project.facts_set",),
    "project_restore.restore": ("project.restored",),
    "leads.export": ("lead.exported",),
    "lead_new.log": ("lead.logged", "triage.opened"),
    "triage.decide": ("triage.decided", "lead.merged"),
    "lead_edit.change": ("lead.changed",),
    "lead_edit.hand_to": ("lead.passed_on",),
    "lead_edit.withdraw": ("lead.withdrawn",),
    "lead_progress.record": ("lead.progressed",),
    "lead_progress.correct": ("lead.progress_corrected",),
    "lead_progress.take_back": ("lead.progress_corrected",),
    "lead_clocks.renew": ("lead.renewed",),
    "lead_pool.claim": ("lead.claimed",),
    "batch_new.draw_up": ("batch.drawn_up",),
    "batches.take_out": ("batch.changed",),
    "batches.take_changed_out": ("batch.changed",),
    "batches.send": ("batch.sent",),
    "batches.sign": ("batch.signed",),
    "batches.ask_out": ("batch.returned",),
    "batches.send_back": ("batch.returned",),
    "batches.confirm": ("batch.confirmed",),
    "batches.withdraw": ("batch.withdrawn",),
    "reassignments.propose": ("reassignment.proposed",),
    "reassignments.withdraw": ("reassignment.withdrawn",),
    "reassignments.end": ("cooperation.ended",),
    "reassignment_answers.accept": ("reassignment.accepted",),
    "reassignment_answers.decline": ("reassignment.declined",),
    "credit.decide_lead": ("credit.shared",),
    "credit.decide_project": ("credit.shared",),
    "transfers.export": ("transfer.exported",),
    "transfers.print_pdf": ("transfer.printed",),
    "transfers.propose": ("transfer.proposed",),
    "transfer_steps.add_item": ("transfer.item_set",),
    "transfer_steps.set_item": ("transfer.item_set",),
    "transfer_steps.remove_item": ("transfer.item_removed",),
    "transfer_steps.finish_item": ("transfer.item_done",),
    "transfer_steps.take_up": ("transfer.taken_up",),
    "transfer_steps.send": ("transfer.filled",),
    "transfer_steps.send_back": ("transfer.returned",),
    "transfer_steps.sign": ("transfer.signed",),
    "transfer_steps.confirm": ("transfer.confirmed",),
    "transfer_steps.decline": ("transfer.declined",),
    "transfer_steps.withdraw": ("transfer.withdrawn",),
    "companies.export": ("company.exported",),
    "company_form.add": ("company.added",),
    "company_form.change": ("company.changed",),
    "contacts.add": ("contact.added",),
    "contacts.change": ("contact.changed",),
    "contacts.remove": ("contact.removed",),
    "contacts.read": ("contact.read",),
    "origins.choose": ("project.origin_set",),
    "attachments.add": ("attachment.added",),
    "attachments.renew": ("attachment.renewed",),
    "attachments.rename": ("attachment.renamed",),
    "attachments.remove": ("attachment.removed",),
    "attachments.restore": ("attachment.restored",),
    "imports.upload": ("import.started",),
    "imports.apply": ("import.applied",),
    "imports.restart": ("import.started",),
    "imports.abandon": ("import.abandoned",),
    "imports.error_workbook": ("import.exported",),
    "proposals.propose": ("proposal.made",),
    "proposals.confirm": ("proposal.confirmed",),
    "proposals.decline": ("proposal.declined",),
    "proposals.withdraw": ("proposal.withdrawn",),
    "jobs.cancel": ("job.cancelled",),
    "jobs.retry": ("job.queued_again",),
    "briefs.print_pdf": ("brief.printed",),
    "months.close": ("month.closed",),
    "carry_overs.export": ("transfer.exported",),
    "batch_papers.print_pdf": ("batch.printed",),
    "log_export.events": ("log.exported",),
    "log_export.access": ("log.exported",),
}
"""Endpoint → the actions of which it records one, in the transaction of what it does."""

RECORDS_NOTHING = {"preferences.choose"}
"""Language and appearance: kept in the person's own session, no change of the books."""

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def recorded(app: Flask) -> list[tuple[str, str | None]]:
    """Action and login of everything recorded since the books were filled, in order."""
    with app.app_context():
        rows = db.session.query(AuditEvent.action, User.login).outerjoin(User, User.id == AuditEvent.actor_id)
        return [(action, login) for action, login in rows.order_by(AuditEvent.id)]


def test_every_unsafe_route_says_what_it_records(app: Flask) -> None:
    found = {rule.endpoint for rule in app.url_map.iter_rules() if UNSAFE & (rule.methods or set())}
    assert found == {*RECORDS, *RECORDS_NOTHING}, (
        "list what each records in RECORDS, or say in RECORDS_NOTHING why it records nothing"
    )


def test_what_is_listed_is_in_the_closed_list_and_in_the_code() -> None:
    said: set[str] = set()
    for path in (ROOT / "crm").rglob("*.py"):
        if path != ROOT / "crm" / "actions.py":
            # collected in the middle of a parse, another test's leftovers make CPython 3.11 lose count of its depth
            gc.disable()
            tree = ast.parse(path.read_text(encoding="utf-8"))
            gc.enable()
            said |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}  # fmt: skip
    for endpoint, actions in RECORDS.items():
        assert actions, endpoint
        for action in actions:
            assert action in ACTIONS, f"{endpoint}: {action} is not in crm/actions.py"
            assert action in said, f"{endpoint}: nothing records {action}"


def test_signing_in_and_out(client: Client, filled: Flask) -> None:
    before = len(recorded(filled))
    visitor = client()
    visitor.post("/sign-in", data={"login": "staff", "password": "not the password"})
    visitor.post("/sign-in", data={"login": "nobody", "password": "not the password"})
    visitor.post("/sign-in", data={"login": "staff", "password": build.PASSWORD})
    visitor.post("/sign-out")
    assert recorded(filled)[before:] == [
        ("user.sign_in_failed", None),
        ("user.sign_in_failed", None),
        ("user.signed_in", "staff"),
        ("user.signed_out", "staff"),
    ]


@pytest.mark.parametrize(
    ("role", "path", "action"),
    [
        ("reviewer", "/briefs/2021-05", "brief.printed"),
        ("staff", "/projects/export", "project.exported"),
        ("auditor", "/log/export", "log.exported"),
        ("auditor", "/log/access/export", "log.exported"),
    ],
)
def test_exports_and_prints(client: Client, filled: Flask, role: str, path: str, action: str) -> None:
    before = len(recorded(filled))
    answer = client(role).post(path)
    assert answer.status_code == 200
    answer.close()
    assert recorded(filled)[before:] == [(action, role)]


def test_a_page_that_is_read_records_nothing(client: Client, filled: Flask) -> None:
    before = len(recorded(filled))
    for role, paths in (("reviewer", ("/", "/projects", "/projects/P1", "/imports")), ("auditor", ("/log",))):
        for path in paths:
            assert client(role).get(path).status_code == 200
    assert len(recorded(filled)) == before
