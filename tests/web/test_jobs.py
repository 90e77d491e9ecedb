"""The page of jobs, and the import page while its sheet waits or is being checked."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from crm import clock
from crm.db import count_statements, db, transaction
from crm.models import Import, Job
from crm.services import jobs, people
from crm.work.worker import run_pending
from tests.importing import EXAMPLE
from tests.web.conftest import Client


def queued(app: Flask, login: str, count: int = 1, **values: Any) -> list[int]:
    """Jobs that somebody asked for, some of their columns set; their numbers."""
    with app.app_context(), transaction() as session:
        actor = people.user_by_login(login)
        made = [jobs.enqueue("attribution.rebuild", actor=actor).id for _ in range(count)]
        if values:
            session.execute(update(Job).where(Job.id.in_(made)).values(values))
    return made


def state_of(app: Flask, number: int) -> str:
    """The state a job is in."""
    with app.app_context():
        return jobs.by_id(number).state


def test_everybody_sees_their_own_and_the_administrator_all(client: Client, filled: Flask) -> None:
    mine, other = queued(filled, "reviewer")[0], queued(filled, "bureau_head")[0]
    page = client("reviewer").get("/jobs").text
    assert f"/jobs/{mine}/cancel" in page and f"/jobs/{other}/cancel" not in page
    page = client("administrator").get("/jobs").text
    assert f"/jobs/{mine}/cancel" in page and f"/jobs/{other}/cancel" in page and "bureau_head某" in page
    for verb in ("cancel", "retry"):
        assert client("reviewer").post(f"/jobs/{other}/{verb}").status_code == 404
    assert state_of(filled, other) == "queued"
    assert client("auditor").get("/jobs").status_code == 403


def test_cancelled_and_tried_again(client: Client, filled: Flask) -> None:
    person = client("reviewer")
    number = queued(filled, "reviewer")[0]
    assert person.post(f"/jobs/{number}/retry").status_code == 400
    assert person.post(f"/jobs/{number}/cancel").status_code == 303
    assert state_of(filled, number) == "cancelled"
    assert person.post(f"/jobs/{number}/cancel").status_code == 400, "twice"
    assert person.post(f"/jobs/{number}/retry").status_code == 303
    with filled.app_context():
        run_pending()
    page = person.get("/jobs").text
    assert "已完成" in page and "4个项目，0处变化" in page
    assert person.post(f"/jobs/{number}/retry").status_code == 400


def test_how_far_it_is_and_why_it_failed(client: Client, filled: Flask) -> None:
    now = clock.real_now()
    running = {"state": "running", "worker": "a", "attempts": 1, "due_at": now + timedelta(minutes=5)}
    queued(filled, "reviewer", **running, started_at=now - timedelta(seconds=60), done=25, total=100)
    why = {"error": "程序出错（%(error)s），详情见服务器日志", "error_values": {"error": "KeyError"}}
    queued(filled, "reviewer", state="failed", finished_at=now, attempts=5, **why)
    page = client("reviewer").get("/jobs").text
    assert '<progress class="job-bar" max="100" value="25"' in page
    assert "25 / 约100" in page and "约还需3分钟" in page
    assert "程序出错（KeyError）" in page and "5 / 5" in page
    assert "后台没有在运行" in page
    with filled.app_context(), transaction():
        jobs.see("a")
    page = client("reviewer", "en").get("/jobs").text
    assert "No worker" not in page and "25 of about 100" in page and "about 3 min left" in page


def test_pages_by_key_filters_and_hostile_addresses(client: Client, filled: Flask) -> None:
    numbers = queued(filled, "reviewer", 60)
    person = client("reviewer")
    with count_statements() as seen:
        first = person.get("/jobs").text
    assert seen.count <= 12, seen.statements
    assert f"/jobs/{numbers[-1]}/" in first and f"/jobs/{numbers[0]}/" not in first
    second = person.get(f"/jobs?after={numbers[10]}").text
    assert f"/jobs/{numbers[0]}/" in second and f"/jobs/{numbers[10]}/" not in second
    assert f"/jobs/{numbers[0]}/" in person.get("/jobs?last=1").text
    assert "没有符合条件的任务" in person.get("/jobs?state=failed").text
    for hostile in (
        "state=%00",
        "kind=drop",
        "after=-1",
        "before=99999999999999999999",
        "state='--",
        "last=x",
    ):
        answer = person.get(f"/jobs?{hostile}")
        assert answer.status_code == 200, hostile
    assert "已忽略" in person.get("/jobs?state=nothing").text
    assert person.post("/jobs/99999999999999999999/cancel").status_code == 404
    assert "没有后台任务" in client("leader").get("/jobs").text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_upload_waits_for_its_turn_and_says_so(client: Client, filled: Flask, language: str) -> None:
    person = client("reviewer", language)
    queued(filled, "bureau_head", 2)
    sent = person.post("/imports", data={"file": (io.BytesIO(EXAMPLE.read_bytes()), "a.csv")})
    path = sent.headers["Location"]
    with filled.app_context(), transaction():
        # waiting for long is no sign of a process that died: none has begun
        db.session.query(Import).one().heartbeat_at -= timedelta(hours=1)
    with count_statements() as seen:
        page = person.get(path).text
    assert seen.count <= 20
    assert ("后台没有在运行" if language == "zh" else "No worker is running") in page
    assert ("前面还有2项任务" if language == "zh" else "Jobs ahead of this one: 2") in page
    assert "restart" not in page
    listed = person.get("/imports").text
    assert ("核对中" if language == "zh" else "Being checked") in listed
    with filled.app_context():
        assert run_pending() == 3
    assert "data-live" not in person.get(path).text


def test_a_cancelled_check_leaves_an_import_that_can_be_checked_again(client: Client, filled: Flask) -> None:
    person = client("reviewer")
    path = person.post("/imports", data={"file": (io.BytesIO(EXAMPLE.read_bytes()), "a.csv")}).headers[
        "Location"
    ]
    with filled.app_context():
        number = db.session.query(Job.id).filter_by(kind="import.check").scalar()
    assert person.post(f"/jobs/{number}/cancel").status_code == 303
    assert "核对已取消" in person.get(path).text
    assert person.post(f"/jobs/{number}/retry").status_code == 400
    assert person.post(f"{path}/restart").status_code == 303
    with filled.app_context():
        run_pending()
    assert "写入账中" in person.get(path).text


def test_an_abandoned_import_is_not_checked(client: Client, filled: Flask) -> None:
    person = client("reviewer")
    path = person.post("/imports", data={"file": (io.BytesIO(EXAMPLE.read_bytes()), "a.csv")}).headers[
        "Location"
    ]
    assert person.post(f"{path}/abandon").status_code == 303
    with filled.app_context():
        run_pending()
        assert db.session.query(Job.state).order_by(Job.id).all() == [("cancelled",), ("done",)]
        assert db.session.query(Import).one().status == "abandoned"
