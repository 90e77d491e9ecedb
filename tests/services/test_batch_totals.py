"""What a batch of transfers moves: foreseen of a list, of the batch drawn up from it, and kept with it once it is in effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crm import clock
from crm.db import count_statements
from crm.models import DUTIES
from crm.services import batch_changes, batch_contents, batch_effect, batch_totals, units
from crm.services.unit_figures import Amount
from tests.services.batching import NOTICE, TODAY, YI, database, drawn_up, person, signed

__all__ = ["database"]


@pytest.fixture
def books(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        yield session


def id_of(code: str) -> int:
    return units.unit_by_code(code).id


def test_the_list_the_batch_and_what_is_kept_of_it_say_the_same(books: Any) -> None:
    found = batch_contents.find("stock", NOTICE, actor=person("reviewer"))
    foreseen = batch_totals.of_lines(found.lines, person("reviewer"))
    assert foreseen.projects == Amount(4, 8 * YI)
    jd, cihui = foreseen.units[id_of("jd")].indicators, foreseen.units[id_of("cihui")].enterprise_service
    assert (jd.before, jd.after) == (Amount(5, 5 * YI), Amount(2, 2 * YI))
    assert (cihui.before, cihui.after) == (Amount(), Amount(4, 8 * YI))
    assert foreseen.balanced and foreseen.district.indicators.before == Amount(6, 10 * YI)
    assert [(one.projects.count, str(one.first_month), str(one.last_month)) for one in foreseen.carried] == [
        (3, "2020-04", "2021-04"),
        (1, "2020-04", "2021-04"),
    ]
    batch = signed()
    reviewer = person("reviewer")
    with count_statements() as counted:
        assert batch_totals.of_batch(batch, reviewer) == foreseen
    assert counted.count <= 8, counted.statements
    batch_effect.put_into_effect(batch.id, batch.round, actor=person("bureau_head"))
    books.expire_all()
    assert batch.state == "confirmed" and batch_totals.of_batch(batch, reviewer) == foreseen


def test_what_an_earlier_version_kept_with_a_batch_is_read(books: Any) -> None:
    """It kept what a unit had, gave and got; and nothing of which unit gave to which."""
    batch = drawn_up()
    duties = {duty: [[5, 5 * YI], [3, 3 * YI], [0, 0]] for duty in DUTIES}
    whole = {duty: [[6, 10 * YI], [3, 3 * YI], [3, 3 * YI]] for duty in DUTIES}
    batch.summary = {
        "amount": [3, 3 * YI], "units": {str(id_of("jd")): duties}, "district": whole, "carried": 3,
        "first_month": "2020-04", "last_month": "2021-04",
    }  # fmt: skip
    books.flush()
    kept = batch_totals.of_batch(batch, person("reviewer"))
    jd = kept.units[id_of("jd")].enterprise_service
    assert (jd.before, jd.after) == (Amount(5, 5 * YI), Amount(2, 2 * YI))
    assert kept.balanced and kept.projects == Amount(3, 3 * YI) and kept.flows == () and kept.unknown == 0


def test_a_few_statements_however_many_projects(books: Any) -> None:
    with count_statements() as counted:
        batch = drawn_up()
    # the form's checks, one insert for all rows, the event
    assert counted.count <= 22, counted.statements
    with count_statements() as counted:
        batch_changes.changed(batch)
    assert counted.count <= 3
