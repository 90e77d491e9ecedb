"""A change of a rule on its way through the pages: tried, proposed, confirmed, declined, withdrawn."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from crm import clock
from crm.db import count_statements, db
from crm.models import Proposal, ReadingTerm
from crm.services import readings, rebuilding
from tests.web.conftest import TODAY, Client
from tests.web.test_projects import HOSTILE

FORM = {
    "kind": "reading", "code": "R6", "choice": "site-street", "valid_from": "2021-06-01",
    "basis": "专班会议纪要", "reason": "按属地服务",
}  # fmt: skip


def rows(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        return [(one.subject, one.state) for one in db.session.query(Proposal).order_by(Proposal.id)]


def test_the_whole_way(client: Client, filled: Flask) -> None:
    reviewer, head = client("reviewer"), client("bureau_head")
    assert 'href="/proposals/new?kind=reading&amp;code=R6"' in reviewer.get("/rulebook").text
    assert "/proposals/new" not in head.get("/rulebook").text
    assert "从哪一天起" in reviewer.get("/proposals/new?kind=reading&code=R6").text
    tried = reviewer.post("/proposals", data={**FORM, "do": "preview"}).text
    assert "1个项目的归属会变" in tried and "商会总部楼" in tried and "专班会议纪要" in tried
    assert rows(filled) == []
    answer = reviewer.post("/proposals", data={**FORM, "do": "propose"})
    assert answer.headers["Location"] == "/proposals/1"
    own = reviewer.get("/proposals/1").text
    assert "撤回" in own and "确认修改" not in own
    page = head.get("/proposals/1").text
    assert "确认修改" in page and "1个项目的归属会变" in page and "专班会议纪要" in page
    assert "待裁定，建议属地街道" in page
    answer = head.post("/proposals/1/confirm")
    assert answer.headers["Location"] == "/proposals/1"
    done = head.get("/proposals/1").text
    assert "已确认" in done and "重新判定全部项目" in done and "确认修改" not in done
    assert "专班会议纪要" in client("staff").get("/rulebook").text
    with filled.app_context():
        assert db.session.query(ReadingTerm).filter_by(code="R6").count() == 2
    twice = head.post("/proposals/1/confirm", follow_redirects=True).text
    assert "已由bureau_head某确认" in twice
    late = reviewer.post("/proposals/1/withdraw", follow_redirects=True).text
    assert "已由bureau_head某确认" in late
    assert rows(filled) == [("R6", "confirmed")]
    log = client("auditor").get("/log").text
    assert "提出修改规则或设置" in log and "确认修改规则或设置" in log


def test_what_is_tried_is_what_happens(client: Client, filled: Flask) -> None:
    client("reviewer").post("/proposals", data={**FORM, "do": "propose"})
    client("bureau_head").post("/proposals/1/confirm")
    with filled.app_context(), clock.at(TODAY):
        part = rebuilding.rebuild(after=0, actor=None)
        db.session.commit()
    # where only a condition was met otherwise, the explanation changes and nobody's duty does
    moved = [(change.number, change.from_day) for change in part.changes if change.before != change.after]
    assert moved == [("P3", date(2021, 6, 1))]
    assert ">1个项目<" in client("staff").get("/rulebook").text
    assert "商会总部楼" in client("staff").get("/rulebook/rules/2-street-duty").text


def test_declined_and_withdrawn(client: Client, filled: Flask) -> None:
    reviewer, head = client("reviewer"), client("bureau_head")
    reviewer.post("/proposals", data=FORM)
    refused = head.post("/proposals/1/decline", data={"note": " "}, follow_redirects=True).text
    assert "请写明不同意的理由" in refused and rows(filled) == [("R6", "open")]
    assert (
        "依据不足" in head.post("/proposals/1/decline", data={"note": "依据不足"}, follow_redirects=True).text
    )
    reviewer.post("/proposals", data=FORM)
    assert "已撤回" in reviewer.post("/proposals/2/withdraw", follow_redirects=True).text
    assert rows(filled) == [("R6", "declined"), ("R6", "withdrawn")]
    listed = reviewer.get("/proposals?state=declined").text
    assert "/proposals/1" in listed and "/proposals/2" not in listed
    with filled.app_context():
        assert readings.readings(TODAY)["R6"] == "undetermined"


def test_errors_stand_beside_their_fields_and_what_was_filled_in_stays(client: Client, filled: Flask) -> None:
    answer = client("reviewer").post(
        "/proposals", data={**FORM, "choice": "", "valid_from": "2020-01-01", "basis": ""}
    )
    assert answer.status_code == 400
    for said in (
        'id="choice-error"',
        'id="valid_from-error"',
        'id="basis-error"',
        "按属地服务",
        "2020-01-01",
    ):
        assert said in answer.text, said
    client("reviewer").post("/proposals", data=FORM)
    again = client("reviewer").post("/proposals", data=FORM)
    assert again.status_code == 400 and "编号1" in again.text and rows(filled) == [("R6", "open")]


@pytest.mark.parametrize("query", ["kind=plate&office=jd", "kind=adjudicator", "kind=reading&code=R8"])
def test_the_other_forms(client: Client, query: str) -> None:
    assert client("reviewer").get(f"/proposals/new?{query}").status_code == 200
    assert client("reviewer", "en").get(f"/proposals/new?{query}").status_code == 200


def test_plates_and_adjudicator_by_the_pages(client: Client, filled: Flask) -> None:
    common = {"valid_from": "2021-06-01", "basis": "会议", "reason": "理由"}
    reviewer = client("reviewer")
    reviewer.post("/proposals", data={**common, "kind": "plate", "office": "jd", "place": "street:zoumaling", "included": "in"})  # fmt: skip
    reviewer.post("/proposals", data={**common, "kind": "adjudicator", "unit": "fgj"})
    reviewer.post("/proposals", data={**common, "kind": "reading", "code": "R8", "choice": "2020-06-30"})
    head = client("bureau_head", "en")
    assert "Plate of the Mechatronics Industry Office: Zoumaling Street" in head.get("/proposals").text
    for number in (1, 2, 3):
        assert "As set when it was proposed" in head.get(f"/proposals/{number}").text
        head.post(f"/proposals/{number}/confirm")
    assert [state for _, state in rows(filled)] == ["confirmed"] * 3
    page = client("staff").get("/rulebook").text
    assert "区发改局" in page and "从2020-06-30起归属" in page


def test_hostile_requests(client: Client, filled: Flask) -> None:
    reviewer, head = client("reviewer"), client("bureau_head")
    reviewer.post("/proposals", data=FORM)
    for value in HOSTILE:
        for name in FORM:
            answer = reviewer.post("/proposals", data={**FORM, "code": "R5", "choice": "out-of-plate", name: value, "do": "preview"})  # fmt: skip
            assert answer.status_code in (200, 400, 404), (name, value)
        for name in ("state", "before"):
            assert reviewer.get("/proposals", query_string={name: value}).status_code == 200
        assert reviewer.get("/proposals/new", query_string={"kind": value}).status_code == 404
        assert head.post("/proposals/1/decline", data={"note": value * 500}).status_code in (303, 400)
    for path in ("/proposals/0", "/proposals/99999999999999999999", "/proposals/x", "/proposals/7"):
        assert head.get(path).status_code == 404
        assert head.post(path + "/confirm").status_code == 404
    assert client("staff").get("/proposals").status_code == 403
    assert client("leader").get("/proposals/1").status_code == 200
    assert client("reviewer").post("/proposals/1/confirm").status_code == 403


def test_how_many_statements_it_takes(client: Client, filled: Flask) -> None:
    client("reviewer").post("/proposals", data=FORM)
    head = client("bureau_head")
    for path, most in (("/proposals", 12), ("/proposals/1", 40)):
        head.get(path)
        with count_statements() as ran:
            assert head.get(path).status_code == 200
        assert ran.count <= most, ran.statements
