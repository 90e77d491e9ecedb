"""The import page: what it shows of a sheet, and that nothing anybody uploads breaks it."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from werkzeug.test import TestResponse

from crm.db import count_statements, db, transaction
from crm.models import AuditEvent, Import, Project
from crm.services import imports
from crm.sheets.registry import COLUMNS
from crm.work.worker import run_pending
from tests.importing import EXAMPLE, line, sheet
from tests.web.conftest import Client


def upload(person: FlaskClient, content: bytes, name: str = "a.csv", **more: str) -> TestResponse:
    """Sends a file and, where it was taken, has it checked as a worker would; returns the page then."""
    sent = person.post("/imports", data={"file": (io.BytesIO(content), name), **more})
    if sent.status_code != 303:
        return sent
    work(person.application)
    page = person.get(sent.headers["Location"])
    assert "data-live" not in page.text
    return page


def work(app: Flask) -> None:
    """Does what was queued."""
    with app.app_context():
        assert run_pending() > 0


def latest(app: Flask) -> Import:
    """The last import."""
    with app.app_context():
        found = db.session.query(Import).order_by(Import.id.desc()).limit(1).one()
        db.session.expunge(found)
        return found


def test_upload_look_and_apply(client: Client, filled: Flask) -> None:
    person = client("reviewer")
    page = upload(person, EXAMPLE.read_bytes(), "登记表.csv")
    assert "登记表.csv" in page.text and "写入账中" in page.text and "A01" in page.text
    number = latest(filled).id
    assert person.post(f"/imports/{number}/apply").status_code == 303
    page = person.get(f"/imports/{number}")
    assert "已写入账中" in page.text and 'href="/projects/A01"' in page.text, "what was new is led to"
    with filled.app_context():
        assert db.session.query(Project).filter_by(number="A01").count() == 1
    again = upload(person, EXAMPLE.read_bytes())
    assert "表中54个项目与账中完全相同" in again.text
    changed = upload(person, EXAMPLE.read_bytes().replace("精密模具基地".encode(), "精密模具二期".encode()))
    assert re.search("<del>精密模具基地</del>.{,120}<ins>精密模具二期</ins>", changed.text)


def test_the_error_workbook_comes_back_corrected(client: Client, filled: Flask, tmp_path: Path) -> None:
    person = client("reviewer")
    lines = [line("N1"), line("N2", 选址街道="不存在街", 行业代码="0111"), line("N3")]
    page = upload(person, sheet(tmp_path / "a.csv", lines).read_bytes())
    assert "没有名为“不存在街”的街道" in page.text and "写入账中" not in page.text
    number = latest(filled).id
    assert person.post(f"/imports/{number}/apply").status_code == 400
    assert person.get(f"/imports/{number}/errors.xlsx").status_code == 405
    workbook = person.post(f"/imports/{number}/errors.xlsx")
    with filled.app_context():
        event = db.session.query(AuditEvent).order_by(AuditEvent.id.desc()).first()
        assert event is not None and (event.action, event.subject_id) == ("import.exported", number)
        assert event.actor is not None and event.actor.login == "reviewer"
    rows = CalamineWorkbook.from_filelike(io.BytesIO(workbook.data)).get_sheet_by_index(0).to_python()
    assert rows[0] == [*COLUMNS, "原因"]
    assert [row[-1] for row in rows[1:]] == ["", "选址街道：没有名为“不存在街”的街道", ""]
    assert rows[2][4] == "0111"
    corrected = workbook.data
    corrected = replaced(corrected, "不存在街", "慈惠街")
    page = upload(person, corrected, "a.xlsx")
    assert "写入账中" in page.text, page.text
    assert latest(filled).new_rows == 3


def replaced(workbook: bytes, old: str, new: str) -> bytes:
    """The workbook with one text in place of another, wherever it keeps its texts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(f">{old}<".encode(), f">{new}<".encode()))
    return out.getvalue()


def test_the_template_is_an_empty_registry_that_keeps_zeros(client: Client) -> None:
    answer = client("reviewer").get("/imports/template.xlsx")
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    assert workbook.sheet_names == ["登记表", "填写说明", "名称"]
    assert workbook.get_sheet_by_index(0).to_python() == [list(COLUMNS)]
    names = workbook.get_sheet_by_index(2).to_python()
    assert names[1][0] == "机电产业办"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as parts:
        first = parts.read("xl/worksheets/sheet1.xml").decode()
    assert (
        "dataValidation" in first
        and 'numFmtId="49"' in zipfile.ZipFile(io.BytesIO(answer.data)).read("xl/styles.xml").decode()
    )


def test_only_the_bureau_imports(client: Client) -> None:
    for role in ("staff", "unit_head", "leader", "administrator", "auditor"):
        assert client(role).get("/imports").status_code == 403
        assert client(role).post("/imports").status_code == 403


def far_cell(reference: str) -> bytes:
    """A workbook of two cells, one of them far away."""
    row = "".join(c for c in reference if c.isdigit())
    parts = {
        "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f'<row r="1"><c r="A1"><v>1</v></c></row><row r="{row}"><c r="{reference}"><v>1</v></c></row></sheetData></worksheet>',
    }  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty.csv"),
        (b"\x00\x01\x02" * 100, "a.xls"),
        (b"PK\x03\x04" + b"\0" * 50, "a.xlsx"),
        (far_cell("A1048576"), "far.xlsx"),
        (far_cell("XFD1048576"), "farther.xlsx"),
        (b"<html><script>alert(1)</script></html>", "<script>alert(1)</script>.csv"),
        (("项目编号," * 300).encode(), "wide.csv"),
        (EXAMPLE.read_bytes()[:-20] + b'"' + b"x" * 200_000, "huge-cell.csv"),
    ],
)
def test_whatever_is_uploaded_is_answered(client: Client, filled: Flask, content: bytes, name: str) -> None:
    page = upload(client("reviewer"), content, name)
    assert page.status_code in (200, 400), page.status_code
    assert "<script>alert" not in page.text
    assert latest(filled).status == "failed"
    assert "文件的问题" in page.text


def test_what_is_wrong_with_the_form_stands_beside_its_field(client: Client) -> None:
    person = client("reviewer")
    assert "请选择要导入的文件" in person.post("/imports", data={}).text
    for day in ("2031-01-01", "yesterday"):
        page = upload(person, EXAMPLE.read_bytes(), effective_from=day)
        assert page.status_code == 400 and 'id="effective_from-error"' in page.text
    assert person.get("/imports/999").status_code == 404
    assert person.post("/imports/999/apply").status_code == 404
    assert person.get("/imports/99999999999999999999").status_code == 404


def test_an_import_whose_process_died_can_be_started_again(client: Client, filled: Flask) -> None:
    person = client("reviewer")
    upload(person, EXAMPLE.read_bytes())
    number = latest(filled).id
    with filled.app_context(), transaction():
        import_ = imports.by_id(number)
        import_.status = "staging"
        import_.heartbeat_at -= 2 * imports.SILENT
    page = person.get(f"/imports/{number}")
    assert "核对中断了" in page.text and "重新核对" in page.text
    assert person.post(f"/imports/{number}/restart").status_code == 303
    work(filled)
    assert latest(filled).status == "checked" and latest(filled).attempt == 2
    assert person.post(f"/imports/{number}/abandon").headers["Location"] == "/imports"
    assert latest(filled).status == "abandoned"


def test_pages_take_few_statements(client: Client, filled: Flask) -> None:
    person = client("reviewer")
    upload(person, EXAMPLE.read_bytes())
    for path, most in (("/imports", 12), (f"/imports/{latest(filled).id}", 20)):
        with count_statements() as seen:
            assert person.get(path).status_code == 200
        assert seen.count <= most, seen.statements
