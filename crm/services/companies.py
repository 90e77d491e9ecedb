"""企业: which one a name and a credit code mean, what is known of it, and which group it belongs to."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from crm import company_names
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refused, Stale
from crm.messages import N_
from crm.models import Enterprise, Project, ProjectFacts, User
from crm.permissions import allowed, visible_to
from crm.services import company_groups, fact_checks, history, names
from crm.services.company_rights import seen_by
from crm.sheets.credit_codes import LETTERS, check_character, credit_code

FLAGS = ("fortune_500", "headquarters", "listed", "specialised")
LONGEST = {"name": 100, "group_name": 100, "note": 500}
COLUMNS = ("name", "credit_code", "parent_id", "group_name", *FLAGS, "note")
"""What may be changed."""


class CodeTaken(Refused):
    """Another enterprise has the credit code."""

    def __init__(self, other: Enterprise) -> None:
        super().__init__(
            N_("统一社会信用代码%(code)s已登记在另一家企业"),
            field="credit_code",
            code=other.credit_code,
        )
        self.other_id = other.id


def by_id(key: int, user: User | None) -> Enterprise:
    """The enterprise; raises NotFound where there is none that the person may see."""
    query = select(Enterprise).where(Enterprise.id == key, seen_by(user))
    found = db.session.scalar(query)
    if found is None:
        raise NotFound(N_("没有这家企业"))
    return found


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
    made.name_key = company_names.key(made.name)
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


def named(text: str) -> Enterprise | None:
    """The enterprise that a field names, by its credit code, its name, or both; none for no text.

    Raises Refused where there is none, or several of that name.
    """
    words = text.split()
    if not words:
        return None
    if code := credit_code(words[-1]):
        found = by_code(code)
        if found is None:
            raise Refused(N_("账上没有信用代码为%(code)s的企业；请先登记"), field="parent", code=code)
        return found
    rows = list(db.session.scalars(select(Enterprise).where(Enterprise.name == text).limit(2)))
    if len(rows) > 1:
        raise Refused(N_("有几家企业都叫“%(name)s”；请填信用代码"), field="parent", name=text)
    if not rows:
        raise Refused(N_("账上没有“%(name)s”；请从列表中选，或先登记"), field="parent", name=text)
    return rows[0]


def add(values: Mapping[str, Any], *, actor: User) -> Enterprise:
    """Enters an enterprise by hand. Raises NotAllowed, CodeTaken, Refused or Refusals."""
    _require(actor)
    history.hold()
    _check(None, values)
    made = Enterprise(**values, name_key=company_names.key(values["name"]))
    with _unless_taken(values["credit_code"]):
        db.session.add(made)
    names.index_enterprise(made)
    history.record("company.added", made, actor=actor)
    return made


def change(company: Enterprise, values: Mapping[str, Any], *, seen: int, actor: User) -> list[str]:
    """Changes what is known of an enterprise; returns the columns that changed. `seen` is the version the person saw.

    Raises NotAllowed, Stale, CodeTaken, Refused or Refusals.
    """
    _require(actor)
    # whoever else makes somebody a parent waits, so that two of them make no circle
    history.hold()
    db.session.refresh(company, with_for_update={"of": Enterprise})
    if company.version != seen:
        raise Stale()
    before = {column: getattr(company, column) for column in COLUMNS}
    changed = [column for column in values if before[column] != values[column]]
    if not changed:
        return []
    _check(company, before | dict(values))
    with _unless_taken(values.get("credit_code")):
        for column in changed:
            setattr(company, column, values[column])
        company.name_key = company_names.key(company.name)
    if "name" in changed:
        names.index_enterprise(company)
    history.record(
        "company.changed",
        company,
        actor=actor,
        before={column: before[column] for column in changed},
        after={column: values[column] for column in changed},
    )
    return changed


def code_of(text: str) -> str | None:
    """The credit code that a text names; none for no text. Raises Refused with what is wrong with it."""
    code = "".join(unicodedata.normalize("NFKC", text).upper().split())
    if not code:
        return None
    if len(code) != 18:
        raise Refused(N_("统一社会信用代码是18位，这里有%(found)s位"), field="credit_code", found=len(code))
    for position, character in enumerate(code, 1):
        if character not in LETTERS:
            wrong = N_("第%(position)s位“%(found)s”不会出现在信用代码里（不用字母I、O、S、V、Z）")
            raise Refused(wrong, field="credit_code", position=position, found=character)
    if not code[2:8].isdecimal():
        raise Refused(N_("信用代码的第3至8位是登记机关的行政区划，应是数字"), field="credit_code")
    right = check_character(code)
    if code[-1] != right:
        wrong = N_("末位校验不符：按前17位应是“%(right)s”，这里是“%(found)s”；请核对有没有抄错")
        raise Refused(wrong, field="credit_code", right=right, found=code[-1])
    return code


def _require(actor: User) -> None:
    if not allowed(actor, "company:edit"):
        raise NotAllowed()


def _check(company: Enterprise | None, values: Mapping[str, Any]) -> None:
    found = []
    if not values["name"]:
        found.append(Refused(N_("企业名称是空的"), field="name"))
    for column, most in LONGEST.items():
        if len(values[column]) > most:
            message = N_("长度%(found)s字，最多%(most)s字")
            found.append(Refused(message, field=column, found=len(values[column]), most=most))
    code = values["credit_code"]
    other = by_code(code) if code else None
    if other is not None and other is not company:
        found.append(CodeTaken(other))
    if company is not None and code != company.credit_code and (number := _known_otherwise(company, code)):
        message = N_("项目“%(number)s”登记的是另一个信用代码；请先更正项目")
        found.append(Refused(message, field="credit_code", number=number))
    parent_id = values["parent_id"]
    if parent_id is not None and (company is None or parent_id != company.parent_id):
        found += company_groups.problems(company, parent_id)
    fact_checks.refuse(found)


def _known_otherwise(company: Enterprise, code: str | None) -> str | None:
    """The number of a project of the enterprise that names another credit code."""
    later = aliased(ProjectFacts)
    newest = select(func.max(later.id)).where(later.project_id == Project.id).scalar_subquery()
    query = (
        select(Project.number)
        .join(ProjectFacts, ProjectFacts.id == newest)
        .where(Project.enterprise_id == company.id, ProjectFacts.credit_code.is_not(None))
        .where(ProjectFacts.credit_code != code)
    )
    return db.session.scalar(query.limit(1))


@contextmanager
def _unless_taken(code: str | None) -> Iterator[None]:
    """What is changed inside is written; raises CodeTaken where somebody else gave the code in between."""
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError:
        other = by_code(code) if code else None
        if other is None:
            raise
        raise CodeTaken(other) from None


def projects_of(company: Enterprise, user: User | None, limit: int) -> list[Project]:
    """The enterprise's newest projects that the person may see."""
    query = select(Project).where(Project.enterprise_id == company.id, visible_to(user))
    return list(db.session.scalars(query.order_by(Project.id.desc()).limit(limit)))


def _codeless(name: str, *, without_projects: bool = False) -> Enterprise | None:
    query = select(Enterprise).where(Enterprise.name == name, Enterprise.credit_code.is_(None))
    if without_projects:
        query = query.where(~exists().where(Project.enterprise_id == Enterprise.id))
    return db.session.scalar(query.order_by(Enterprise.id).limit(1))
