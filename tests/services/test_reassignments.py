"""One unit offers a lead, the other answers: once, in time, by the right unit, and only then does anything change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refusals, Refused, Stale
from crm.models import Lead, LeadUnit, Reassignment
from crm.periods import Month
from crm.permissions import leads_read_by, may
from crm.services import cooperation, credit, policy, reassignments, units
from crm.services.open_work import open_work
from tests import build
from tests.services.offering import HALVES, TODAY, begin, books, lead, made, offer, person, said

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def small(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        yield begin()


def test_an_accepted_lead_is_the_other_units(small: Any) -> None:
    policy.set_value("protection_days", 60, basis="x", valid_from=TODAY, actor=None)
    one = made(small, shares=HALVES)
    assert one.answer_due == TODAY + timedelta(days=7) and lead().unit_id == small.jd.id
    with clock.at(TODAY + timedelta(days=9)):
        reassignments.accept(one.id, version=one.version, actor=person("gx2"))
        day, now = clock.today(), lead()
        assert (now.unit_id, now.held_by_id, now.first_contact_unit_id) == (small.gx.id, None, small.jd.id)
        assert (now.had_since, now.protected_until) == (day, day + timedelta(days=60))
        assert (now.response_due, now.feedback_due, now.report_due) == (day + timedelta(days=1), day + timedelta(days=7), None)  # fmt: skip
        assert may(person("gx"), "lead:edit", now) and not may(person("jd"), "lead:edit", now)
        split = credit.split_on(now, Month(2021, 6))
        assert split and [(s.unit_id, s.role, s.share) for s in split.shares] == [
            (small.jd.id, "recruiter", 5000), (small.gx.id, "receiver", 5000)
        ]  # fmt: skip
        assert credit.split_on(now, Month(2021, 5)) is None
    assert said() == ["reassignment.proposed", "reassignment.accepted", "credit.shared"]


@sqlite_only
def test_cooperation_begins_and_ends(small: Any) -> None:
    one = made(small, kind="cooperation")
    reassignments.accept(one.id, version=one.version, actor=person("gx"))
    assert lead().unit_id == small.jd.id and lead().held_by_id == person("jd").id
    assert may(person("gx2"), "lead:progress", lead()) and not may(person("gx2"), "lead:edit", lead())
    with pytest.raises(Refusals, match="已经和该单位合作"):
        made(small, kind="cooperation")
    for login in ("sy", "reviewer"):
        with pytest.raises(NotAllowed):
            cooperation.end(lead().id, small.gx.id, actor=person(login))
    cooperation.end(lead().id, small.gx.id, actor=person("gx2"))
    with pytest.raises(Refused, match="没有正在进行的合作"):
        cooperation.end(lead().id, small.gx.id, actor=person("jd"))
    with clock.at(TODAY + timedelta(days=1)):
        assert not may(person("gx2"), "lead:progress", lead())
        again = made(small, kind="cooperation")
        reassignments.accept(again.id, version=again.version, actor=person("gx"))
        assert may(person("gx2"), "lead:progress", lead())
        taken = made(small, kind="reassignment")
        reassignments.accept(taken.id, version=taken.version, actor=person("gx"))
        assert [joint.until for joint in db.session.query(LeadUnit)] == [clock.today()]
    assert said().count("cooperation.ended") == 1


@sqlite_only
def test_who_is_asked_reads_until_it_is_answered(small: Any) -> None:
    def read() -> bool:
        return db.session.query(Lead).filter(leads_read_by(person("gx"))).count() == 1

    assert not read()
    one = made(small)
    assert read() and not may(person("gx"), "contact:read", lead())
    reassignments.decline(one.id, version=one.version, note="不符合导向", actor=person("gx"))
    assert not read() and (one.state, one.note) == ("declined", "不符合导向")


@sqlite_only
def test_what_is_refused_changes_nothing(small: Any) -> None:
    one = made(small)
    number, version, now = one.id, one.version, lead().id
    gone = build.unit("gone", name="已撤销")
    units.set_unit_term(gone, active=False, valid_from=TODAY, actor=None)
    small.units["gone"] = gone
    before = books()
    for login, verb in (
        *((login, reassignments.accept) for login in ("jd", "jd2", "sy", "reviewer")),
        *((login, reassignments.withdraw) for login in ("gx", "sy", "reviewer")),
    ):
        with pytest.raises(NotAllowed):
            verb(number, version=version, actor=person(login))
    for login in ("jd", "sy", "reviewer"):
        with pytest.raises(NotAllowed):
            reassignments.decline(number, version=version, note="不", actor=person(login))
    for login in ("gx", "sy", "reviewer"):
        with pytest.raises(NotAllowed):
            reassignments.propose(now, offer(small), actor=person(login))
    with pytest.raises(Refused, match=f"编号{number}"):
        made(small, to="sy")
    with pytest.raises(Stale):
        reassignments.accept(number, version=version + 1, actor=person("gx"))
    with pytest.raises(Refused, match="理由"):
        reassignments.decline(number, version=version, note=" ", actor=person("gx"))
    with pytest.raises(NotFound):
        reassignments.accept(9_999, version=1, actor=person("gx"))
    for given, field in (
        ({"to": "jd"}, "to"), ({"to": "gone"}, "to"), ({"reason": " "}, "reason"), ({"reason": "x" * 1001}, "reason"),
        ({"kind": "gift"}, "kind"), ({"kind": "credit"}, "shares"), ({"shares": "jd recruiter 50"}, "shares"),
        ({"shares": "jd recruiter 50, sy receiver 50"}, "shares"), ({"shares": "jd king 100"}, "role_1"),
    ):  # fmt: skip
        with pytest.raises(Refusals) as refused:
            made(small, **given)
        assert [r.field for r in refused.value] == [field], given
    with clock.at(lead().protected_until + timedelta(days=1)):
        with pytest.raises(Refused, match="公共池"):
            reassignments.accept(number, version=version, actor=person("gx"))
        with pytest.raises(Refused, match="公共池"):
            made(small)
    units.set_unit_term(small.gx, active=False, valid_from=TODAY, actor=None)
    before = books()
    with pytest.raises(Refused, match="不存在"):
        reassignments.accept(number, version=version, actor=person("gx"))
    assert books() == before


@sqlite_only
def test_every_mistake_at_once(small: Any) -> None:
    with pytest.raises(Refusals) as refused:
        made(small, kind="", to="jd", reason="", shares="jd recruiter 10.005, gx receiver x")
    assert [one.field for one in refused.value] == ["kind", "to", "reason", "percent_1", "percent_2"]


@sqlite_only
@pytest.mark.parametrize("end", ["accept", "decline", "withdraw", "overtake"])
def test_what_is_over_is_not_answered_again(small: Any, end: str) -> None:
    one = made(small)
    if end == "overtake":
        assert reassignments.overtake(lead(), person("sy")) is one
        assert reassignments.overtake(lead(), person("sy")) is None
    elif end == "decline":
        reassignments.decline(one.id, version=one.version, note="不", actor=person("gx"))
    else:
        getattr(reassignments, end)(
            one.id, version=one.version, actor=person("gx" if end == "accept" else "jd")
        )
    before = books()
    for verb in (
        lambda: reassignments.accept(one.id, version=one.version, actor=person("gx")),
        lambda: reassignments.decline(one.id, version=one.version, note="不", actor=person("gx")),
        lambda: reassignments.withdraw(one.id, version=one.version, actor=person("jd")),
    ):
        with pytest.raises(Stale, match="没有再做什么"):
            verb()
    assert books() == before
    assert said()[1] == {"accept": "reassignment.accepted", "decline": "reassignment.declined",
                         "withdraw": "reassignment.withdrawn", "overtake": "reassignment.overtaken"}[end]  # fmt: skip


@sqlite_only
def test_leads_that_are_not_open(small: Any) -> None:
    one = made(small)
    for stage, reason in (("triage", None), ("withdrawn", "other")):
        with db.session.no_autoflush:
            lead().stage, lead().lost_reason = stage, reason
        db.session.flush()
        with pytest.raises(Stale, match="已经变了"):
            reassignments.accept(one.id, version=one.version, actor=person("gx"))
        with pytest.raises(Refusals) as refused:
            made(small, kind="credit", shares=HALVES)
        assert refused.value.refusals[0].field == "kind"


@sqlite_only
def test_a_claimed_lead_ends_the_work_of_others(small: Any) -> None:
    joint = made(small, kind="cooperation")
    reassignments.accept(joint.id, version=joint.version, actor=person("gx"))
    made(small, to="sy")
    reassignments.overtake(lead(), person("sy"), parting=True)
    assert [one.until for one in db.session.query(LeadUnit)] == [TODAY]
    assert said()[-2:] == ["reassignment.overtaken", "cooperation.ended"]


@sqlite_only
def test_another_split_of_what_two_share(small: Any) -> None:
    first = made(small, shares=HALVES)
    reassignments.accept(first.id, version=first.version, actor=person("gx"))
    with pytest.raises(NotAllowed):
        made(small, kind="credit", shares="jd recruiter 60, gx receiver 40")

    def change(shares: str, to: str = "jd") -> Reassignment:
        return reassignments.propose(lead().id, offer(small, "credit", to, shares), actor=person("gx"))

    for shares, to, field in (
        (HALVES, "jd", "shares"),
        ("jd recruiter 40, gx receiver 40, sy referrer 20", "jd", "shares"),
        ("gx receiver 100", "sy", "shares"),
    ):
        with pytest.raises(Refusals) as refused:
            change(shares, to)
        assert [one.field for one in refused.value] == [field]
    second = change("jd recruiter 33.33, gx receiver 66.67")
    reassignments.accept(second.id, version=second.version, actor=person("jd2"))
    split = credit.split_on(lead(), Month(2021, 6))
    assert split and [one.share for one in split.shares] == [3333, 6667]
    assert lead().unit_id == small.gx.id
    third = change("jd recruiter 20, gx receiver 80")
    with clock.at(TODAY + timedelta(days=1)):
        credit.share(lead(), credit.shares_of(split), valid_from=Month(2021, 6), basis="x", actor=None)
        with pytest.raises(Stale, match="另有登记"):
            reassignments.accept(third.id, version=third.version, actor=person("jd"))


@sqlite_only
def test_a_leavers_offers_pass_to_the_same_unit(small: Any) -> None:
    one = made(small)
    leaver = person("jd")
    assert [(kind.permission, count) for kind, count in open_work(leaver) if kind.permission == "lead:reassign"] == [("lead:reassign", 1)]  # fmt: skip
    with pytest.raises(Refused, match="不能接手"):
        reassignments.pass_on(leaver, person("gx"), actor=None)
    assert reassignments.pass_on(leaver, person("jd2"), actor=None) == 1
    assert (one.held_by_id, one.proposed_by_id, reassignments.open_of(leaver)) == (
        person("jd2").id,
        leaver.id,
        {},
    )
