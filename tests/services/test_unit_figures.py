"""What units have and are entitled to, against the same figures added up by hand from the list of projects."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest

from crm import clock
from crm.db import count_statements
from crm.models import DUTIES, User
from crm.rules.facts import Facts
from crm.services import flows, projects, standpoint, unit_figures, unit_profile, units
from crm.services.paging import Place
from crm.services.project_filters import Filters
from crm.services.project_list import Listing, Order
from crm.services.unit_figures import PARTS, Amount, Figures
from crm.sheets.registry import RegistryRow
from tests import build
from tests.founded import database

__all__ = ["database"]

TODAY = date(2021, 6, 3)
YI = 10_000_000_000
OLD, NEW = date(2015, 1, 1), date(2021, 3, 1)

PROJECTS: tuple[dict[str, Any], ...] = (
    # stock in the plate: kept; stock out of it: given to the street
    {"attracted_by": "jd", "served_by": "jd", "site_street": "changqing", "signed_on": OLD, "completed_on": OLD},
    {"attracted_by": "jd", "served_by": "jd", "site_street": "cihui", "signed_on": OLD, "completed_on": OLD},
    {"attracted_by": "jd", "site_street": "cihui", "signed_on": OLD, "completed_on": OLD},
    # under construction out of the plate: stays; completed since: passes on
    {"attracted_by": "jd", "site_street": "cihui", "signed_on": NEW},
    {"attracted_by": "jd", "site_street": "cihui", "signed_on": OLD, "completed_on": NEW},
    # somebody else serves what the office is entitled to, and therefore holds, from its beginning
    {"attracted_by": "jd", "served_by": "cihui", "site_street": "changqing", "signed_on": NEW},
    # counted in another street than sited: held by the unit in the books, as it is entitled to it
    {"attracted_by": "cihui", "served_by": "cihui", "site_street": "cihui", "statistical_street": "zoumaling",
     "above_scale_industrial": True, "signed_on": OLD, "completed_on": OLD},
    # an office's is not aligned so
    {"attracted_by": "jd", "served_by": "jd", "site_street": "changqing", "statistical_street": "zoumaling",
     "above_scale_industrial": True, "signed_on": OLD, "completed_on": OLD},
    # the notice is silent
    {"attracted_by": "gsl", "site_street": "cihui", "signed_on": NEW},
    # a site is missing; not begun
    {"attracted_by": "jd", "signed_on": NEW},
    {"attracted_by": "jd", "site_street": "cihui"},
)  # fmt: skip


@pytest.fixture
def books(session: Any) -> Any:
    """Seeded books with a few projects of each kind, each of another size; the last without its investment."""
    with clock.at(TODAY):
        for number, facts in enumerate(PROJECTS, 1):
            register(f"P{number:02d}", None if number == 10 else number * YI, **facts)
        yield session


def register(number: str, fen: int | None, **facts: Any) -> Any:
    row = RegistryRow(
        1, number, number, "", None, "3911", Facts(**({"origin": "new_introduction"} | facts)), fen
    )
    return projects.register(row, actor=None)


def reader() -> User:
    return build.user("leader")


def by_hand(user: User, code: str) -> dict[str, Amount]:
    """A unit's figures for indicators, added up from the lines of the list and the facts they show."""
    unit = units.unit_by_code(code)
    found: Counter[tuple[str, str]] = Counter()
    for line in Listing(user, Filters(), Order(), TODAY).page(Place()).lines:
        project, decision = line.project, line.decision
        if decision is None or decision.indicators_id is None:
            continue
        has = project.served_by_id if project.served_by_id is not None else project.attracted_by_id
        if project.signed_on and project.signed_on > date(2020, 4, 27):
            has = decision.indicators_id
        entitled = None if decision.status == "undetermined" else decision.indicators_id
        parts = []
        if has == unit.id:
            parts = ["has"]
            if entitled != unit.id:
                parts.append("gives" if entitled else "undetermined")
        if entitled == unit.id:
            parts.append("entitled")
            if has != unit.id:
                parts.append("gets")
        for part in parts:
            found[part, "count"] += 1
            found[part, "fen"] += project.total_investment_fen or 0
    return {part: Amount(found[part, "count"], found[part, "fen"]) for part in PARTS}


def test_figures_are_those_added_up_by_hand(books: Any) -> None:
    user, seen = reader(), standpoint.at(TODAY)
    found = unit_figures.by_unit(user, seen, "indicators")
    for code in ("jd", "cihui", "zoumaling", "gsl"):
        unit = units.unit_by_code(code)
        figures = found.get(unit.id, Figures())
        assert {part: getattr(figures, part) for part in PARTS} == by_hand(user, code), code
        alone = unit_figures.by_unit(user, seen, "indicators", unit_id=unit.id)
        assert alone.get(unit.id, Figures()) == figures
    jd, cihui = (found[units.unit_by_code(code).id] for code in ("jd", "cihui"))
    assert [getattr(jd, part).count for part in PARTS] == [8, 5, 3, 0, 0]
    assert [getattr(cihui, part).count for part in PARTS] == [1, 4, 0, 3, 0]
    assert jd.difference == Amount(-3, (-2 - 3 - 5) * YI)


def test_the_district_stays_the_same_whoever_has_what(books: Any) -> None:
    user = reader()
    for duty in DUTIES:
        found = unit_figures.by_unit(user, standpoint.at(TODAY), duty)
        whole = unit_figures.total(found.values())
        assert whole.has.count == 10 and whole.has == whole.entitled + whole.undetermined
        assert whole.gives == whole.gets and whole.difference == Amount()
        assert all(one.difference == one.entitled + one.undetermined - one.has for one in found.values())


def test_each_figure_leads_to_exactly_its_projects(books: Any) -> None:
    user, seen = reader(), standpoint.at(TODAY)
    for duty in DUTIES:
        for unit_id, figures in unit_figures.by_unit(user, seen, duty).items():
            for part in PARTS:
                page = unit_figures.projects(user, seen, duty, part, unit_id, Place())
                amount = Amount(page.count, sum(line.fen or 0 for line in page.lines))
                assert amount == getattr(figures, part), (duty, unit_id, part)


def test_pages_are_cut_by_number_both_ways(books: Any) -> None:
    user, seen, jd = reader(), standpoint.at(TODAY), units.unit_by_code("jd").id
    numbers: list[str] = []
    place = Place()
    while True:
        page = unit_figures.projects(user, seen, "indicators", "has", jd, place, size=3)
        numbers += [line.number for line in page.lines]
        if not page.has_next:
            break
        place = Place(after=numbers[-1])
    assert numbers == sorted(numbers, reverse=True) and len(numbers) == page.count == 8
    last = unit_figures.projects(user, seen, "indicators", "has", jd, Place(last=True), size=3)
    assert [line.number for line in last.lines] == numbers[-3:] and last.has_previous and not last.has_next
    before = unit_figures.projects(user, seen, "indicators", "has", jd, Place(before=numbers[-3]), size=3)
    assert [line.number for line in before.lines] == numbers[2:5] and before.has_next


def test_the_past_as_it_was_and_as_it_was_known(books: Any) -> None:
    user, cihui = reader(), units.unit_by_code("cihui")
    before = unit_figures.by_unit(user, standpoint.at(date(2021, 2, 28)), "indicators")
    assert before[cihui.id].gets.count == 2, "the one completed in March had not passed yet"
    assert unit_figures.by_unit(user, standpoint.at(date(2020, 4, 26)), "indicators") == {}
    early = datetime(2000, 1, 1, tzinfo=UTC)
    assert unit_figures.by_unit(user, standpoint.at(TODAY, early), "indicators") == {}
    now = datetime(2030, 1, 1, tzinfo=UTC)
    known = unit_figures.by_unit(user, standpoint.at(TODAY, now), "indicators")
    assert known == unit_figures.by_unit(user, standpoint.at(TODAY), "indicators")


def test_a_correction_changes_the_past_but_not_what_was_known(books: Any) -> None:
    user, jd = reader(), units.unit_by_code("jd").id
    known = clock.now()
    with clock.at(date(2021, 6, 4)):
        project = projects.by_number("P03", user)
        projects.change(project, {"served_by": "cihui"}, actor=None)
        seen = standpoint.at(TODAY)
        assert unit_figures.by_unit(user, seen, "indicators")[jd].has.count == 7
        assert unit_figures.by_unit(user, standpoint.at(TODAY, known), "indicators")[jd].has.count == 8


def test_months_of_a_unit(books: Any) -> None:
    user, seen = reader(), standpoint.at(TODAY)
    rows = {
        code: flows.by_month(user, seen, "indicators", units.unit_by_code(code), "entitled")
        for code in ("jd", "cihui")
    }
    jd = {str(flow.month): (flow.began, flow.came, flow.left) for flow in rows["jd"]}
    assert len(jd) == 18 and list(jd)[-1] == "2021-06"
    # the first day: two of stock, one under construction; then three signed and one completed in March
    assert jd["2020-04"] == (3, 0, 0)
    assert jd["2021-03"] == (3, 0, 1)
    cihui = {str(flow.month): (flow.began, flow.came, flow.left) for flow in rows["cihui"]}
    assert cihui["2020-04"] == (3, 0, 0) and cihui["2021-03"] == (0, 1, 0)
    held = flows.by_month(user, seen, "indicators", units.unit_by_code("jd"))
    assert [(flow.began, flow.came, flow.left) for flow in held if flow.began] == [(5, 0, 0), (3, 0, 0)]
    early = standpoint.at(TODAY, datetime(2000, 1, 1, tzinfo=UTC))
    nothing = flows.by_month(user, early, "indicators", units.unit_by_code("jd"))
    assert {(flow.began, flow.came, flow.left) for flow in nothing} == {(0, 0, 0)}


def test_what_the_notice_says_of_a_unit(books: Any) -> None:
    by_id = {unit.id: unit for unit in units.all_units()}
    jd = unit_profile.profile(units.unit_by_code("jd"), by_id, TODAY)
    assert jd.exists and jd.until is None
    assert [(part.place.name, part.clause) for part in jd.plate] == [
        ("长青街", "三 一是"),
        ("径河街", "三 一是"),
    ]
    assert len(jd.focus) == 3
    street = unit_profile.profile(units.unit_by_code("zoumaling"), by_id, TODAY)
    assert [by_id[part.office_id].code for part in street.plate] == ["sy", "zb"] and not street.focus
    assert unit_profile.profile(units.unit_by_code("jd"), by_id, date(2020, 4, 26)).plate == ()
    unit = units.unit_by_code("xf")
    units.set_unit_term(unit, active=False, valid_from=date(2021, 9, 1), actor=None)
    gone = unit_profile.profile(unit, by_id, TODAY)
    assert gone.exists and gone.until == date(2021, 9, 1)
    assert not unit_profile.profile(unit, by_id, date(2021, 9, 1)).exists


def test_few_statements(books: Any) -> None:
    user, seen, jd = reader(), standpoint.at(TODAY), units.unit_by_code("jd")
    assert user.role, "which post it is is asked once for a request, before any figure"
    with count_statements() as counted:
        unit_figures.by_unit(user, seen, "indicators")
        unit_figures.projects(user, seen, "indicators", "has", jd.id, Place())
        flows.by_month(user, seen, "indicators", jd)
    assert counted.count <= 7


def test_who_may_not_read_projects_sees_no_figure(books: Any) -> None:
    auditor, seen, jd = build.user("auditor"), standpoint.at(TODAY), units.unit_by_code("jd")
    assert unit_figures.by_unit(auditor, seen, "indicators") == {}
    assert unit_figures.projects(auditor, seen, "indicators", "has", jd.id, Place()).lines == ()
    assert {flow.began for flow in flows.by_month(auditor, seen, "indicators", jd)} == {0}
