"""A post ends: what the person has in work for its unit passes to a colleague or to the unit's head, and nothing else does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crm import clock, create_app
from crm.db import db, transaction
from crm.errors import Refused
from crm.models import Import, Reassignment
from crm.services import history, lead_holders, leads, open_work, people, posts
from tests.databases import Database
from tests.services.offering import TODAY, account, begin, lead, made, person

LATER = TODAY + timedelta(days=30)


@pytest.fixture
def small(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        yield begin()


def ends(small: Any, to: str = "", day: Any = TODAY, role: str = "staff", login: str = "jd") -> None:
    """The post at 机电产业办 ends."""
    heir = person(to) if to else None
    people.end_post(person(login), role, small.jd, valid_from=day, actor=None, to=heir)


def has() -> tuple[Any, Any]:
    """Who works on the lead, and who looks after the offer."""
    db.session.flush()
    db.session.expire_all()
    of_lead, offer = lead().held_by_id, db.session.query(Reassignment).one().held_by_id
    names = {person(login).id: login for login in ("jd", "jd2", "gx", "gx2")}
    return names.get(of_lead) if of_lead else None, names.get(offer, "head")


@pytest.mark.parametrize("day", [TODAY, LATER])
def test_a_colleague_takes_all_of_it_at_once(small: Any, day: Any) -> None:
    made(small)
    for to, match in (("gx", "只能移交|不能接手"), ("jd", "另一个"), ("reviewer", "不能接手")):
        with pytest.raises(Refused, match=match) as refused, db.session.begin_nested():
            ends(small, to, day)
        assert refused.value.field == "heir"
    assert has() == ("jd", "jd")
    ends(small, "jd2", day)
    assert has() == ("jd2", "jd2") and open_work.open_work(person("jd")) == []
    assert {event.action for event in history.events(lead())} >= {"lead.passed_on", "reassignment.passed_on"}
    with pytest.raises(Refused, match="不必填写"), db.session.begin_nested():
        gx = small.units["gx"]
        people.end_post(person("gx2"), "staff", gx, valid_from=day, actor=None, to=person("gx"))


def test_with_nobody_named_it_goes_to_the_head(small: Any) -> None:
    made(small)
    with pytest.raises(Refused, match="没有在任的负责人"), db.session.begin_nested():
        ends(small)
    assert has() == ("jd", "jd"), "nothing was left half-way"
    account("head", "unit_head", small.jd)
    ends(small)
    assert has() == (None, "head")
    lead_holders.hand_to(lead(), person("jd2"), actor=person("head"))
    assert has() == ("jd2", "head")


def test_of_two_posts_one_ends(small: Any) -> None:
    made(small)
    posts.give(person("jd"), "unit_head", small.jd, valid_from=TODAY, actor=None)
    posts.give(person("jd"), "staff", small.units["gx"], valid_from=TODAY, actor=None)
    ends(small)
    assert has() == ("jd", "jd"), "still of the unit"
    people.end_post(person("jd"), "staff", small.units["gx"], valid_from=TODAY, actor=None)
    assert has() == ("jd", "jd"), "the other unit's post has nothing to do with it"
    ends(small, "jd2", role="unit_head")
    assert has() == ("jd2", "jd2")


def test_what_comes_between_is_left_when_the_day_comes(small: Any) -> None:
    account("head", "unit_head", small.jd)
    ends(small, "jd2", LATER)
    made(small)
    lead_holders.hand_to(lead(), person("jd"), actor=None)
    assert open_work.release(LATER - timedelta(days=1)) == 0 and has() == ("jd", "jd")
    assert open_work.release(LATER) == 1 and has() == (None, "head")
    assert open_work.release(LATER) == 0


def test_what_is_no_units_needs_somebody(small: Any) -> None:
    reviewer = person("reviewer")
    account("reviewer2", "reviewer", small.swj)
    sheet = Import(file_name="a", sha256="a", effective_from=TODAY, status="checked", actor_id=reviewer.id)
    db.session.add(sheet)
    db.session.flush()

    def end(to: str = "") -> None:
        heir = person(to) if to else None
        people.end_post(reviewer, "reviewer", small.swj, valid_from=TODAY, actor=None, to=heir)

    with pytest.raises(Refused, match="谁接手"), db.session.begin_nested():
        end()
    end("reviewer2")
    assert sheet.actor_id == person("reviewer2").id


def test_a_post_ends_while_a_colleague_takes_the_lead(small: Any, database: Database, tmp_path: Path) -> None:
    account("head", "unit_head", small.jd)
    made(small)
    db.session.commit()
    app, start, failed = create_app(database.settings(tmp_path)), threading.Barrier(2), list[Exception]()

    def at_once(verb: Callable[[], None]) -> None:
        with app.app_context(), clock.at(TODAY):
            start.wait()
            try:
                with transaction():
                    verb()
            except Exception as error:
                failed.append(error)
            finally:
                db.session.remove()

    def end() -> None:
        leaver = people.for_change(person("jd").id)
        people.end_post(leaver, "staff", lead().unit, valid_from=TODAY, actor=None)

    def take() -> None:
        found = leads.for_change("XS1", person("head"))
        lead_holders.hand_to(found, person("jd2"), actor=person("head"))

    threads = [threading.Thread(target=at_once, args=(verb,)) for verb in (end, take)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        db.engine.dispose()
    assert failed == []
    assert has() == ("jd2", "head"), "whichever came first"
