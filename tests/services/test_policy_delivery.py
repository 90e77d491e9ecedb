"""政策兑现 is held with the service, but with the unit entitled where reading R9 gives it to the street of the site."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from crm import clock
from crm.services import attribution, holdings, readings
from crm.web.fact_names import Names
from crm.web.project_page import spans
from tests.services.transferring import COMPLETED, SIGNED, TODAY, begin, brought, project


def held(known: datetime | None = None) -> list[tuple[str, date, date | None, int | None]]:
    """Who holds 政策兑现 from when to when, by which transfer."""
    book = attribution.rulebook(known)
    apart = attribution.policy_apart(attribution.timeline(project(), book, known), book)
    names = Names.of(book.units.values(), book.areas.values())
    found = spans(holdings.of(project(), known), apart, names)
    return [
        (one.unit, one.from_, one.to, one.transfer_id)
        for one in found
        if one.responsibility == "policy_delivery"
    ]


def test_it_goes_with_the_service_and_as_entitled_while_r9_says_so(session: Any) -> None:
    with clock.at(TODAY):
        begin()
        kept = [("gx", SIGNED, None, None)]
        assert held() == kept, "径河街 is entitled and does not hold yet"
        for day, choice in ((date(2021, 5, 1), "site-street"), (date(2021, 5, 20), "service")):
            readings.set_reading("R9", choice=choice, basis="会议纪要", valid_from=day, actor=None)
        parted = [
            ("gx", SIGNED, date(2021, 5, 1), None),
            ("jinghe", date(2021, 5, 1), date(2021, 5, 20), None),
            ("gx", date(2021, 5, 20), None, None),
        ]
        assert held() == parted
    with clock.at(TODAY + timedelta(days=1)):
        known = clock.now()
    with clock.at(TODAY + timedelta(days=2)):
        made = brought("confirmed")
        assert held() == [("gx", SIGNED, COMPLETED, None), ("jinghe", COMPLETED, None, made.id)]
        assert held(known) == parted
