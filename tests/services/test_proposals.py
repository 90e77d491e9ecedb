"""One proposes, another confirms: once, in time, by the right person, and only then does anything change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crm import clock, create_app
from crm.db import count_statements, db, transaction
from crm.errors import NotAllowed, NotFound, Refusals, Refused, Stale
from crm.models import AuditEvent, Job, Proposal, ReadingTerm, User
from crm.periods import Month
from crm.services import months, people, posts, proposal_kinds, proposals, readings, trials, units
from crm.services.attribution import rulebook
from tests import build
from tests.databases import Database

TODAY = date(2021, 6, 3)
R6 = {"code": "R6", "choice": "site-street"}


@pytest.fixture
def office(session: Any) -> Any:
    """Small books with the people who propose and confirm."""
    with clock.at(TODAY):
        small = build.district()
        readings.set_reading("R6", choice="undetermined", basis="通知", valid_from=build.NOTICE, actor=None)
        for login in ("reviewer", "reviewer2"):
            build.user("reviewer", login=login)
        for login in ("head", "head2"):
            build.user("bureau_head", login=login)
        build.user("staff", unit=small.jd)
        yield small


def person(login: str) -> User:
    found = people.user_by_login(login)
    assert found
    return found


def act_as_head(user: User, office: Any) -> None:
    """Gives the person the post of bureau head besides, and has it acted in."""
    posts.give(user, "bureau_head", office.swj, valid_from=TODAY, actor=None)
    user.chosen = ("bureau_head", office.swj.id)


def draft(kind: str = "reading", day: date | None = date(2021, 6, 1), **given: str) -> proposals.Draft:
    return proposals.draft(kind, given or R6, valid_from=day, reason="理由", basis="会议纪要〔2021〕3号")


def made(**given: Any) -> Proposal:
    return proposals.propose(draft(**given), actor=person("reviewer"))


def actions() -> list[str]:
    rows = db.session.query(AuditEvent).filter(AuditEvent.action.like("proposal.%")).order_by(AuditEvent.id)
    return [event.action for event in rows]


def test_nothing_changes_until_another_confirms(office: Any) -> None:
    proposal = made()
    assert readings.readings(TODAY)["R6"] == "undetermined"
    done = proposals.confirm(proposal.id, actor=person("head"))
    assert (done.state, done.decided_by_id) == ("confirmed", person("head").id)
    assert readings.readings(TODAY)["R6"] == "site-street"
    assert readings.readings(date(2021, 5, 31))["R6"] == "undetermined"
    assert actions() == ["proposal.made", "proposal.confirmed"]
    job = proposals.rebuild_of(done)
    assert job and (job.kind, job.state) == ("attribution.rebuild", "queued")


def test_a_plate_and_an_adjudicator(office: Any) -> None:
    area = next(key for key in proposal_kinds.places() if key.startswith("area:"))
    taken = made(kind="plate", office="jd", place="street:jinghe", included="out")
    given = made(kind="plate", office="jd", place=area, included="in")
    nobody = made(kind="adjudicator", unit="-")
    assert taken.held == "in" and given.held == "out" and nobody.held == "swj"
    for proposal in (taken, given, nobody):
        proposals.confirm(proposal.id, actor=person("head"))
    plate = units.plates(TODAY)[office.jd.id]
    assert plate.street_ids == {office.changqing.id} and len(plate.area_ids) == 1
    assert readings.adjudicator(TODAY) is None
    assert readings.adjudicator(date(2021, 5, 31)) == office.swj
    assert nobody.job_id is None and db.session.query(Job).count() == 1


def test_who_proposed_it_may_not_confirm_it_even_with_both_posts(office: Any) -> None:
    proposal = made()
    both = person("reviewer")
    act_as_head(both, office)
    for verb in (proposals.confirm, lambda number, actor: proposals.decline(number, note="不", actor=actor)):
        with pytest.raises(NotAllowed, match="别人"):
            verb(proposal.id, actor=both)
    assert proposal.is_open and readings.readings(TODAY)["R6"] == "undetermined"


def test_who_may_do_what(office: Any) -> None:
    proposal = made()
    for verb in (
        lambda: proposals.propose(draft(kind="adjudicator", unit="-"), actor=person("head")),
        lambda: proposals.propose(draft(kind="adjudicator", unit="-"), actor=person("staff")),
        lambda: proposals.confirm(proposal.id, actor=person("reviewer2")),
        lambda: proposals.decline(proposal.id, note="不", actor=person("staff")),
        lambda: proposals.withdraw(proposal.id, actor=person("reviewer2")),
        lambda: proposals.withdraw(proposal.id, actor=person("head")),
    ):
        with pytest.raises(NotAllowed):
            verb()
    with pytest.raises(NotFound):
        proposals.confirm(9_999, actor=person("head"))
    assert actions() == ["proposal.made"]


def test_what_was_decided_is_not_decided_again(office: Any) -> None:
    confirmed = made()
    proposals.confirm(confirmed.id, actor=person("head"))
    withdrawn = made(kind="adjudicator", unit="-")
    proposals.withdraw(withdrawn.id, actor=person("reviewer"))
    declined = made(kind="adjudicator", unit="-")
    proposals.decline(declined.id, note="依据不足", actor=person("head"))
    for proposal, said in ((confirmed, "确认"), (withdrawn, "撤回"), (declined, "不同意")):
        for verb in (
            lambda number: proposals.confirm(number, actor=person("head2")),
            lambda number: proposals.decline(number, note="不", actor=person("head2")),
            lambda number: proposals.withdraw(number, actor=person("reviewer")),
        ):
            with pytest.raises(Stale) as told:
                verb(proposal.id)
            assert said in str(told.value)
    assert db.session.query(ReadingTerm).filter_by(code="R6").count() == 2
    assert readings.adjudicator(TODAY) == office.swj


def test_the_same_is_not_proposed_twice_while_open(office: Any) -> None:
    first = made()
    with pytest.raises(Refused, match=f"编号{first.id}"):
        proposals.propose(draft(day=date(2021, 7, 1)), actor=person("reviewer2"))
    proposals.withdraw(first.id, actor=person("reviewer"))
    assert proposals.propose(draft(), actor=person("reviewer2")).is_open


def test_what_it_starts_from_may_not_change_meanwhile(office: Any) -> None:
    proposal = made(kind="plate", office="jd", place="street:jinghe", included="out")
    units.set_plate(office.jd, place=office.jinghe, included=False, valid_from=date(2021, 5, 1), clause="x", actor=None)  # fmt: skip
    with pytest.raises(Stale, match="已经变了"):
        proposals.confirm(proposal.id, actor=person("head"))
    assert proposal.is_open


def test_a_closed_month_is_never_rewritten(office: Any) -> None:
    proposal = made(day=date(2021, 5, 31))
    months.close(Month(2021, 5), actor=None)
    with pytest.raises(Refused, match="2021-06-01"):
        proposals.confirm(proposal.id, actor=person("head"))
    assert proposal.is_open and readings.readings(TODAY)["R6"] == "undetermined"
    for day in (date(2021, 5, 31), date(2020, 4, 26), date(2100, 1, 1), date.max, date.min):
        with pytest.raises(Refusals) as refused:
            draft(day=day)
        assert [one.field for one in refused.value] == ["valid_from"]
    assert draft(day=date(2021, 6, 1)).held == "undetermined"


def test_every_error_at_once(office: Any) -> None:
    with pytest.raises(Refusals) as refused:
        proposals.draft("plate", {}, valid_from=None, reason=" ", basis="x" * 1_001)
    assert [one.field for one in refused.value] == ["office", "place", "included", "valid_from", "basis", "reason"]  # fmt: skip
    for kind, given in (
        ("reading", {"code": "R7", "choice": "per-indicator"}),
        ("reading", {"code": "R99", "choice": "x"}),
        ("reading", {"code": "R6", "choice": "undetermined"}),
        ("reading", {"code": "R6", "choice": "' OR 1=1"}),
        ("reading", {"code": "R8", "choice": "2021-02-30"}),
        ("adjudicator", {"unit": "nobody"}),
        ("plate", {"office": "cihui", "place": "street:jinghe", "included": "in"}),
        ("plate", {"office": "jd", "place": "area:999999999999", "included": "in"}),
    ):
        with pytest.raises(Refusals):
            draft(kind=kind, **given)
    with pytest.raises(Refused):
        draft(kind="law", x="y")


def test_a_decline_says_why(office: Any) -> None:
    proposal = made()
    with pytest.raises(Refused, match="理由"):
        proposals.decline(proposal.id, note="  ", actor=person("head"))
    proposals.decline(proposal.id, note="依据不足", actor=person("head"))
    assert (proposal.state, proposal.note) == ("declined", "依据不足")
    assert readings.readings(TODAY)["R6"] == "undetermined"


def test_the_trial_leaves_nothing(office: Any) -> None:
    db.session.commit()
    wanted = draft()
    with transaction(keep=False):
        then = proposals.after(wanted).grounds
    found = trials.trial(person("reviewer"), rulebook(), then, TODAY)
    assert (found.tried, found.total, list(found.moved)) == (0, 0, [])
    assert readings.readings(TODAY)["R6"] == "undetermined"


def test_what_waits_for_whom(office: Any) -> None:
    proposal = made()
    for login, to_decide, own in (("head", [proposal], []), ("reviewer", [], [proposal]), ("reviewer2", [], []), ("staff", [], [])):  # fmt: skip
        user = person(login)
        assert user.role, "the posts come with whoever is signed in"
        with count_statements() as ran:
            found = proposals.waiting_for(user)
        assert (list(found.to_decide), list(found.own)) == (to_decide, own), login
        assert ran.count <= 1


def test_a_leavers_proposals_pass_to_somebody(office: Any) -> None:
    proposal = made()
    leaver, other = person("reviewer"), person("reviewer2")
    with pytest.raises(Refused):
        proposals.pass_on(leaver, person("head"), actor=None)
    assert proposals.open_of(leaver) == 1
    assert proposals.pass_on(leaver, other, actor=None) == 1
    assert (proposals.open_of(leaver), proposals.open_of(other)) == (0, 1)
    assert proposal.proposed_by_id == leaver.id
    act_as_head(other, office)
    with pytest.raises(NotAllowed):
        proposals.confirm(proposal.id, actor=other)
    other.chosen = None
    assert proposals.withdraw(proposal.id, actor=other).state == "withdrawn"


def together(database: Database, folder: Path, verbs: list[Callable[[], Any]]) -> list[Any]:
    """Each verb in a thread and a connection of its own, begun at one moment; what each gave or raised."""
    app = create_app(database.settings(folder))
    start = threading.Barrier(len(verbs))
    found: list[Any] = [None] * len(verbs)

    def run(index: int, verb: Callable[[], Any]) -> None:
        with app.app_context(), clock.at(TODAY):
            start.wait()
            try:
                with transaction():
                    found[index] = verb().state
            except Refused as refused:
                found[index] = refused
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        db.engine.dispose()
    return found


def test_two_heads_at_once(office: Any, database: Database, tmp_path: Path) -> None:
    number = made().id
    db.session.commit()
    found = together(
        database,
        tmp_path,
        [
            lambda: proposals.confirm(number, actor=person("head")),
            lambda: proposals.decline(number, note="不", actor=person("head2")),
            lambda: proposals.confirm(number, actor=person("head2")),
        ],
    )
    assert len([one for one in found if isinstance(one, Stale)]) == 2, found
    winner = next(one for one in found if isinstance(one, str))
    db.session.expire_all()
    assert proposals.by_id(number).state == winner
    assert db.session.query(ReadingTerm).filter_by(code="R6").count() == (2 if winner == "confirmed" else 1)


def test_two_propose_the_same_at_once(office: Any, database: Database, tmp_path: Path) -> None:
    db.session.commit()
    found = together(
        database,
        tmp_path,
        [
            lambda: proposals.propose(draft(), actor=person("reviewer")),
            lambda: proposals.propose(draft(), actor=person("reviewer2")),
        ],
    )
    assert sorted(type(one).__name__ for one in found) == ["Refused", "str"], found
    db.session.expire_all()
    assert db.session.query(Proposal).count() == 1
