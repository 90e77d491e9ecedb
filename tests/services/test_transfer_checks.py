"""What stands against a last step that nobody could see when the list was signed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crm import clock
from crm.errors import Refused
from crm.models import CarryOver
from crm.periods import Month
from crm.services import months, transfers
from tests.services.offering import person
from tests.services.transferring import TODAY, begin, brought

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def small(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        yield begin()


@pytest.mark.parametrize("step", ["signing", "confirming"])
def test_a_month_closed_after_a_signature_is_seen_by_both_units_first(
    small: Any, session: Any, step: str
) -> None:
    months.close(Month(2021, 3), actor=None)
    made = brought(step)
    months.close(Month(2021, 4), actor=None)
    verb, login = (transfers.sign, "jinghe") if step == "signing" else (transfers.confirm, "chief")
    with pytest.raises(Refused) as refused:
        verb(made.id, version=made.version, actor=person(login))
    assert refused.value.values == {"month": "2021-04"}
    sends_back = "jinghe" if step == "signing" else "chief"
    transfers.send_back(
        made.id, version=made.version, remarks={}, note="四月已月结", actor=person(sends_back)
    )
    for again, who in ((transfers.send, "gx"), (transfers.sign, "jinghe"), (transfers.confirm, "chief")):
        again(made.id, version=made.version, actor=person(who))
    assert [row.first_month for row in session.query(CarryOver)] == ["2021-04"]


def test_a_month_closed_before_it_is_due_changes_nothing(small: Any) -> None:
    made = brought("confirming")
    months.close(Month(2021, 3), actor=None)
    transfers.confirm(made.id, version=made.version, actor=person("chief"))
    assert made.state == "confirmed"
