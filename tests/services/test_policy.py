"""Settings: the default until the district sets a value, from its day on, as known on any day, never against another."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crm import clock
from crm.errors import Refusals, Refused
from crm.models import AuditEvent, Job, User
from crm.periods import Month
from crm.services import months, people, policy, proposals
from tests import build

TODAY = date(2021, 6, 3)
JUNE, JULY, AUGUST = date(2021, 6, 1), date(2021, 7, 1), date(2021, 8, 1)


@pytest.fixture
def bureau(session: Any) -> Any:
    """Who proposes and who confirms."""
    with clock.at(TODAY):
        build.user("reviewer")
        build.user("bureau_head")
        yield session


def person(login: str) -> User:
    found = people.user_by_login(login)
    assert found
    return found


def drafted(key: str, value: object, day: date = JUNE) -> proposals.Draft:
    given = {"key": key, "value": value}
    return proposals.draft("setting", given, valid_from=day, reason="理由", basis="专班会议纪要")


def put(key: str, value: int, day: date) -> None:
    policy.set_value(key, value, basis="会议", valid_from=day, actor=None)


def refused(call: Any) -> str:
    with pytest.raises((Refused, Refusals)) as caught:
        call()
    found: Any = caught.value
    first = next(iter(found)) if isinstance(found, Refusals) else found
    return f"{first.field}: {first.message}"


def test_a_change_holds_from_its_day_once_it_is_confirmed(bureau: Any) -> None:
    assert policy.on(TODAY)["protection_days"] == 90 and not policy.on(TODAY).is_set("protection_days")
    made = proposals.propose(drafted("protection_days", "１２０"), actor=person("reviewer"))
    assert [one.id for one in proposals.open_of_kind("setting")] == [made.id]
    assert policy.on(TODAY)["protection_days"] == 90
    assert "kind: " in refused(
        lambda: proposals.propose(drafted("protection_days", 60), actor=person("reviewer"))
    )
    with clock.at(date(2021, 6, 10)):
        proposals.confirm(made.id, actor=person("bureau_head"))
    before, now = policy.on(date(2021, 5, 31)), policy.on(TODAY)
    assert (before["protection_days"], before.is_set("protection_days")) == (90, False)
    assert (now["protection_days"], now.is_set("protection_days")) == (120, True)
    known = policy.on(TODAY, clock.now())
    assert known["protection_days"] == 90
    assert bureau.query(Job).count() == 0, "no project moves"
    assert bureau.query(AuditEvent).filter_by(action="setting.set").count() == 1


def test_what_the_district_sets_to_the_default_is_set(bureau: Any) -> None:
    drafted("protection_days", 90)
    put("protection_days", 90, JUNE)
    assert "valid_from: " in refused(lambda: drafted("protection_days", 90))


@pytest.mark.parametrize("value", ["", "0", "731", "-1", "9.5", "九十", "9" * 30, "1e2", None, "90天"])
def test_a_value_is_a_whole_number_within_bounds(bureau: Any, value: object) -> None:
    assert refused(lambda: drafted("protection_days", value)).startswith("value: 请填")


def test_no_other_setting_and_no_closed_month(bureau: Any) -> None:
    assert refused(lambda: drafted("no_such", 5)).startswith("key: ")
    assert refused(lambda: put("no_such", 5, JUNE)).startswith("key: ")
    made = proposals.propose(drafted("protection_days", 60), actor=person("reviewer"))
    months.close(Month(2021, 6), actor=None)
    assert refused(lambda: drafted("report_days", 20)).startswith("valid_from: ")
    assert refused(lambda: proposals.confirm(made.id, actor=person("bureau_head"))).startswith("valid_from: ")
    drafted("report_days", 20, JULY)


def test_no_setting_against_another_on_any_day(bureau: Any) -> None:
    assert refused(lambda: drafted("similar_percent", 85)).startswith("value: “%(lesser)s”须小于")
    put("alike_percent", 70, AUGUST)
    assert refused(lambda: put("similar_percent", 75, JUNE)).startswith("value: ")
    put("similar_percent", 65, JULY)
    put("similar_percent", 75, JUNE)
    assert refused(lambda: put("alike_percent", 75, date(2021, 6, 2))).startswith("value: ")
    assert refused(lambda: put("notice_days", 90, JUNE)).startswith("value: ")
    put("notice_days", 89, JUNE)


def test_every_setting_has_its_sentence_and_its_default_is_allowed() -> None:
    assert set(policy.ABOUT) == set(policy.SETTINGS)
    for setting in policy.SETTINGS.values():
        assert setting.least <= setting.default <= setting.most
        assert setting.about
    for lesser, greater in policy.IN_ORDER:
        assert policy.SETTINGS[lesser].default < policy.SETTINGS[greater].default
