"""An office with a lead to sign, and what is recorded of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.db import db
from crm.errors import Refusals, Refused
from crm.models import AuditEvent, Contact, Enterprise, Lead, Project, User
from crm.services import signing, units
from crm.services.attribution import rulebook
from tests import build

TODAY = date(2021, 6, 3)
CODE = "91420100MA4KNBC434"
YI = 10_000_000_000


@dataclass
class Office:
    """An office's person, its lead, and what a signing of it says."""

    person: User
    lead: Lead
    given: dict[str, Any]

    def sign(self, number: str = "X1", **more: Any) -> Project:
        """Signs it with other facts."""
        how = {name: more.pop(name) for name in ("seen", "unsited", "reason", "actor") if name in more}
        db.session.flush()
        return signing.sign(
            self.lead, number, self.given | more, **({"seen": self.lead.version, "actor": self.person} | how)
        )


def make() -> None:
    """机电产业办, its person, and a lead of it with a known enterprise, logged in May."""
    unit = units.unit_by_code("jd")
    enterprise = Enterprise(name="汉芯公司", credit_code=CODE)
    db.session.add(enterprise)
    db.session.flush()
    lead = build.lead(
        unit,
        "XS2021001",
        name="封装项目",
        enterprise_id=enterprise.id,
        industry_code="3911",
        intended_investment_fen=5 * YI,
        site_street_id=units.unit_by_code("zoumaling").id,
        logged_on=date(2021, 5, 3),
        next_step="开工协调会",
        response_due=TODAY,
        feedback_due=TODAY,
        report_due=TODAY,
    )
    db.session.add(Contact(lead_id=lead.id, name="李某", unit_id=unit.id))
    build.user("staff", unit=unit)
    build.user("unit_head", unit=units.unit_by_code("sy"))
    build.user("reviewer")
    build.user("bureau_head")
    build.lead(unit, "XS2", industry_code="3911", intended_investment_fen=YI)


def found() -> Office:
    """The office of these books."""
    lead = db.session.query(Lead).filter_by(number="XS2021001").one()
    return Office(person("staff"), lead, signing.proposed(lead, rulebook()) | {"signed_on": date(2021, 6, 1)})


def person(login: str) -> User:
    return db.session.query(User).filter_by(login=login).one()


def events(action: str) -> list[AuditEvent]:
    return list(db.session.query(AuditEvent).filter_by(action=action))


def fields(refused: Refused | Refusals) -> set[str | None]:
    return {refused.field} if isinstance(refused, Refused) else {one.field for one in refused}


def signed(seen: int, number: str, project: str) -> None:
    """Somebody of 机电产业办 signs a lead."""
    lead = db.session.query(Lead).filter_by(number=number).one()
    given = signing.proposed(lead, rulebook()) | {"signed_on": TODAY, "site_street": "jinghe"}
    signing.sign(lead, project, given, seen=seen, actor=person("staff"))
