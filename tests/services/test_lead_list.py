"""The list of leads and a lead's timeline: what each person finds in them, in every order, page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crm import clock
from crm.models import LeadProgress, User
from crm.services import lead_timeline, leads
from crm.services.lead_list import SORTS, Filters, Listing, Order
from crm.services.paging import Place
from tests import build
from tests.services.conftest import DAY
from tests.services.test_leads import given


def found(user: User, *, by: str = "id", falls: bool = True, **filters: Any) -> list[str]:
    """The numbers in the list, a masked one in brackets."""
    listing = Listing(user, Filters(**filters), Order(by, falls))
    assert listing.page(Place()).count == len(listing.page(Place()).lines)
    return [line.number if line.lead else f"({line.number})" for line in listing.page(Place()).lines]


def test_the_list_tells_of_others_leads_that_they_are_there(staff: dict[str, User], session: Any) -> None:
    jd, gx = staff["jd"].unit, staff["gx"].unit
    assert jd is not None and gx is not None
    with clock.at(DAY):
        build.lead(
            jd, "XS2021001", name="自家甲", intended_investment_fen=5, next_step="访", next_step_on=DAY
        )
        build.lead(
            gx, "XS2021002", name="别家乙", investor="母", intended_investment_fen=9, industry_code="3911"
        )
        past = DAY - timedelta(days=1)
        build.lead(gx, "XS2021003", name="池中丙", protected_until=past, source="fair", next_step_on=past)
        build.lead(jd, "XS2021004", name="自家丁", next_step="访", next_step_on=past)
        mine, all_ = staff["jd"], staff["reviewer"]
        assert found(mine) == ["XS2021004", "XS2021003", "(XS2021002)", "XS2021001"]
        assert found(mine, unit_id=gx.id) == ["XS2021003", "(XS2021002)"]
        assert found(mine, text="2002") == found(mine, text="别家") == found(mine, industry="39") == []
        assert found(mine, text="xs2021002") == ["(XS2021002)"]
        assert found(mine, text="家") == ["XS2021004", "XS2021001"]
        assert found(mine, by="name", falls=False) == ["XS2021003", "XS2021004", "XS2021001"]
        assert found(mine, by="intended_investment_fen") == ["XS2021001", "XS2021004", "XS2021003"]
        assert found(mine, next_step="overdue") == ["XS2021004"]
        assert found(mine, next_step="none") == [] and found(all_, next_step="none") == ["XS2021002"]
        assert found(mine, pool=True) == ["XS2021003"]
        assert found(mine, stage="registered") == ["XS2021004", "XS2021003", "XS2021001"]
        assert found(all_, text="家 母") == found(all_, industry="39") == ["XS2021002"]
        assert found(all_, source="fair", street_id=None) == ["XS2021003"]
        assert found(all_, by="intended_investment_fen")[:2] == ["XS2021002", "XS2021001"]


def test_pages_go_both_ways_in_every_order(staff: dict[str, User], session: Any) -> None:
    jd = staff["jd"].unit
    assert jd is not None
    with clock.at(DAY):
        for number in range(1, 8):
            build.lead(
                jd, f"XS202100{number}", name=f"公司{number % 3}", investor=str(number),
                had_since=DAY - timedelta(days=number % 4), intended_investment_fen=number % 2 or None,
            )  # fmt: skip
        for by in SORTS:
            for falls in (True, False):
                listing = Listing(staff["jd"], Filters(), Order(by, falls))
                whole = [line.number for line in listing.lines()]
                assert len(whole) == len(set(whole)) == 7
                pages: list[str] = []
                place = Place()
                while True:
                    page = listing.page(place, 3)
                    pages += [line.number for line in page.lines]
                    if not page.has_next:
                        break
                    place = Place(after=pages[-1])
                assert pages == whole, by
                last = [line.number for line in listing.page(Place(last=True), 3).lines]
                assert last == whole[-3:]
                before = listing.page(Place(before=last[0]), 3)
                assert [line.number for line in before.lines] == whole[1:4]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_renamed_lead_is_found_by_its_new_name_alone(staff: dict[str, User], session: Any) -> None:
    with clock.at(DAY):
        lead = leads.log(given("旧名电子公司"), actor=staff["jd"])
        leads.change(lead, {"name": "新称机械公司"}, version=lead.version, actor=staff["jd"])
        assert found(staff["jd"], text="旧名") == [] and found(staff["jd"], text="称机械") == [lead.number]


def test_the_timeline_has_everything_once_whatever_the_page(staff: dict[str, User], session: Any) -> None:
    with clock.at(DAY, clock.real_now()):
        lead = leads.log(given(), actor=staff["jd"])
        for number in range(6):
            leads.change(lead, {"note": f"第{number}次"}, version=lead.version, actor=staff["jd"])
            session.add(LeadProgress(lead_id=lead.id, kind="call", day=DAY, outcome=f"通话{number}"))
        session.flush()
    entries, place = [], None
    while True:
        page = lead_timeline.page(lead, place, 4)
        entries += [(bool(one.progress), one.place[3]) for one in page.entries]
        if page.last is None:
            break
        place = page.last
    assert len(entries) == len(set(entries)) == 13
    everything = [one.place for one in lead_timeline.page(lead, None, 50).entries]
    assert everything == sorted(everything, reverse=True)
