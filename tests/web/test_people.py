"""人员: found, given posts, reset, locked and closed by the administrator; stale and own edits are refused."""

from __future__ import annotations

import re
from datetime import date

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from crm.db import count_statements, db, transaction
from crm.models import Import, User
from crm.services import people
from tests import build
from tests.web.conftest import Client


def account(app: Flask, login: str) -> User:
    """An account as it is now, detached."""
    with app.app_context():
        user = people.user_by_login(login)
        assert user is not None
        assert user.posts is not None
        db.session.expunge(user)
        return user


def act(visitor: FlaskClient, app: Flask, login: str, what: str, **fields: str) -> TestResponse:
    """Sends one of the forms of an account as it is now."""
    user = account(app, login)
    return visitor.post(f"/people/{user.id}/{what}", data={"version": str(user.version), **fields})


def test_the_list_is_searched_and_filtered(client: Client) -> None:
    visitor = client("administrator")
    with count_statements() as seen:
        page = visitor.get("/people")
    assert page.status_code == 200 and "reviewer某" in page.text and "审核员" in page.text
    assert seen.count <= 12, seen.statements
    found = visitor.get("/people?q=audi").text
    assert "auditor某" in found and "reviewer某" not in found
    assert "staff某" in visitor.get("/people?unit=jd&role=staff").text
    assert "没有符合条件的账号" in visitor.get("/people?state=closed").text
    for hostile in (
        "/people?unit=x&role=king&state=gone",
        "/people?after=%00&before=zz",
        "/people/2147483648",
    ):
        assert visitor.get(hostile).status_code in {200, 404}


def test_a_new_account_gets_a_one_time_password_shown_once(client: Client, filled: Flask) -> None:
    visitor = client("administrator")
    wrong = visitor.post("/people", data={"login": "staff", "role": "staff", "valid_from": "soon"})
    assert wrong.status_code == 400
    long = visitor.post("/people", data={"login": "chen", "name": "陈" * 101, "role": "auditor"})
    assert long.status_code == 400 and "姓名最多 100 个字符" in long.text
    for told in ("已被使用", "请填写姓名", "请选择单位", "请填写日期"):
        assert told in wrong.text
    made = visitor.post(
        "/people",
        data={"login": "chen", "name": "陈", "role": "staff", "unit": "jd", "valid_from": "2021-06-01"},
    )
    once = re.search(r'person-once">([a-z2-9]{12})<', made.text)
    assert made.status_code == 200 and once
    newcomer = client()
    newcomer.post("/sign-in", data={"login": "chen", "password": once[1]})
    assert newcomer.get("/").headers["Location"] == "/account/password"
    assert newcomer.get("/projects", headers={"Accept": "application/json"}).status_code == 403
    form = {"current": once[1], "password": "of my own choice", "again": "of my own choice"}
    for changed in ({"current": "wrong"}, {"again": "another one"}, {"password": once[1], "again": once[1]}):
        assert newcomer.post("/account/password", data=form | changed).status_code == 400
    assert newcomer.post("/account/password", data=form).headers["Location"] == "/account"
    assert newcomer.get("/projects").status_code == 200


def test_posts_are_given_and_ended(client: Client, filled: Flask) -> None:
    visitor, working = client("administrator"), client("staff")
    assert (
        act(
            visitor, filled, "staff", "posts", role="reviewer", unit="swj", valid_from="2021-06-03"
        ).status_code
        == 302
    )
    page = working.get("/").text
    post = re.findall(r'name="post" value="(\d+)" aria-pressed="false"', page)
    assert len(post) == 1 and working.get("/imports").status_code == 403
    assert working.post("/account/post", data={"post": post[0]}).status_code == 302
    assert working.get("/imports").status_code == 200
    assert working.post("/account/post", data={"post": "999999"}).status_code == 404
    for term in [term.id for term in account(filled, "staff").posts]:
        ended = act(visitor, filled, "staff", "posts/end", post=str(term), ends_on="2021-06-03")
        assert ended.status_code == 302
    nobody = working.get("/")
    assert nobody.status_code == 403 and "没有在任岗位" in nobody.text
    assert working.get("/account").status_code == 200


def test_what_a_post_leaves_behind_stands_beside_it(client: Client, filled: Flask) -> None:
    visitor, number = client("administrator"), account(filled, "reviewer").id
    with filled.app_context(), transaction() as session:
        day = date(2021, 6, 3)
        session.add(Import(file_name="a", sha256="a", effective_from=day, status="checked", actor_id=number))
    with count_statements() as seen:
        page = visitor.get(f"/people/{number}").text
    assert page.count("尚未导入的项目登记表 1") == 2 and "请填写由谁接手" in page, (
        "at the post and at the account"
    )
    assert seen.count <= 20, seen.statements
    end = {"post": str(account(filled, "reviewer").posts[0].id), "ends_on": "2021-06-03"}
    for heir, told in (("", "请指定由谁接手"), ("staff", "不能接手这些工作"), ("gone", "没有账号 gone")):
        answer = act(visitor, filled, "reviewer", "posts/end", heir=heir, **end)
        assert answer.status_code == 400 and told in answer.text
    assert account(filled, "reviewer").posts


def test_what_the_administrator_does_ends_sessions(client: Client, filled: Flask) -> None:
    visitor = client("administrator")
    for what, told in (("lock", "锁定"), ("unlock", ""), ("reset", "一次性密码")):
        working = client("staff")
        assert working.get("/account").status_code in {200, 302}
        answer = act(visitor, filled, "staff", what)
        assert answer.status_code in {200, 302}
        if told:
            assert working.get("/projects").headers["Location"].startswith("/sign-in")
            assert told in working.get("/sign-in").text
    assert act(visitor, filled, "reviewer", "close").status_code == 302
    assert act(visitor, filled, "reviewer", "reopen").status_code == 302


def test_a_stale_edit_says_what_changed_and_does_nothing(client: Client, filled: Flask) -> None:
    visitor = client("administrator")
    shown = account(filled, "staff")
    act(visitor, filled, "staff", "lock")
    stale = visitor.post(f"/people/{shown.id}/close", data={"version": str(shown.version)})
    assert stale.status_code == 409 and "锁定用户" in stale.text
    assert account(filled, "staff").active
    assert visitor.post(f"/people/{shown.id}/close").status_code == 409, "without a version as well"


def test_the_own_account_and_the_last_administrator_stay(client: Client, filled: Flask) -> None:
    visitor = client("administrator")
    for what in ("lock", "close", "reset"):
        assert act(visitor, filled, "administrator", what).status_code == 403
    give = act(
        visitor, filled, "administrator", "posts", role="reviewer", unit="swj", valid_from="2021-06-03"
    )
    assert give.status_code == 403
    assert account(filled, "administrator").is_active


def test_too_many_failures_lock_a_login_out_known_or_not(client: Client, filled: Flask) -> None:
    pages = []
    for login in ("staff", "nobody"):
        visitor = client()
        sent = [visitor.post("/sign-in", data={"login": login, "password": "wrong wrong"}) for _ in range(5)]
        assert [answer.status_code for answer in sent] == [401] * 4 + [429]
        right = visitor.post("/sign-in", data={"login": login, "password": build.PASSWORD})
        assert right.status_code == 429 and "15分钟" in right.text
        pages.append(re.sub(r'value="[^"]*"', "", right.text))
    assert pages[0] == pages[1]
    act(client("administrator"), filled, "staff", "unlock")
    assert client().post("/sign-in", data={"login": "staff", "password": build.PASSWORD}).status_code == 302
