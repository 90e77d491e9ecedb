"""The page of the settings, and one changed on its way through the pages."""

from __future__ import annotations

from datetime import date

from flask import Flask

from crm.db import count_statements, transaction
from crm.services import policy
from tests.web.conftest import Client

FORM = {
    "kind": "setting", "key": "protection_days", "value": "60", "valid_from": "2021-06-01", "basis": "专班纪要",
    "reason": "太长", "do": "propose",
}  # fmt: skip


def row(page: str, key: str) -> str:
    return page.split(f'<tr id="{key}"')[1].split("</tr>")[0]


def test_a_setting_from_default_to_set(client: Client, filled: Flask) -> None:
    reviewer, head, staff = client("reviewer"), client("bureau_head"), client("staff")
    page = staff.get("/settings").text
    assert "90天" in row(page, "protection_days") and "本区未定" in row(page, "protection_days")
    assert "江门2024" in row(page, "response_days") and "/proposals/new" not in page
    assert "/proposals/new?kind=setting&amp;key=protection_days" in reviewer.get("/settings").text
    form = reviewer.get("/proposals/new?kind=setting&key=protection_days").text
    assert "1至730之间的整数" in form and "先试算" not in form
    wrong = reviewer.post("/proposals", data={**FORM, "value": "千", "basis": ""})
    assert wrong.status_code == 400 and 'id="value-error"' in wrong.text and 'id="basis-error"' in wrong.text
    assert reviewer.post("/proposals", data={**FORM, "do": "preview"}).status_code == 200
    assert reviewer.post("/proposals", data=FORM).headers["Location"] == "/proposals/1"
    assert "修改待确认" in row(head.get("/settings").text, "protection_days")
    shown = head.get("/proposals/1").text
    assert "本区未定，按默认值90天" in shown and "60天" in shown and "重新判定" not in shown
    assert 'href="/settings#protection_days"' in shown
    head.post("/proposals/1/confirm")
    now = row(staff.get("/settings").text, "protection_days")
    assert "60天" in now and "本区未定" not in now and "专班纪要" in now
    assert "90天" in row(staff.get("/settings?on=2021-05-31").text, "protection_days")
    past = row(staff.get("/settings?known=2021-06-01").text, "protection_days")
    assert "90天" in past and "60天" not in past
    assert "Not set by the district" in client("leader", "en").get("/settings").text
    english = client("leader", "en").get("/settings").text
    assert "60 days" in english and ">1 day<" in row(english, "response_days")


def test_the_page_keeps_to_its_statements(client: Client, filled: Flask) -> None:
    with filled.app_context(), transaction():
        for value in range(60, 90):
            policy.set_value("protection_days", value, basis="会议", valid_from=date(2021, 6, 1), actor=None)
    visitor = client("reviewer")
    with count_statements() as statements:
        assert visitor.get("/settings").status_code == 200
    assert statements.count <= 8


def test_what_means_nothing_is_ignored_or_not_there(client: Client) -> None:
    reviewer = client("reviewer")
    assert "已忽略" in reviewer.get("/settings?on=x&known=9999").text
    for key in ("", "no", "%00", "a" * 3000):
        assert reviewer.get(f"/proposals/new?kind=setting&key={key}").status_code == 404
        assert reviewer.post("/proposals", data={**FORM, "key": key}).status_code in (400, 404)
