"""Attachments: added, looked at, renewed, removed and put back by those whose project it is, and by nobody else."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from crm.db import count_statements, db, transaction
from crm.models import Attachment, AttachmentVersion
from crm.services import attachments
from crm.storage import Storage
from tests.services.test_file_kinds import PNG, packed
from tests.web.conftest import Client

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def send(
    client: FlaskClient, *files: tuple[bytes, str], title: str = "", subject: str = "projects/1"
) -> TestResponse:
    """Uploads files to a record."""
    data: dict[str, Any] = {"file": [(BytesIO(content), name) for content, name in files], "title": title}
    return client.post(f"/attachments/{subject}", data=data)


def kept(app: Flask) -> list[str]:
    """The files of the storage."""
    return [name for name, _ in Storage(str(app.config["FILES"])).names()]


@pytest.fixture
def attached(client: Client) -> FlaskClient:
    """A client of the unit whose project P1 is, with one attachment there."""
    staff = client("staff")
    assert send(staff, (PDF, "..\\..\\投资 协议\x00.pdf"), title="投资协议").status_code == 303
    return staff


def test_a_file_is_attached_and_comes_back_as_it_was(attached: FlaskClient, filled: Flask) -> None:
    page = attached.get("/projects/P1").text
    assert "投资协议" in page and 'href="/attachments/1"' in page
    one = attached.get("/attachments/1").text
    assert "投资 协议 .pdf" in one and "SHA-256" in one and 'src="/attachments/1/versions/1/preview"' in one
    answer = attached.get("/attachments/1/versions/1")
    assert answer.data == PDF and answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    shown = attached.get("/attachments/1/versions/1/preview")
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    with filled.app_context():
        version = db.session.query(AttachmentVersion).one()
        assert version.stored_as in kept(filled) and "协议" not in version.stored_as
        assert Path(str(filled.config["FILES"])).is_relative_to(str(filled.config["INSTANCE"]))


def test_all_or_nothing_and_every_error(client: Client, filled: Flask) -> None:
    staff = client("staff")
    wrong = send(
        staff, (PDF, "好.pdf"), (b"MZ\x90\x00" + b"\x00" * 64, "坏.pdf"), (b"", "空.txt"), (PNG, "错.pdf")
    )
    assert wrong.status_code == 400
    for said in ("“坏.pdf”的内容不是可接受的类型", "文件是空的", "“错.pdf”的扩展名与内容不符"):
        assert said in wrong.text
    assert kept(filled) == []
    assert send(staff).status_code == 400
    filled.config["LARGEST_FILE"] = 100_000
    big = send(staff, (b"%PDF-1.4\n" + b"0" * 100_000, "大.pdf"))
    assert big.status_code == 400 and "的上限" in big.text
    assert send(staff, *[(PNG + bytes([n]), f"{n}.png") for n in range(21)]).status_code == 400
    assert kept(filled) == []
    several = send(staff, (PNG, "一.png"), (packed("xl/workbook.xml"), "二.xlsx"), title="不用")
    assert several.status_code == 303 and len(kept(filled)) == 2
    page = staff.get("/projects/P1").text
    assert "一.png" in page and "二.xlsx" in page and "不用" not in page


def test_the_same_content_is_not_kept_twice(attached: FlaskClient, filled: Flask) -> None:
    again = send(attached, (PDF, "再来.pdf"))
    assert again.status_code == 400 and "内容相同" in again.text
    twice = send(attached, (PNG, "一.png"), (PNG, "二.png"))
    assert twice.status_code == 400 and len(kept(filled)) == 1


def test_versions_stay(attached: FlaskClient, filled: Flask) -> None:
    newer = PDF + b"\n"
    data = {"file": (BytesIO(newer), "协议二稿.pdf"), "version": "1"}
    assert attached.post("/attachments/1/renew", data=data).status_code == 303
    assert attached.get("/attachments/1/versions/1").data == PDF
    assert attached.get("/attachments/1/versions/2").data == newer
    assert "不是最新的" in attached.get("/attachments/1?number=1").text
    stale = attached.post("/attachments/1/renew", data={"file": (BytesIO(PDF), "三.pdf"), "version": "1"})
    assert stale.status_code == 409 and len(kept(filled)) == 2
    same = attached.post("/attachments/1/renew", data={"file": (BytesIO(newer), "三.pdf"), "version": "2"})
    assert same.status_code == 400 and len(kept(filled)) == 2


def test_named_anew_removed_and_put_back(attached: FlaskClient, client: Client) -> None:
    assert attached.post("/attachments/1/rename", data={"title": "  ", "version": "1"}).status_code == 400
    assert attached.post("/attachments/1/rename", data={"title": "合同", "version": "1"}).status_code == 303
    assert attached.post("/attachments/1/remove", data={"version": "1"}).status_code == 409
    assert attached.post("/attachments/1/remove", data={"version": "2"}).status_code == 303
    panel = attached.get("/projects/P1").text.split('id="attachments"')[1].split("</section>")[0]
    assert "0个" in panel and "已移除1个" in panel
    assert "已移除" in attached.get("/attachments/1").text
    assert attached.post("/attachments/1/remove", data={"version": "3"}).status_code == 409
    assert attached.post("/attachments/1/restore", data={"version": "3"}).status_code == 303
    assert "合同" in attached.get("/projects/P1").text
    log = client("auditor").get("/log").text
    for action in ("添加附件", "附件改名", "移除附件", "恢复附件"):
        assert action in log


def test_only_those_whose_project_it_is(attached: FlaskClient, client: Client) -> None:
    for role, read, add in (
        ("reviewer", 200, 303), ("bureau_head", 200, 303), ("leader", 200, 403), ("working_group", 200, 403),
        ("administrator", 403, 403), ("auditor", 403, 403),
    ):  # fmt: skip
        visitor = client(role)
        assert visitor.get("/attachments/1").status_code == read, role
        assert visitor.get("/attachments/1/versions/1").status_code == read, role
        assert send(visitor, (PNG + role.encode(), "a.png")).status_code == add, role
    # P2 is another unit's: neither its files nor that there are any.
    reviewer = client("reviewer")
    assert send(reviewer, (PDF, "他人.pdf"), subject="projects/2").status_code == 303
    there = reviewer.get("/projects/P2").text.split('href="/attachments/')[1].split('"')[0]
    for path in (
        f"/attachments/{there}",
        f"/attachments/{there}/versions/1",
        f"/attachments/{there}/versions/1/preview",
    ):
        assert attached.get(path).status_code == 403
    assert send(attached, (PNG, "a.png"), subject="projects/2").status_code == 403
    for verb in ("remove", "restore", "rename"):
        assert (
            attached.post(f"/attachments/{there}/{verb}", data={"version": "1", "title": "x"}).status_code
            == 403
        )
    page = attached.get("/projects/P2").text
    assert "他人.pdf" not in page and 'id="attachments"' not in page
    assert client().get(f"/attachments/{there}/versions/1").status_code == 302


def test_hostile_addresses(attached: FlaskClient) -> None:
    for path in (
        "/attachments/0", "/attachments/99999", "/attachments/2147483648", "/attachments/-1", "/attachments/x",
        "/attachments/1/versions/0", "/attachments/1/versions/2", "/attachments/1?number=99", "/attachments/1?number=x",
        "/attachments/1/versions/1/..%2f..%2fsecret_key",
    ):  # fmt: skip
        assert attached.get(path).status_code in {200, 404}, path
    for subject in ("users/1", "projects/99", "x/1", "audit_events/1"):
        assert send(attached, (PNG, "a.png"), subject=subject).status_code == 404
    assert (
        attached.post(
            "/attachments/projects/1", data=b"--x\r\nbroken", content_type="multipart/form-data"
        ).status_code
        == 400
    )
    assert attached.post("/attachments/1/remove", data={"version": "9" * 50}).status_code == 409


def test_what_an_upload_that_was_cut_off_left_is_swept(attached: FlaskClient, filled: Flask) -> None:
    import os

    with filled.app_context():
        storage = Storage(str(filled.config["FILES"]))
        orphan, fresh = (storage.put(BytesIO(b"x"), most=10).name for _ in range(2))
        for name in kept(filled):
            if name != fresh:
                file = Path(str(filled.config["FILES"])) / name[:2] / name
                os.utime(file, (0, 0))
        with transaction():
            assert attachments.sweep(storage) == 1
        assert orphan not in kept(filled) and len(kept(filled)) == 2


def test_what_the_pages_cost(attached: FlaskClient) -> None:
    with count_statements() as counted:
        assert attached.get("/attachments/1").status_code == 200
    assert counted.count <= 12, counted.statements
    with count_statements() as counted:
        assert attached.get("/projects/P1").status_code == 200
    assert counted.count <= 20, counted.statements


def test_the_database_keeps_versions_as_they_were(attached: FlaskClient, filled: Flask) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    with filled.app_context():
        assert db.session.query(Attachment).count() == 1
        db.session.rollback()
        for statement in ("UPDATE attachment_versions SET sha256 = 'x'", "DELETE FROM attachment_versions"):
            with pytest.raises(DBAPIError), transaction():
                db.session.execute(text(statement))
