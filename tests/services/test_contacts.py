"""Contacts: what is kept of telephone and mail, who may read them, and what of them is told anywhere else."""

from __future__ import annotations

from datetime import timedelta
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import text

from crm import clock, secrecy
from crm.commands import contacts as renewing
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refusals, Refused, Stale
from crm.models import AuditEvent, Contact, Enterprise, LeadUnit
from crm.services import contact_keys, contacts, history
from crm.services.contact_fields import checked, masked
from tests import build

PHONE, MAIL = "13812345678", "wang.li@example.com"


@pytest.fixture
def books(session: Any) -> Any:
    """Two units with a person each, the bureau's reviewer and a leader; a lead of the first unit."""
    units = {code: build.unit(code, kind="office") for code in ("jd", "gx", "sy")}
    books: dict[str, Any] = {code: build.user("staff", login=code, unit=unit) for code, unit in units.items()}
    books["reviewer"] = build.user("reviewer", unit=build.unit("swj"))
    books["leader"] = build.user("leader")
    books["lead"] = build.lead(units["jd"])
    books["units"] = units
    return books


def added(books: Any, **more: str) -> Contact:
    values = {"name": "王莉", "position": "总经理", "phone": PHONE, "mail": MAIL} | more
    return contacts.add(books["lead"], actor=books["jd"], **values)


def test_the_books_hold_neither_telephone_nor_mail(app: Flask, session: Any, books: Any) -> None:
    contact = added(books)
    contacts.change(contact, seen=1, phone="027-8321 0001 转 8012", actor=books["jd"])
    contacts.read(contact, books["jd"])
    row = session.execute(text("SELECT * FROM contacts")).one()
    details = [str(event.detail) for event in session.query(AuditEvent)]
    assert [event.action for event in history.events(books["lead"])] == [
        "contact.added",
        "contact.changed",
        "contact.read",
    ]
    for secret in (PHONE, MAIL, "wang.li", "8321"):
        assert secret not in str(row) and not any(secret in detail for detail in details)
    if db.engine.url.database and db.engine.dialect.name == "sqlite":
        session.commit()
        files = list(Path(db.engine.url.database).parent.glob(Path(db.engine.url.database).name + "*"))
        assert files and all(PHONE.encode() not in file.read_bytes() for file in files)
    key = Path(app.config["CONTACT_KEY_FILE"])
    assert key.stat().st_mode & 0o777 == 0o600
    assert contacts.read(contact, books["jd"]) == contacts.Address("027-8321 0001 转 8012", MAIL)


def seen(books: Any, who: str) -> tuple[int, bool, bool, bool]:
    panel = contacts.of(books["lead"], books[who])
    first = panel.shown[0] if panel.shown else None
    return len(panel.shown), panel.may_add, bool(first and first.may_read), bool(first and first.may_edit)


def test_who_sees_and_who_reads(session: Any, books: Any) -> None:
    contact = added(books)
    [shown] = contacts.of(books["lead"], books["jd"]).shown
    assert (shown.phone, shown.mail) == ("138****5678", "w****@example.com")
    assert seen(books, "jd") == (1, True, True, True)
    assert seen(books, "gx") == (0, False, False, False)
    assert seen(books, "reviewer") == (1, False, True, False)
    assert seen(books, "leader") == (1, False, False, False)
    for who in ("gx", "leader"):
        with pytest.raises(NotAllowed):
            contacts.by_id(contact.id, books[who], "contact:read")
    assert contacts.by_id(contact.id, books["reviewer"], "contact:read")[1] is books["lead"]
    with pytest.raises(NotAllowed):
        contacts.by_id(contact.id, books["reviewer"], "contact:edit")
    # who works on it jointly has the same rights, while that lasts
    joint = LeadUnit(lead_id=books["lead"].id, unit_id=books["units"]["sy"].id)
    session.add(joint)
    session.flush()
    assert seen(books, "sy") == (1, True, True, True)
    joint.until = clock.today() - timedelta(days=1)
    session.flush()
    assert seen(books, "sy") == (0, False, False, False)


def test_they_follow_the_lead(session: Any, books: Any) -> None:
    contact = added(books)
    books["lead"].unit_id = books["units"]["gx"].id
    session.flush()
    assert seen(books, "gx") == (1, True, True, True)
    with pytest.raises(NotAllowed):
        contacts.by_id(contact.id, books["jd"], "contact:read")
    # in the common pool everybody sees that there is somebody, and nobody's unit reads the number
    books["lead"].protected_until = clock.today() - timedelta(days=1)
    session.flush()
    assert seen(books, "gx") == seen(books, "jd") == (1, False, False, False)
    with pytest.raises(NotAllowed):
        contacts.by_id(contact.id, books["gx"], "contact:read")


def test_those_of_an_enterprise_are_of_who_entered_them(session: Any, books: Any) -> None:
    enterprise = Enterprise(name="湖北示例有限公司")
    session.add(enterprise)
    session.flush()
    contact = contacts.add(enterprise, "李某", "", PHONE, "", books["jd"])
    for who, may in (("jd", True), ("gx", False), ("reviewer", True), ("leader", False)):
        [shown] = contacts.of(enterprise, books[who]).shown
        assert (shown.phone, shown.may_read) == ("138****5678", may)
    assert contacts.of(enterprise, books["gx"]).may_add
    with pytest.raises(NotAllowed):
        contacts.by_id(contact.id, books["gx"], "contact:read")


def test_changes_on_what_somebody_else_changed(session: Any, books: Any) -> None:
    contact = added(books)
    assert contacts.change(contact, seen=1, name="王莉", phone=PHONE, actor=books["jd"]) == []
    assert contacts.change(contact, seen=1, position="董事长", mail="", actor=books["jd"]) == [
        "position",
        "mail",
    ]
    assert contact.mail == ""
    with pytest.raises(Stale):
        contacts.change(contact, seen=1, name="别人", actor=books["jd"])
    with pytest.raises(Stale):
        contacts.remove(contact, seen=1, actor=books["jd"])
    contacts.remove(contact, seen=2, actor=books["jd"])
    assert contact.phone == "" and seen(books, "jd")[0] == 0
    with pytest.raises(NotFound):
        contacts.by_id(contact.id, books["jd"], "contact:edit")


def test_what_telephones_and_mail_look_like() -> None:
    for given, kept in {
        " １３８ 1234 5678 ": "138 1234 5678",
        "+86 138-1234-5678": "+86 138-1234-5678",
        "(027)83210001转8012": "027-83210001转8012",
        "027—83210001 ext 12": "027-83210001 ext 12",
        "": "",
    }.items():
        assert checked(phone=given) == {"phone": kept}
    for wrong in ("138a1234", "电话13812345678", "12", "1" * 30, "<b>", "1" * 5000, "138\x0012345678转"):
        with pytest.raises(Refused) as refused:
            checked(phone=wrong)
        assert wrong[:10] not in str(refused.value)
    assert checked(mail="Ａ@example.com.cn", name="王\x00莉") == {"mail": "A@example.com.cn", "name": "王 莉"}
    for wrong in ("a@b", "a b@example.com", "@example.com", "a@@example.com", "a@example.", "a@" + "x" * 300):
        with pytest.raises(Refused):
            checked(mail=wrong)
    with pytest.raises(Refusals) as all_wrong:
        checked(name="", position="长" * 61, phone="x", mail="x")
    assert [problem.field for problem in all_wrong.value] == ["name", "position", "phone", "mail"]


@pytest.mark.parametrize(
    ("kind", "given", "shown"),
    [
        ("phone", PHONE, "138****5678"),
        ("phone", "+86 138 1234 5678", "138****5678"),
        ("phone", "027-83210001转8012", "027****0001"),
        ("phone", "83210001", "****01"),
        ("phone", "12345", "****"),
        ("mail", MAIL, "w****@example.com"),
        ("mail", "ab@example.com", "****@example.com"),
        ("mail", "", ""),
    ],
)
def test_what_everybody_sees(kind: str, given: str, shown: str) -> None:
    assert masked(kind, given) == shown


def test_keys_are_changed_and_lost(app: Flask, session: Any, books: Any) -> None:
    contact = added(books)
    file = Path(app.config["CONTACT_KEY_FILE"])
    old, new = file.read_text(), Fernet.generate_key().decode()
    app.config["CONTACT_KEYS"] = f"{new}, {old}"
    assert contacts.read(contact, books["jd"]).phone == PHONE
    contacts.change(contact, seen=1, phone="13900001111", actor=books["jd"])
    app.config["CONTACT_KEYS"] = new
    assert secrecy.reveal(contact.phone) == "13900001111"
    for keys in (old, "no key", "旧"):
        app.config["CONTACT_KEYS"] = keys
        [shown] = contacts.of(books["lead"], books["jd"]).shown
        assert (shown.phone, shown.readable) == ("****", False)
        with pytest.raises(Refused, match="密钥"):
            contacts.read(contact, books["jd"])
    # a key that went missing is not replaced by a new one
    app.config["CONTACT_KEYS"] = ""
    file.unlink()
    with pytest.raises(Refused, match="从备份找回"):
        added(books, name="另一位")
    assert not file.exists()


def test_what_an_older_key_encrypted_is_encrypted_anew(
    app: Flask, session: Any, books: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_keys, "AT_ONCE", 2)
    first, second, lost, bare = (added(books, name=name) for name in ("甲", "乙", "丙", "丁"))
    contacts.change(bare, seen=1, phone="", mail="", actor=books["jd"])
    old, new = Path(app.config["CONTACT_KEY_FILE"]).read_text(), Fernet.generate_key().decode()
    lost.phone = Fernet(Fernet.generate_key()).encrypt(b"1").decode()
    session.flush()
    app.config["CONTACT_KEYS"] = f"{new},{old}"
    contacts.change(second, seen=1, phone="13900001111", mail="", actor=books["jd"])
    versions = [one.version for one in (first, second, lost)]
    part = contact_keys.renew()
    assert (part.last, part.seen, part.renewed, part.unreadable) == (second.id, 2, 1, [])
    rest = contact_keys.renew(after=second.id)
    assert (rest.last, rest.seen, rest.renewed, rest.unreadable) == (None, 1, 0, [lost.id])
    # begun again there is nothing left to do
    assert contact_keys.renew().renewed == 0
    session.expire_all()
    assert [one.version for one in (first, second, lost)] == versions
    app.config["CONTACT_KEYS"] = new
    assert contacts.read(first, books["jd"]) == contacts.Address(PHONE, MAIL)
    assert secrecy.reveal(second.phone) == "13900001111"
    [event] = session.query(AuditEvent).filter_by(action="contact.renewed")
    assert event.detail == {"count": 1}
    app.config["CONTACT_KEYS"] = "no key"
    with pytest.raises(Refused, match="密钥"):
        contact_keys.renew()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_says_how_many_and_what_it_could_not_read(
    app: Flask, session: Any, books: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(books)
    lost = added(books, name="丙")
    lost.mail = Fernet(Fernet.generate_key()).encrypt(b"1").decode()
    session.commit()
    monkeypatch.setattr(renewing, "opened", app.app_context)
    monkeypatch.setattr("crm.commands._catalogue", NullTranslations)
    done = CliRunner().invoke(renewing.command, ["renew"])
    assert done.exit_code == 1 and "共2位" in done.output and f"编号：{lost.id}" in done.output
    contacts.remove(db.session.merge(lost), seen=2, actor=None)
    db.session.commit()
    done = CliRunner().invoke(renewing.command, ["renew"])
    assert done.exit_code == 0 and "共1位" in done.output and "旧密钥" in done.output
