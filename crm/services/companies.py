"""企业: which one a name and a credit code mean."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from crm.db import db
from crm.models import Enterprise, Project, User
from crm.services import history, names


def of(
    name: str, credit_code: str | None, actor: User | None = None, *, told: bool = True
) -> Enterprise | None:
    """The enterprise with this credit code, else the one of this name that has none; added where there is none.

    A code is given to the one of the name that has none and no project either. No name and no code is nobody. With
    `told` an enterprise that is added is an event of its own; a project's registration tells it anyhow.
    """
    if not name and not credit_code:
        return None
    found = by_code(credit_code) if credit_code else _codeless(name)
    if found is not None:
        return found
    if credit_code and name and (known := _codeless(name, without_projects=True)):
        known.credit_code = credit_code
        db.session.flush()
        if told:
            history.record("company.changed", known, actor=actor, fields=["credit_code"])
        return known
    made = Enterprise(name=name or credit_code or "", credit_code=credit_code)
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:
        # somebody else entered the code between the question and the answer: it is the same enterprise
        found = by_code(credit_code) if credit_code else None
        if found is None:
            raise
        return found
    names.index_enterprise(made)
    if told:
        history.record("company.added", made, actor=actor)
    return made


def by_code(credit_code: str) -> Enterprise | None:
    """The enterprise with this credit code."""
    return db.session.scalar(select(Enterprise).where(Enterprise.credit_code == credit_code))


def _codeless(name: str, *, without_projects: bool = False) -> Enterprise | None:
    query = select(Enterprise).where(Enterprise.name == name, Enterprise.credit_code.is_(None))
    if without_projects:
        query = query.where(~exists().where(Project.enterprise_id == Enterprise.id))
    return db.session.scalar(query.order_by(Enterprise.id).limit(1))
