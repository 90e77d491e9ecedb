"""A project passes on when both units signed and the bureau confirmed: each step once, in order, by the right person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refusals, Refused, Stale
from crm.models import Decision, TransferSignature, duties_of
from crm.periods import Month
from crm.services import (
    dues,
    handover,
    history,
    months,
    policy,
    readings,
    rebuilding,
    transfer_overtaking,
    transfer_rights,
    transfers,
)
from tests.services.offering import person
from tests.services.transferring import (
    COMPLETED,
    SIGNED,
    TODAY,
    begin,
    books,
    brought,
    change,
    complete,
    holders,
    project,
    proposed,
    register,
    said,
)

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def small(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        yield begin()


def test_a_project_passes_on_in_four_steps(small: Any) -> None:
    policy.set_value("transfer_sign_days", 3, basis="x", valid_from=TODAY, actor=None)
    months.close(Month(2021, 5), actor=None)
    assert project().due_since == COMPLETED and holders() == [(SIGNED, "gx", "gx")]
    made = complete(proposed())
    assert (made.state, made.rule, made.since, made.duties) == (
        "filling", "3.2-out-of-plate", COMPLETED, ("indicators", "enterprise_service"),
    )  # fmt: skip
    assert (made.from_unit.code, made.to_unit.code, made.due_on) == (
        "gx",
        "jinghe",
        TODAY + timedelta(days=10),
    )
    assert made.receiver == person("jinghe") and made.giver_id is None
    transfers.take_up(made.id, version=made.version, actor=person("gx2"))
    transfers.send(made.id, version=made.version, actor=person("gx"))
    assert (made.state, made.due_on, made.giver) == ("signing", TODAY + timedelta(days=3), person("gx2"))
    transfers.sign(made.id, version=made.version, actor=person("jinghe"))
    assert (made.state, made.due_on) == ("confirming", TODAY + timedelta(days=7))
    assert transfers.open_of(project()) is made and holders() == [(SIGNED, "gx", "gx")]
    transfers.confirm(made.id, version=made.version, actor=person("chief"), day=date(2021, 6, 1))
    assert (made.state, made.effective_day, made.ended_by) == ("confirmed", date(2021, 6, 1), person("chief"))
    assert holders() == [(SIGNED, "gx", "gx"), (date(2021, 6, 1), "jinghe", "jinghe")]
    assert project().due_since is None and project().held_indicators_id == small.jinghe.id
    assert transfers.open_of(project()) is None and transfers.by_id(made.id, person("sy2")) is made
    assert said(made) == ["proposed", "taken_up", "filled", "signed", "confirmed"]
    signed = db.session.query(TransferSignature).order_by(TransferSignature.id).all()
    assert [(one.side, one.unit_id, one.user.login, one.round) for one in signed] == [
        ("giving", small.gx.id, "gx", 1), ("receiving", small.jinghe.id, "jinghe", 1), ("bureau", None, "chief", 1)
    ]  # fmt: skip
    assert len({one.digest for one in signed}) == 1
    with pytest.raises(Refused, match="没有应划转"):
        proposed()


@sqlite_only
def test_a_list_goes_back_point_by_point_and_is_signed_anew(small: Any) -> None:
    made = brought("signing")
    line, text = handover.items(made)[0], handover.items(made)[0].text
    line.text = "改了"
    with pytest.raises(Stale, match="清单在签字以后有改动"):
        transfers.sign(made.id, version=made.version, actor=person("jinghe"))
    line.text = text
    for remarks, note, field in (({}, " ", "note"), ({line.id + 99: "缺"}, "", f"remark_{line.id + 99}"),
                                 ({line.id: "长" * 1001}, "长" * 1001, "note")):  # fmt: skip
        with pytest.raises((Refused, Refusals)) as refused, db.session.begin_nested():
            transfers.send_back(
                made.id, version=made.version, remarks=remarks, note=note, actor=person("jinghe")
            )
        first = refused.value.refusals[0] if isinstance(refused.value, Refusals) else refused.value
        assert isinstance(first, Refused) and first.field == field
    with clock.at(TODAY + timedelta(days=4)):
        transfers.send_back(
            made.id, version=made.version, remarks={line.id: " 缺原件 "}, note="", actor=person("jinghe2")
        )
        assert (made.state, made.round, line.remark) == ("filling", 2, "缺原件")
        assert made.due_on == TODAY + timedelta(days=14)
        line.answer = "已补"
        transfers.send(complete(made).id, version=made.version, actor=person("gx"))
        transfers.sign(made.id, version=made.version, actor=person("jinghe"))
        with pytest.raises(Refused, match="退回的理由"):
            transfers.send_back(made.id, version=made.version, remarks={}, note="", actor=person("reviewer"))
        transfers.send_back(
            made.id, version=made.version, remarks={}, note="金额不符", actor=person("reviewer")
        )
        assert (made.state, made.round, made.note, line.remark, line.answer) == (
            "filling", 3, "金额不符", "缺原件", "已补",
        )  # fmt: skip
    assert said(made) == ["proposed", "filled", "returned", "filled", "signed", "returned"]
    assert db.session.query(TransferSignature).count() == 3


@pytest.mark.parametrize("step", ["filling", "signing", "confirming", "confirmed"])
def test_who_may_not_and_what_comes_too_late_changes_nothing(small: Any, step: str) -> None:
    made = brought(step, by="reviewer")
    number, version, before = made.id, made.version, books()
    verbs: dict[str, Any] = {
        "take_up": transfers.take_up,
        "send": transfers.send,
        "back": lambda n, **k: transfers.send_back(n, remarks={}, note="不符", **k),
        "sign": transfers.sign,
        "confirm": transfers.confirm,
        "decline": lambda n, **k: transfers.decline(n, note="不", **k),
        "withdraw": lambda n, **k: transfers.withdraw(n, note="不", **k),
    }
    may = {
        "take_up": {"gx", "gx2", "jinghe", "jinghe2"}, "send": {"gx"}, "sign": {"jinghe"}, "confirm": {"chief"},
        "back": {"signing": {"jinghe", "jinghe2"}, "confirming": {"reviewer", "chief"}}.get(step, set()),
        "decline": {"filling": {"gx"}, "signing": {"jinghe"}}.get(step, set()), "withdraw": {"reviewer", "chief"},
    }  # fmt: skip
    late = {"decline": {"gx", "jinghe"}, "back": {"reviewer", "chief", "jinghe", "jinghe2"}}
    at = {"send": "filling", "sign": "signing", "confirm": "confirming"}
    for name, verb in verbs.items():
        for login in ("gx", "gx2", "jinghe", "jinghe2", "sy", "sy2", "reviewer", "chief"):
            right = login in may[name] and step != "confirmed" and at.get(name, step) == step
            # who may would have to have read it as it stands; nobody comes after the end
            stale = login in may[name] or (step == "confirmed" and login in late.get(name, set()))
            with pytest.raises(Stale if stale else (NotAllowed, Stale)):
                verb(number, version=version + right, actor=person(login))
        with pytest.raises(NotFound):
            verb(number + 99, version=1, actor=person("chief"))
    for login in ("gx", "reviewer"):
        with pytest.raises(Refused, match=f"编号{number}" if step != "confirmed" else "没有应划转"):
            proposed(login)
    assert books() == before


@sqlite_only
def test_what_ends_without_effect_stays_due_and_may_be_proposed_again(small: Any) -> None:
    first = proposed("gx2")
    assert first.giver == person("gx2")
    with pytest.raises(Refused, match="理由"):
        transfers.decline(first.id, version=first.version, note=" ", actor=person("gx"))
    transfers.decline(first.id, version=first.version, note="尚有争议", actor=person("gx"))
    second = brought("signing")
    transfers.decline(second.id, version=second.version, note="资料不全", actor=person("jinghe"))
    third = proposed("jinghe2")
    with pytest.raises(NotAllowed, match="提出划转的人"):
        transfers.withdraw(third.id, version=third.version, note="重提", actor=person("jinghe"))
    transfers.withdraw(third.id, version=third.version, note="重提", actor=person("jinghe2"))
    fourth = brought("confirming", by=None)
    transfers.withdraw(fourth.id, version=fourth.version, note="缓办", actor=person("reviewer"))
    # who had the list reads on what it answered; who never had it does not
    assert [transfer_rights.reads_list(one, person("jinghe2")) for one in (first, second, third, fourth)] == [
        False, True, False, True,
    ]  # fmt: skip
    assert not any(transfer_rights.reads_list(one, person("sy")) for one in (first, second, third, fourth))
    assert [one.state for one in (first, second, third, fourth)] == [
        "declined", "declined", "withdrawn", "withdrawn",
    ]  # fmt: skip
    assert project().due_since == COMPLETED and holders() == [(SIGNED, "gx", "gx")]
    with pytest.raises(NotAllowed):
        transfers.propose(project().id, reason="", actor=person("sy"))
    with pytest.raises(NotFound):
        transfers.propose(9_999, reason="", actor=person("gx"))
    with pytest.raises(Refused, match="最多"):
        transfers.propose(project().id, reason="长" * 1001, actor=person("gx"))


def test_days_that_are_closed_or_before_the_beginning_are_refused(small: Any) -> None:
    months.close(Month(2021, 4), actor=None)
    made = brought("confirming")
    months.close(Month(2021, 5), actor=None)
    before = books()
    for day, match in (
        (date(2021, 5, 1), "已月结，划转最早从2021-06-01"), (date(2021, 5, 31), "已月结"), (date(2020, 5, 31), "已月结"),
        (date(2021, 6, 2), "生效日已变为2021-06-01"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=match):
            transfers.confirm(made.id, version=made.version, actor=person("chief"), day=day)
    assert books() == before


def test_a_day_before_the_project_began_is_refused(small: Any) -> None:
    made = brought("confirming")
    before = books()
    with pytest.raises(Refused, match="2020-05-31项目还没有开始"):
        transfers.confirm(
            made.id, version=made.version, actor=person("chief"), day=SIGNED - timedelta(days=1)
        )
    assert books() == before
    transfers.confirm(made.id, version=made.version, actor=person("chief"))
    assert holders() == [(SIGNED, "gx", "gx"), (COMPLETED, "jinghe", "jinghe")]


@pytest.mark.parametrize("step", ["filling", "signing", "confirming"])
@sqlite_only
def test_a_new_fact_ends_what_it_takes_the_ground_from(small: Any, step: str) -> None:
    made = brought(step)
    change("site_street", "zoumaling", valid_from=date(2021, 6, 1))
    assert (made.state, made.ended_by) == ("overtaken", None) and said(made)[-1] == "overtaken"
    before = books()
    for verb, login in ((transfers.send, "gx"), (transfers.sign, "jinghe"), (transfers.confirm, "chief")):
        with pytest.raises(Stale, match="这次划转已终止"):
            verb(made.id, version=made.version, actor=person(login))
    assert books() == before
    again = proposed("gx")
    assert (again.state, again.to_unit.code, again.since) == ("filling", "zoumaling", date(2021, 6, 1))


@pytest.mark.parametrize("step", ["filling", "confirming"])
@sqlite_only
def test_the_other_responsibility_that_comes_to_be_due_passes_on_with_the_first(
    small: Any, step: str
) -> None:
    register("P2", completed_on=None, signed_on=date(2020, 4, 1))
    readings.set_reading("R1", choice="street", basis="x", valid_from=date(2021, 5, 1), actor=None)
    rebuilding.rebuild(after=0, actor=None)
    made = brought(step, number="P2")
    assert duties_of(made) == ("indicators",)
    change("completed_on", date(2021, 5, 1), valid_from=date(2020, 4, 1), number="P2")
    assert duties_of(made) == ("indicators", "enterprise_service")
    assert (made.state, made.round, said(made)[-1]) == ("filling", 1 + (step != "filling"), "ground_changed")
    detail = history.events(made)[-1].detail
    assert (detail["before"]["duties"], detail["after"]["duties"]) == (["indicators"], list(made.duties))
    transfers.send(made.id, version=made.version, actor=person("gx"))
    transfers.sign(made.id, version=made.version, actor=person("jinghe"))
    transfers.confirm(made.id, version=made.version, actor=person("chief"))
    assert holders("P2")[-1] == (date(2021, 5, 1), "jinghe", "jinghe")
    assert dues.of(project("P2"), TODAY) == []


@pytest.mark.parametrize("step", ["filling", "signing", "confirming"])
@sqlite_only
def test_what_is_due_since_another_day_is_signed_anew(small: Any, step: str) -> None:
    made = brought(step)
    signed = db.session.query(TransferSignature).count()
    version, back = made.version, step != "filling"
    change("completed_on", date(2021, 5, 20), valid_from=date(1, 1, 1))
    assert (made.state, made.since, made.round) == ("filling", date(2021, 5, 20), 1 + back)
    assert said(made)[-1] == "ground_changed"
    detail = history.events(made)[-1].detail
    assert (detail["before"]["since"], detail["after"]["since"]) == ("2021-04-15", "2021-05-20")
    for verb, login in ((transfers.send, "gx"), (transfers.sign, "jinghe"), (transfers.confirm, "chief")):
        with pytest.raises(Stale):
            verb(made.id, version=version, actor=person(login))
    change("completed_on", date(2021, 5, 20), valid_from=date(1, 1, 1))
    assert made.round == 1 + back, "what changes nothing sends nothing back"
    transfers.send(made.id, version=made.version, actor=person("gx"))
    transfers.sign(made.id, version=made.version, actor=person("jinghe"))
    transfers.confirm(made.id, version=made.version, actor=person("chief"))
    assert made.effective_day == date(2021, 5, 20)
    assert db.session.query(TransferSignature).count() == signed + 3, "what was signed before stays"
    decided = db.session.get_one(Decision, project().decision_id)
    assert (decided.attraction_id, project().held_indicators_id) == (small.gx.id, small.jinghe.id)


@sqlite_only
def test_nobody_signs_for_a_ground_that_was_not_shown(small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = brought("confirming")
    with monkeypatch.context() as patched:
        # as a new day brings it, before its work is done
        patched.setattr(transfer_overtaking, "overtake", lambda ids, actor: [])
        change("completed_on", date(2021, 5, 20), valid_from=date(1, 1, 1))
    before = books()
    with pytest.raises(Stale, match="重新签字"):
        transfers.confirm(made.id, version=made.version, actor=person("chief"))
    assert books() == before
    assert transfer_overtaking.overtake_some(after=0, most=10) is None
    assert (made.state, made.round, made.since) == ("filling", 2, date(2021, 5, 20))
