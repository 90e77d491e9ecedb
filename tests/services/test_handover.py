"""The handover list: filled from the books, changed by the giving unit alone, and what is signed is what was read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refusals, Refused, Stale
from crm.models import Attachment, AttachmentVersion, AuditEvent, Contact, Enterprise, Transfer, TransferItem
from crm.services import attachments, handover
from crm.services.handover_entry import Entry, attachable
from tests import build
from tests.services.offering import account, person

TODAY = date(2021, 6, 3)

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def attach(kind: str, key: int, title: str, digest: str) -> Attachment:
    """A file of a record."""
    made = Attachment(subject_type=kind, subject_id=key, title=title, removed=False)
    db.session.add(made)
    db.session.flush()
    db.session.add(
        AttachmentVersion(
            attachment_id=made.id,
            number=1,
            file_name="a.pdf",
            media_type="application/pdf",
            size=1,
            sha256=digest,
            stored_as=digest,
        )
    )
    db.session.flush()
    return made


@pytest.fixture
def small(session: Any) -> Iterator[Any]:
    """A project that came from a lead, and its transfer from an office to a street."""
    with clock.at(TODAY):
        found = build.district()
        for login, role, unit in (
            ("jd", "staff", "jd"), ("head", "unit_head", "jd"), ("street", "unit_head", "zoumaling"),
            ("sy", "staff", "sy"), ("reviewer", "reviewer", "swj"), ("leader", "leader", "swj"),
        ):  # fmt: skip
            account(login, role, found.units[unit])
        firm = Enterprise(name="汉芯公司")
        db.session.add(firm)
        db.session.flush()
        project = build.project("P1", total_investment_fen=12_600_000_000, enterprise_id=firm.id)
        lead = build.lead(
            found.jd, "XS1", stage="signed", project_id=project.id, next_step="催办环评", next_step_on=date(2021, 7, 1)
        )  # fmt: skip
        db.session.add_all(
            [
                Contact(lead_id=lead.id, name="王经理", position="副总", phone="secret"),
                Contact(enterprise_id=firm.id, name="李工"),
                Contact(enterprise_id=firm.id, name="离职者", removed=True),
            ]
        )
        attach("leads", lead.id, "意向书", "a" * 64)
        attach("projects", project.id, "投资协议", "b" * 64)
        made = Transfer(
            project_id=project.id, from_unit_id=found.jd.id, to_unit_id=found.zoumaling.id, indicators=True,
            enterprise_service=True, rule="3.2-out-of-plate", since=date(2021, 5, 1), due_on=date(2021, 6, 13),
        )  # fmt: skip
        db.session.add(made)
        db.session.flush()
        found.transfer = made  # type: ignore[attr-defined]
        handover.fill_from_books(made)
        yield found


def lines(small: Any, section: str) -> list[TransferItem]:
    return [item for item in handover.items(small.transfer) if item.section == section]


def entry(section: str = "problems", text: str = "土地证未办", state: str = "open", **more: Any) -> Entry:
    return Entry(section, text, state, **more)


def refused(call: Any) -> set[tuple[str, str | None]]:
    with pytest.raises(Refusals) as found:
        call()
    return {(one.message, one.field) for one in found.value}


def test_it_is_filled_with_what_the_books_hold(small: Any) -> None:
    assert [item.text for item in lines(small, "documents")] == ["意向书", "投资协议"]
    assert [len(item.files) for item in lines(small, "documents")] == [1, 1]
    contacts = [item.text for item in lines(small, "contacts")]
    assert contacts == ["王经理（副总）", "李工"]
    assert not any("secret" in item.text for item in handover.items(small.transfer))
    money, task = lines(small, "money")[0], lines(small, "tasks")[0]
    assert (money.amount_fen, task.text, task.due_on) == (12_600_000_000, "催办环评", date(2021, 7, 1))
    for section in ("problems", "promises", "policy_owed"):
        (empty,) = lines(small, section)
        assert (empty.text, empty.state) == ("", "missing")


def test_a_section_is_empty_only_where_somebody_says_so(small: Any) -> None:
    assert [one.field for one in handover.lacking(small.transfer)] == [
        "section-problems", "section-promises", "section-policy_owed"
    ]  # fmt: skip
    first = lines(small, "problems")[0]
    handover.set_item(first.id, entry(text="", state="nothing"), version=first.version, actor=person("jd"))
    handover.add_item(small.transfer.id, entry("promises", "厂房补贴", amount="125.5"), actor=person("jd"))
    handover.add_item(small.transfer.id, entry("policy_owed", "", "nothing"), actor=person("head"))
    assert handover.lacking(small.transfer) == []
    assert lines(small, "promises")[0].amount_fen == 125_500_000
    handover.add_item(small.transfer.id, entry("policy_owed", "租金补贴"), actor=person("jd"))
    gone = lines(small, "documents")
    for item in gone:
        handover.remove_item(item.id, version=item.version, actor=person("jd"))
    assert {one.field for one in handover.lacking(small.transfer)} == {
        "section-policy_owed",
        "section-documents",
    }
    contact = lines(small, "contacts")[1]
    contact.remark = "电话打不通"
    db.session.flush()
    found = [one for one in handover.lacking(small.transfer) if one.field == f"item-{contact.id}"]
    assert [one.values["place"] for one in found] == [2]
    handover.set_item(
        contact.id,
        entry(text="李工", state="ready", answer="已换新号"),
        version=contact.version,
        actor=person("jd"),
    )
    assert not any(one.field == f"item-{contact.id}" for one in handover.lacking(small.transfer))


def test_every_field_is_in_the_digest(small: Any) -> None:
    seen = {handover.digest(small.transfer)}
    item, file = lines(small, "contacts")[0], attachable(small.transfer)[0]
    for name, value in (
        ("text", "王总"), ("state", "missing"), ("amount_fen", 5), ("due_on", TODAY), ("remark", "不对"),
        ("answer", "对的"), ("source", ""), ("section", "tasks"), ("position", 9),
    ):  # fmt: skip
        setattr(item, name, value)
        db.session.flush()
        seen.add(handover.digest(small.transfer))
    assert len(seen) == 10
    given = entry("tasks", "王总", "ready", files=(file.id,))
    handover.set_item(item.id, given, version=item.version, actor=person("jd"))
    seen.add(handover.digest(small.transfer))
    db.session.add(
        AttachmentVersion(
            attachment_id=file.id,
            number=2,
            file_name="b.pdf",
            media_type="application/pdf",
            size=1,
            sha256="c" * 64,
            stored_as="c",
        )
    )
    db.session.flush()
    db.session.expire_all()
    seen.add(handover.digest(small.transfer))
    handover.remove_item(item.id, version=item.version, actor=person("jd"))
    seen.add(handover.digest(small.transfer))
    for name, value in (
        ("indicators", False), ("to_unit_id", small.sy.id), ("since", date(2021, 1, 4)), ("rule", "3.1-stock"),
    ):  # fmt: skip
        setattr(small.transfer, name, value)
        db.session.flush()
        seen.add(handover.digest(small.transfer))
    assert len(seen) == 17
    assert handover.digest(small.transfer) in seen


def test_every_mistake_is_told_and_nothing_changes(small: Any) -> None:
    item, before = lines(small, "tasks")[0], handover.digest(small.transfer)
    bad = Entry("x", "长" * 501, "x", "-3", "2021-13-01", "答" * 501, (999,))
    assert {field for _, field in refused(lambda: handover.add_item(small.transfer.id, bad, actor=person("jd")))} == {
        "section", "state", "text", "answer", "amount", "due_on", "files"
    }  # fmt: skip
    assert {
        field
        for _, field in refused(
            lambda: handover.set_item(item.id, entry(text=" "), version=item.version, actor=person("jd"))
        )
    } == {"text"}
    events = db.session.query(AuditEvent).count()
    for who in map(person, ("sy", "street", "reviewer", "leader")):
        with pytest.raises(NotAllowed):
            handover.add_item(small.transfer.id, entry(), actor=who)
        with pytest.raises(NotAllowed):
            handover.set_item(item.id, entry(), version=item.version, actor=who)
        with pytest.raises(NotAllowed):
            handover.remove_item(item.id, version=item.version, actor=who)
    for call in (
        lambda: handover.set_item(item.id, entry(), version=item.version + 1, actor=person("jd")),
        lambda: handover.remove_item(item.id, version=0, actor=person("jd")),
    ):
        with pytest.raises(Stale):
            call()
    for call in (
        lambda: handover.set_item(9999, entry(), version=1, actor=person("jd")),
        lambda: handover.add_item(9999, entry(), actor=person("jd")),
    ):
        with pytest.raises(NotFound):
            call()
    assert handover.digest(small.transfer) == before and db.session.query(AuditEvent).count() == events


def test_once_it_was_sent_nobody_changes_it(small: Any) -> None:
    item, version = lines(small, "tasks")[0], small.transfer.version
    handover.set_item(item.id, entry(text="新任务"), version=item.version, actor=person("jd"))
    assert small.transfer.version > version
    with pytest.raises(Refused, match="已经有了"):
        handover.add_item(small.transfer.id, entry("tasks", "新任务"), actor=person("jd"))
    handover.remove_item(item.id, version=item.version, actor=person("jd"))
    with pytest.raises(Stale, match="已经删去"):
        handover.remove_item(item.id, version=item.version, actor=person("jd"))
    recorded = [event.action for event in db.session.query(AuditEvent).filter_by(subject_type="transfers")]
    assert recorded == ["transfer.item_set", "transfer.item_removed"]
    for state in ("signing", "confirming", "declined"):
        small.transfer.state = state
        db.session.flush()
        other = lines(small, "money")[0]
        with pytest.raises(Refused, match="不能再改"):
            handover.set_item(other.id, entry(), version=other.version, actor=person("jd"))
        with pytest.raises(Refused, match="不能再改"):
            handover.add_item(small.transfer.id, entry(), actor=person("jd"))


def test_files_on_the_list_are_read_by_both_units_once_it_was_sent(small: Any) -> None:
    leads_file = next(one for one in attachable(small.transfer) if one.subject_type == "leads")

    def reads(login: str) -> bool:
        try:
            return attachments.by_id(leads_file.id, person(login))[0] is leads_file
        except (NotAllowed, NotFound):
            return False

    assert [reads(who) for who in ("jd", "street", "sy")] == [True, False, False]
    small.transfer.state = "signing"
    db.session.flush()
    assert [reads(who) for who in ("jd", "street", "sy")] == [True, True, False]
    with pytest.raises((NotAllowed, NotFound)):
        attachments.by_id(leads_file.id, person("street"), change=True)
    assert attachments.may(person("street"), small.transfer, change=True)
    small.transfer.state = "declined"
    db.session.flush()
    assert [reads(who) for who in ("jd", "street", "sy")] == [True, False, False]
    assert not attachments.may(person("jd"), small.transfer, change=True)
