"""What looks alike is put before the bureau, and decided once, by whom it is for, as things are at that moment."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bench.registry import credit_code
from crm import clock, create_app
from crm.db import count_statements, db, transaction
from crm.errors import NotAllowed, NotFound, Refused, Stale
from crm.models import AuditEvent, Contact, Enterprise, Lead, LeadProgress, Triage, Unit, User
from crm.services import duplicates, merged_leads, names, triages
from crm.services.triages import Place, decide, seen
from tests import build
from tests.databases import Database

NAME = "汉芯微电子"


class Books:
    """A lead that stands, one that waits beside it, and the bureau."""

    def __init__(self) -> None:
        self.district = build.district()
        self.staff = build.user(unit=self.district.sy)
        self.bureau = build.user("reviewer", unit=self.district.swj)
        self.first = self.lead(self.district.jd, "XS1")
        self.second = self.lead(self.district.sy, "XS2", stage="triage", response_due=None)

    def lead(self, unit: Any, number: str, name: str = NAME, **facts: Any) -> Lead:
        """A lead that is found by its name."""
        made = build.lead(unit, number, name=name, **facts)
        names.index_lead(made)
        return made

    def submitted(self, level: int | None = None) -> Triage:
        """The second lead beside the first."""
        found = duplicates.find(NAME, user=self.staff, without=self.second)
        (triage,) = triages.submit(self.second, found, actor=self.staff)
        if level:
            triage.level = level
            db.session.flush()
        return triage

    def decide(self, triage: Triage, outcome: str, reason: str = "", actor: User | None = None) -> Triage:
        """As seen just now."""
        return decide(triage.id, outcome, reason, seen_as=seen(triage), actor=actor or self.bureau)


@pytest.fixture
def books(session: Any) -> Books:
    """The small books."""
    return Books()


def test_the_same_is_merged_and_the_other_keeps_all_it_has(session: Any, books: Books) -> None:
    triage = books.submitted()
    assert (triage.level, triage.similarity) == (2, 100)
    assert triage.due_on == clock.today() + timedelta(days=3)
    progress = LeadProgress(lead_id=books.second.id, kind="visit", day=clock.today(), outcome="谈过")
    session.add_all([progress, Contact(lead_id=books.second.id, name="王某")])
    kept = books.first.protected_until, books.first.unit_id, books.first.stage
    later = books.lead(books.district.gx, "XS3", "汉芯微电子厂")
    session.add(
        Triage(lead_id=books.second.id, other_id=later.id, level=3, similarity=90, due_on=clock.today())
    )
    session.flush()
    books.decide(triage, "same")
    assert (books.second.stage, books.second.merged_into_id) == ("merged", books.first.id)
    assert (
        books.second.closed_on == clock.today() and books.second.first_contact_unit_id == books.district.sy.id
    )
    assert (books.first.protected_until, books.first.unit_id, books.first.stage) == kept
    with count_statements() as ran:
        (merged,) = merged_leads.of(books.first)
    assert ran.count <= 3
    assert [row.outcome for row in merged.progress] == ["谈过"] and merged.contacts[0].name == "王某"
    assert not session.scalar(select(Triage.id).where(Triage.state == "open"))
    actions = list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))
    assert actions[-4:] == ["triage.opened", "lead.merged", "triage.decided", "triage.decided"]


def test_what_is_new_stands_beside_the_other_and_its_clocks_begin_that_day(
    session: Any, books: Books
) -> None:
    triage = books.submitted()
    with pytest.raises(Refused, match="理由"):
        books.decide(triage, "new", "  ")
    with clock.at(clock.today() + timedelta(days=2)):
        books.decide(triage, "new", "另一个园区的二期")
        second = books.second
        assert (second.stage, second.cleared, second.had_since) == ("registered", True, clock.today())
        assert second.response_due == clock.today() + timedelta(days=1)
        assert second.protected_until == clock.today() + timedelta(days=90)
    assert triage.reason == "另一个园区的二期" and triage.decided_by_id == books.bureau.id
    assert triages.settled(second) == {books.first.id}


def test_the_last_of_several_opens_it(session: Any, books: Books) -> None:
    books.lead(books.district.gx, "XS3", "汉芯微电子厂")
    found = duplicates.find(NAME, user=None, without=books.second)
    one, two = triages.submit(books.second, found, actor=books.staff)
    assert triages.submit(books.second, found, actor=books.staff) == []
    books.decide(one, "new", "不同投资方")
    assert books.second.stage == "triage"
    books.decide(two, "ignored")
    assert books.second.stage == "registered"


def test_what_is_ignored(session: Any, books: Books) -> None:
    triage = books.submitted()
    with pytest.raises(Refused, match="不能忽略"):
        books.decide(triage, "ignored")
    triage.level = 3
    session.flush()
    # the same name all the same: the index has the last word
    with pytest.raises(Refused, match="还在办理"):
        books.decide(triage, "ignored")
    session.refresh(triage)
    assert books.second.stage == "triage"


def test_a_lead_that_is_open_already_stays_as_it_is(session: Any, books: Books) -> None:
    third = books.lead(books.district.gx, "XS3", "汉芯微显示屏")
    begun = third.had_at
    for number in range(4):
        books.lead(books.district.jd, f"XS4{number}", f"汉芯微显{chr(0x4E00 + number)}光")
    found = duplicates.find(third.name, user=None, without=third)
    made = triages.submit(third, [one for one in found if one.level == 4], actor=books.staff)
    assert len(made) == triages.OPENED_AT_ONCE
    books.decide(made[0], "new", "行业不同")
    books.decide(made[1], "ignored")
    assert (third.stage, third.cleared, third.had_at) == ("registered", False, begun)


def test_what_ended_meanwhile_is_told(session: Any, books: Books) -> None:
    triage = books.submitted()
    books.first.stage, books.first.lost_reason = "withdrawn", "other"
    session.flush()
    with pytest.raises(Refused, match="已经结束"):
        books.decide(triage, "same")
    books.decide(triage, "new", "前一条已退库")
    assert books.second.stage == "registered"


def test_twice_by_others_and_out_of_date(session: Any, books: Books) -> None:
    triage = books.submitted()
    before = seen(triage)
    for actor in (books.staff, build.user("leader"), build.user("auditor")):
        with pytest.raises(NotAllowed):
            books.decide(triage, "same", actor=actor)
    with pytest.raises(NotFound):
        decide(999, "same", "", seen_as=before, actor=books.bureau)
    for outcome, reason in (("merge", ""), ("", ""), ("new", "长" * 501)):
        with pytest.raises(Refused):
            books.decide(triage, outcome, reason)
    books.first.note = "改了"
    session.flush()
    with pytest.raises(Stale, match="变动"):
        decide(triage.id, "same", "", seen_as=before, actor=books.bureau)
    books.decide(triage, "same")
    with pytest.raises(Stale, match="reviewer某|reviewer"):
        books.decide(triage, "new", "改主意")
    assert books.second.stage == "merged"


def test_what_waits(session: Any, books: Books) -> None:
    triage = books.submitted()
    assert books.bureau.role and books.staff.role
    with count_statements() as ran:
        bureau, unit = (triages.waiting_for(user, 5) for user in (books.bureau, books.staff))
    assert ran.count <= 2
    assert (bureau.count, bureau.rows[0].number, bureau.rows[0].other) == (1, "XS2", "XS1")
    assert (unit.count, unit.rows[0].number, unit.rows[0].due_on) == (1, "XS2", triage.due_on)
    assert triages.waiting_for(build.user("leader"), 5).count == 0
    assert triages.waiting(limit=5) == [triage]
    assert triages.waiting(Place(triage.due_on, triage.id), limit=5) == []
    books.decide(triage, "same")
    assert triages.decided(limit=5) == [triage] and triages.decided(triage.id, limit=5) == []
    assert triages.waiting_for(books.staff, 5).count == 0


def at_once(database: Database, tmp_path: Path, prepare: Any, act: Any) -> list[Any]:
    """What two people come to who do the same in the same moment, each over a connection of their own."""
    app = create_app(database.settings(tmp_path))
    with app.app_context():
        with transaction():
            given = prepare()
        db.session.remove()
        db.engine.dispose()
    start, found = threading.Barrier(2), list[Any]()

    def one(number: int) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    found.append(act(number, given))
            except (Refused, IntegrityError) as refused:
                found.append(refused)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        db.engine.dispose()
    return sorted(found, key=lambda result: isinstance(result, Exception))


@pytest.mark.parametrize("by_code", [True, False])
def test_of_two_leads_in_the_same_second_the_database_takes_one(
    database: Database, tmp_path: Path, by_code: bool
) -> None:
    def prepare() -> tuple[int, int | None]:
        district = build.district()
        enterprise = Enterprise(name=NAME, credit_code=credit_code(1))
        db.session.add(enterprise)
        db.session.flush()
        return district.jd.id, enterprise.id if by_code else None

    def act(number: int, given: tuple[int, int | None]) -> str:
        unit, enterprise_id = db.session.get(Unit, given[0]), given[1]
        assert unit is not None
        name = f"{NAME}{number}" if by_code else NAME
        return build.lead(unit, f"XS{number}", name=name, enterprise_id=enterprise_id).number

    taken, refused = at_once(database, tmp_path, prepare, act)
    assert taken in ("XS1", "XS2")
    assert isinstance(refused, IntegrityError), refused


def test_of_two_who_decide_at_once_one_is_told(database: Database, tmp_path: Path) -> None:
    def prepare() -> tuple[int, str, int]:
        books = Books()
        triage = books.submitted()
        return triage.id, seen(triage), books.bureau.id

    def act(number: int, given: tuple[int, str, int]) -> str:
        actor = db.session.get(User, given[2])
        assert actor is not None
        outcome = ("same", "new")[number - 1]
        return decide(given[0], outcome, "理由", seen_as=given[1], actor=actor).state

    done, refused = at_once(database, tmp_path, prepare, act)
    assert done in ("same", "new") and isinstance(refused, Stale), refused
