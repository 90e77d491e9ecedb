"""How the notice is read from which day on, and who may rule."""

from __future__ import annotations

from datetime import date, datetime

from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import AdjudicatorTerm, ReadingTerm, Unit, User, as_of
from crm.models.readings import CODES
from crm.periods import parse_day
from crm.rules.facts import CHOICES
from crm.services import history


def readings(day: date, known: datetime | None = None) -> dict[str, str]:
    """Code R1 to R11 → the key of the choice in force on a day; a question never decided is left out."""
    return {term.code: term.choice for term in db.session.scalars(as_of(ReadingTerm, day, known))}


def adjudicator(day: date, known: datetime | None = None) -> Unit | None:
    """裁定机关: the unit that may rule on a day; none where nobody may."""
    term = db.session.scalars(as_of(AdjudicatorTerm, day, known)).first()
    return db.session.get(Unit, term.unit_id) if term and term.unit_id is not None else None


def set_reading(code: str, *, choice: str, basis: str, valid_from: date, actor: User | None) -> ReadingTerm:
    """From a day on a question is read this way, on this basis.

    Raises Refused for an unknown question and for a choice that is none of its own; R7 is set per indicator.
    """
    if code not in CODES:
        raise Refused(N_("没有口径 %(code)s"), field="code", code=code)
    if code == "R8":
        try:
            parse_day(choice)
        except ValueError as error:
            message = N_("R8要的是日期，例如R8=2020-06-30，不是“%(found)s”")
            raise Refused(message, field="choice", found=choice) from error
    elif choice not in CHOICES.get(code, (choice,)):
        message = N_("口径%(code)s没有选项“%(found)s”；可用：%(known)s")
        raise Refused(message, field="choice", code=code, found=choice, known=" ".join(CHOICES[code]))
    term = ReadingTerm(code=code, choice=choice, basis=basis, valid_from=valid_from)
    db.session.add(term)
    db.session.flush()
    history.record("reading.set", term, actor=actor, code=code, choice=choice, valid_from=valid_from)
    return term


def set_adjudicator(unit: Unit | None, *, valid_from: date, actor: User | None) -> AdjudicatorTerm:
    """From a day on this unit may rule; None where nobody may."""
    term = AdjudicatorTerm(unit_id=unit.id if unit else None, valid_from=valid_from)
    db.session.add(term)
    db.session.flush()
    history.record(
        "adjudicator.set", term, actor=actor, unit=unit.code if unit else None, valid_from=valid_from
    )
    return term
