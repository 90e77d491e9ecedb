"""The page of one enterprise: what hangs on it, each part by the rights it has elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from crm.db import db
from crm.grants import UNITS
from crm.models import Enterprise, Project, ProjectOrigin, Unit, User
from crm.permissions import allowed, own, visible_to
from crm.services import companies, company_groups, company_leads, contacts, origins
from crm.services.company_leads import Known
from crm.services.contacts import Panel
from crm.services.units import all_units

SHOWN = 50
"""Projects, leads and children on the page."""


@dataclass(frozen=True)
class CompanyPage:
    """What one person sees of an enterprise."""

    company: Enterprise
    parent: Enterprise | None
    """None, too, where the person may not see it."""
    children: list[Enterprise]
    projects: list[Project]
    origins: Mapping[int, ProjectOrigin]
    editable: list[Project]
    """Those of its projects whose origin the person may say."""
    earlier: list[tuple[str, str]]
    """Number and name of the projects of the group, to choose an origin from."""
    leads: list[Known]
    contacts: Panel
    units: Mapping[int, Unit]

    @classmethod
    def of(cls, key: int, user: User) -> CompanyPage:
        """The page; raises NotFound."""
        company = companies.by_id(key, user)
        projects = companies.projects_of(company, user, SHOWN + 1)
        editable = _editable(projects, user)
        earlier: list[tuple[str, str]] = []
        if editable:
            ids = company_groups.members(company)
            query = select(Project.number, Project.name).where(Project.enterprise_id.in_(ids))
            query = query.where(visible_to(user)).order_by(Project.id.desc()).limit(200)
            earlier = [(number, name) for number, name in db.session.execute(query)]
        return cls(
            company,
            company_groups.parent(company, user),
            company_groups.children(company, user, SHOWN + 1),
            projects,
            origins.of([project.id for project in projects]) if projects else {},
            editable if len(earlier) > 1 else [],
            earlier,
            company_leads.of(company, user, SHOWN + 1),
            contacts.of(company, user),
            {unit.id: unit for unit in all_units()},
        )


def _editable(projects: list[Project], user: User) -> list[Project]:
    if not projects or not allowed(user, "project:edit"):
        return []
    if user.role not in UNITS:
        return projects
    query = select(Project.id).where(Project.id.in_([project.id for project in projects]), own(user))
    ids = set(db.session.scalars(query))
    return [project for project in projects if project.id in ids]
