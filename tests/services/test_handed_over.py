"""What a handover list left open passes to the receiving unit, and is finished there once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crm import clock
from crm.errors import NotAllowed, NotFound, Stale
from crm.services import handed_over, handover, history, transfers
from crm.services.handover_entry import Entry
from tests.services.offering import person
from tests.services.transferring import TODAY, begin, brought


@pytest.fixture
def small(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        yield begin()


def handed_with_two_tasks() -> Any:
    """P1 as it was handed over with two tasks, one of them with a day, and one that was settled."""
    made = brought("filling")
    [nothing] = [item for item in handover.items(made) if item.section == "tasks"]
    entry = Entry("tasks", "办环评", "open")
    handover.set_item(nothing.id, entry, version=nothing.version, actor=person("gx2"))
    for entry in (Entry("tasks", "办入统", "open", due_on="2021-06-18"), Entry("tasks", "已清", "settled")):
        handover.add_item(made.id, entry, actor=person("gx2"))
    transfers.send(made.id, version=made.version, actor=person("gx"))
    transfers.sign(made.id, version=made.version, actor=person("jinghe"))
    assert handed_over.waiting_for(person("jinghe2")) == [], "not before it is confirmed"
    return transfers.confirm(made.id, version=made.version, actor=person("chief"))


def waiting(login: str) -> list[str]:
    return [item.text for item, _transfer in handed_over.waiting_for(person(login))]


def test_what_is_left_open_waits_with_the_receiving_unit_until_it_is_done(small: Any) -> None:
    made = handed_with_two_tasks()
    assert waiting("jinghe2") == waiting("jinghe") == ["办入统", "办环评"], "what is due first"
    assert waiting("gx2") == waiting("sy") == waiting("chief") == []
    [first, _second] = [item for item, _transfer in handed_over.waiting_for(person("jinghe2"))]
    for login in ("gx2", "sy", "chief"):
        with pytest.raises(NotAllowed):
            handed_over.finish(made.id, first.id, actor=person(login))
    with pytest.raises(NotFound):
        handed_over.finish(made.id, 999, actor=person("jinghe2"))
    digest = handover.digest(made)
    handed_over.finish(made.id, first.id, actor=person("jinghe2"))
    assert waiting("jinghe2") == ["办环评"] and len(handed_over.left(made)) == 1
    assert handover.digest(made) == digest, "the list stays as it was signed"
    assert history.events(made)[-1].detail["text"] == "办入统"
    with pytest.raises(Stale):
        handed_over.finish(made.id, first.id, actor=person("jinghe"))
