"""The list of a batch as PDF, and that it is written down."""

from __future__ import annotations

import pytest
from flask import Flask

from crm.db import db, transaction
from crm.models import AuditEvent, TransferBatch
from tests.web.conftest import TODAY, Client


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_batch_is_printed_and_written_down(client: Client, filled: Flask) -> None:
    with filled.app_context(), transaction():
        db.session.add(
            TransferBatch(kind="stock", title="一是", day=TODAY, basis="三 一是", due_on=TODAY, held_by_id=1, drawn_up_by_id=1)
        )  # fmt: skip
    visitor = client("reviewer")
    answer = visitor.post("/batches/1/print")
    assert answer.status_code == 200 and answer.data.startswith(b"%PDF-")
    assert answer.mimetype == "application/pdf"
    assert visitor.post("/batches/99/print").status_code == 404
    assert client("administrator").post("/batches/1/print").status_code == 403
    with filled.app_context():
        last = db.session.query(AuditEvent).order_by(AuditEvent.id.desc()).first()
        assert last is not None and last.action == "batch.printed" and len(last.detail["sha256"]) == 64
