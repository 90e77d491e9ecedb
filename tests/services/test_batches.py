"""Batches of transfers: what is in one, every step and who may take it, and that all of it takes effect or nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, Refusals, Refused, Stale
from crm.models import Holding, Project, Transfer, TransferBatch, TransferSignature
from crm.services import (
    batch_changes,
    batch_contents,
    batch_effect,
    batch_signers,
    batch_signing,
    batches,
    jobs,
    people,
    posts,
    projects,
    units,
)
from tests import build
from tests.services.batching import NOTICE, TODAY, confirmed, database, drawn_up, person, sent, signed

__all__ = ["database"]


@pytest.fixture
def books(session: Any) -> Any:
    with clock.at(TODAY):
        yield session


def project(number: str) -> Project:
    return db.session.query(Project).filter_by(number=number).one()


def holders(number: str) -> tuple[int | None, int | None]:
    one = project(number)
    return one.held_indicators_id, one.held_enterprise_service_id


def transfers(batch: TransferBatch, state: str = "confirming") -> list[Transfer]:
    return db.session.query(Transfer).filter_by(batch_id=batch.id, state=state).order_by(Transfer.id).all()


def ids(batch: TransferBatch, *numbers: str) -> list[int]:
    return [one.id for one in transfers(batch) if one.project.number in numbers]


def id_of(code: str) -> int:
    return units.unit_by_code(code).id


def effect(batch: TransferBatch) -> int:
    return batch_effect.put_into_effect(batch.id, batch.round, actor=person("bureau_head"))


def test_a_batch_consists_of_what_its_rules_say_is_due_and_nothing_is_moved_before_it_is_confirmed(
    books: Any,
) -> None:
    found = batch_contents.find("stock", NOTICE, actor=person("reviewer"))
    assert [line.number for line in found.lines] == ["P000", "P001", "P002", "SY"]
    assert {line.rule for line in found.lines} == {"3.1-transfer"}
    assert {line.since for line in found.lines} == {NOTICE}
    batch = drawn_up(seen=found.digest)
    assert batch_contents.digest(batch) == found.digest
    assert holders("P000") == (id_of("jd"), id_of("jd"))


def test_a_project_in_an_open_transfer_is_left_out_with_the_reason(books: Any) -> None:
    first = drawn_up()
    batches.take_out(
        first.id, ids(first, "SY"), reason="有争议", version=first.version, actor=person("reviewer")
    )
    found = batch_contents.find("stock", NOTICE, actor=person("reviewer"))
    assert [line.number for line in found.lines] == ["SY"]
    assert {(one.number, one.why, one.of) for one in found.left_out} == {
        (number, "in_batch", first.id) for number in ("P000", "P001", "P002")
    }
    second = drawn_up()
    with pytest.raises(Refused) as refused:
        drawn_up()
    assert refused.value.field == "kind"
    with pytest.raises(Stale):
        drawn_up(kind="sme_city", seen="another list")
    assert [batch.id for batch, _ in batches.listing(None, before=None, limit=9)] == [second.id, first.id]
    assert [count for _, count in batches.listing("drafting", before=None, limit=9)] == [1, 3]
    assert len(batches.listing(None, before=None, limit=9, unit_id=id_of("sy"))) == 1


def test_every_mistake_of_the_form_is_told_at_once(books: Any) -> None:
    with pytest.raises(Refusals) as refusals:
        batches.draw_up("stock", date(2019, 1, 1), title=" ", basis="长" * 1001, unit=units.unit_by_code("jd"), actor=person("reviewer"))  # fmt: skip
    assert [one.field for one in refusals.value] == ["day", "unit", "title", "basis"]
    with pytest.raises(Refusals) as refusals:
        batches.draw_up("succession", TODAY, title="承继", basis="文件", actor=person("reviewer"))
    assert [one.field for one in refusals.value] == ["unit"]
    with pytest.raises(NotAllowed):
        batches.draw_up("stock", NOTICE, title="存量", basis="通知", actor=person("bureau_head"))
    assert db.session.query(TransferBatch).count() == 0


def test_drawn_up_sent_signed_confirmed(books: Any) -> None:
    batch = sent()
    assert batch.state == "signing" and batch.due_on == date(2021, 6, 10)
    assert batch_signers.signers(batch) == [id_of(code) for code in ("jd", "sy", "cihui")]
    jd = person("jd")
    assert batch_signing.waiting_for(jd) == [batch] and not batch_signing.waiting_for(person("changqing"))
    batch_signing.sign(batch.id, version=batch.version, actor=jd)
    assert not batch_signing.waiting_for(jd)
    with pytest.raises(Stale):
        batch_signing.sign(batch.id, version=batch.version, actor=jd)
    for stranger in ("changqing", "reviewer", "bureau_head"):
        with pytest.raises(NotAllowed):
            batch_signing.sign(batch.id, version=batch.version, actor=person(stranger))
    with pytest.raises(Stale):
        batch_signing.confirm(batch.id, version=batch.version, actor=person("bureau_head"))
    for code in ("sy", "cihui"):
        batch_signing.sign(batch.id, version=batch.version, actor=person(code))
    assert batch.state == "confirming" and batch_signing.waiting_for(person("bureau_head")) == [batch]
    with pytest.raises(NotAllowed):
        batch_signing.confirm(batch.id, version=batch.version, actor=person("reviewer"))
    version = batch.version
    batch_signing.confirm(batch.id, version=version, actor=person("bureau_head"))
    with pytest.raises(Stale):
        batch_signing.confirm(batch.id, version=batch.version, actor=person("bureau_head"))
    assert effect(batch) == 4 and batch.state == "confirmed"
    for number in ("P000", "P001", "P002", "SY"):
        assert holders(number) == (id_of("cihui"), id_of("cihui"))
        assert project(number).due_since is None
    assert holders("KEPT") == holders("SME") == (id_of("jd"), id_of("jd"))
    done = transfers(batch, "confirmed")
    assert {one.effective_day for one in done} == {date(2021, 5, 1)}
    assert {
        row.transfer_id for row in db.session.query(Holding).filter(Holding.transfer_id.is_not(None))
    } == {one.id for one in done}
    rows = db.session.query(Holding).count()
    assert effect(batch) == 4 and db.session.query(Holding).count() == rows, "twice does nothing twice"
    sides = (
        db.session.query(TransferSignature.side, TransferSignature.digest).filter_by(batch_id=batch.id).all()
    )
    assert sorted(side for side, _ in sides) == ["bureau", "giving", "giving", "receiving"]
    assert len({digest for _, digest in sides}) == 1
    assert batch_contents.find("stock", NOTICE, actor=person("reviewer")).lines == []


def test_it_is_not_sent_while_a_unit_has_nobody_who_can_sign(books: Any) -> None:
    batch, reviewer = drawn_up(), person("reviewer")
    posts.end(person("jd"), "unit_head", units.unit_by_code("jd"), valid_from=TODAY, actor=None)
    people.lock_user(person("cihui"), actor=None)
    build.user("staff", login="cihui-staff", unit=units.unit_by_code("cihui"))
    with pytest.raises(Refused) as refused:
        batches.send(batch.id, version=batch.version, actor=reviewer)
    assert refused.value.values == {"units": "机电产业办、慈惠街"} and batch.state == "drafting"
    people.unlock_user(person("cihui"), actor=None)
    build.user("unit_head", login="jd2", unit=units.unit_by_code("jd"))
    assert batches.send(batch.id, version=batch.version, actor=reviewer).state == "signing"


def test_nobody_confirms_what_they_drew_up_or_look_after(books: Any) -> None:
    batch = signed()
    batch.held_by_id = person("bureau_head").id
    books.flush()
    with pytest.raises(NotAllowed):
        batch_signing.confirm(batch.id, version=batch.version, actor=person("bureau_head"))


def test_a_unit_asks_for_a_project_to_be_taken_out(books: Any) -> None:
    batch = sent()
    batch_signing.sign(batch.id, version=batch.version, actor=person("cihui"))
    with pytest.raises(Refused):
        batch_signing.ask_out(
            batch.id, ids(batch, "P000"), reason="不是本办的", version=batch.version, actor=person("sy")
        )
    with pytest.raises(Refused):
        batch_signing.ask_out(
            batch.id, ids(batch, "P000"), reason=" ", version=batch.version, actor=person("jd")
        )
    chosen = ids(batch, "P000", "P001")
    batch_signing.ask_out(batch.id, chosen, reason="正在搬迁", version=batch.version, actor=person("jd"))
    assert (batch.state, batch.round, batch.note) == ("drafting", 2, "正在搬迁")
    assert batch_signing.signatures(batch) == {}, "what was signed no longer counts"
    batches.take_out(
        batch.id, ids(batch, "P000"), reason="同意移出", version=batch.version, actor=person("reviewer")
    )
    with pytest.raises(Refused) as refused:
        batches.send(batch.id, version=batch.version, actor=person("reviewer"))
    assert refused.value.field == "note"
    batches.send(batch.id, version=batch.version, note="没有搬迁", actor=person("reviewer"))
    assert {one.note for one in transfers(batch)} == {""}
    assert [(one.project.number, one.note) for one in transfers(batch, "withdrawn")] == [("P000", "同意移出")]
    assert project("P000").due_since == NOTICE, "still due"
    for code in ("jd", "sy", "cihui"):
        batch_signing.sign(batch.id, version=batch.version, actor=person(code))
    assert effect(batch) == 3 and holders("P000") == (id_of("jd"), id_of("jd"))


def test_what_is_overtaken_refuses_the_whole_until_it_is_taken_out_and_signed_again(books: Any) -> None:
    batch = confirmed()
    version = batch.version
    projects.change(project("P001"), {"site_street": "changqing"}, actor=None, valid_from=NOTICE)
    assert [(one.number, one.change) for one in batch_changes.changed(batch)] == [("P001", "settled")]
    with pytest.raises(Refused) as refused:
        effect(batch)
    assert refused.value.values == {"count": 1}
    assert holders("P000") == (id_of("jd"), id_of("jd")), "not half"
    job = batch_signing.job_of(batch)
    assert job is not None
    jobs.fail(job, refused.value.message, refused.value.values)
    books.flush()
    batch_signing.send_back(batch.id, version=version, note="有变化", actor=person("bureau_head"))
    one = next(one for one in transfers(batch) if one.project.number == "P002")
    one.since = TODAY
    books.flush()
    assert {(one.number, one.change) for one in batch_changes.changed(batch)} == {
        ("P001", "settled"),
        ("P002", "since"),
    }
    with pytest.raises(Refused) as refused:
        batches.send(batch.id, version=batch.version, actor=person("reviewer"))
    assert refused.value.values == {"count": 2}
    batches.take_changed_out(batch.id, version=batch.version, actor=person("reviewer"))
    assert {one.project.number for one in transfers(batch, "overtaken")} == {"P001", "P002"}
    with pytest.raises(Refused):
        batches.take_changed_out(batch.id, version=batch.version, actor=person("reviewer"))
    batches.send(batch.id, version=batch.version, actor=person("reviewer"))
    for code in ("jd", "sy", "cihui"):
        batch_signing.sign(batch.id, version=batch.version, actor=person(code))
    assert effect(batch) == 2


def test_a_withdrawn_batch_ends_all_its_transfers_and_a_job_that_comes_later_does_nothing(books: Any) -> None:
    batch = confirmed()
    signed_round = batch.round
    with pytest.raises(NotAllowed):
        batches.withdraw(batch.id, version=batch.version, note="不办了", actor=person("jd"))
    batches.withdraw(batch.id, version=batch.version, note="不办了", actor=person("bureau_head"))
    assert transfers(batch) == [] and len(transfers(batch, "withdrawn")) == 4
    with pytest.raises(Refused):
        batch_effect.put_into_effect(batch.id, signed_round, actor=person("bureau_head"))
    for late in (
        lambda: batches.withdraw(batch.id, version=batch.version, note="再", actor=person("reviewer")),
        lambda: batch_signing.confirm(batch.id, version=batch.version, actor=person("bureau_head")),
        lambda: batch_signing.sign(batch.id, version=batch.version, actor=person("jd")),
    ):
        with pytest.raises(Stale):
            late()
    assert holders("P000") == (id_of("jd"), id_of("jd"))
    assert len(batch_contents.find("stock", NOTICE, actor=person("reviewer")).lines) == 4


def test_a_list_that_is_not_what_was_signed_is_refused(books: Any) -> None:
    batch = signed()
    transfers(batch)[0].rule = "3.1-retain"
    books.flush()
    with pytest.raises(Refused):
        effect(batch)
    assert holders("P000") == (id_of("jd"), id_of("jd"))


def test_an_old_copy_of_the_page_changes_nothing(books: Any) -> None:
    batch = drawn_up()
    version, reviewer = batch.version, person("reviewer")
    batches.take_out(batch.id, ids(batch, "SY"), reason="争议", version=version, actor=reviewer)
    for verb in (
        lambda: batches.send(batch.id, version=version, actor=reviewer),
        lambda: batches.take_out(batch.id, ids(batch, "P000"), reason="x", version=version, actor=reviewer),
    ):
        with pytest.raises(Stale):
            verb()
    gone = [one.id for one in transfers(batch, "withdrawn")]
    with pytest.raises(Stale):
        batches.take_out(batch.id, gone, reason="x", version=batch.version, actor=reviewer)
    batches.take_out(
        batch.id, [one.id for one in transfers(batch)], reason="x", version=batch.version, actor=reviewer
    )
    with pytest.raises(Refused):
        batches.send(batch.id, version=batch.version, actor=reviewer)


def test_open_batches_pass_to_another_reviewer(books: Any) -> None:
    batch = drawn_up()
    assert batch_signing.open_of(person("reviewer")) == 1
    with pytest.raises(Refused):
        batch_signing.pass_on(person("reviewer"), person("jd"), actor=None)
    assert batch_signing.pass_on(person("reviewer"), person("reviewer2"), actor=None) == 1
    assert batch.held_by_id == person("reviewer2").id and batch.drawn_up_by_id == person("reviewer").id
