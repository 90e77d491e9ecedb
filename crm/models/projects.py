"""Projects: their facts as the books have them now, the history of those facts, and what was reported."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm import clock
from crm.db import Base, Instant, one_of
from crm.models.attribution import STATUSES
from crm.models.dated import Dated
from crm.models.enterprises import Enterprise
from crm.models.industries import Industry
from crm.models.units import Area, Unit

ORIGINS = ("new_introduction", "expansion", "relocation")
NAMED_MAJOR = ("boe", "corning", "full_chain")


class FactColumns:
    """The facts of a project that the rules and the registry look at. Money is whole fen."""

    name: Mapped[str]
    investor: Mapped[str | None]
    industry_code: Mapped[str | None]
    """Four digits in a known division; an older edition's class, which `industries` lacks, is accepted too."""
    attracted_by_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    served_by_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    origin: Mapped[str | None]
    from_street_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    site_street_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    site_area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    statistical_street_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    above_scale_industrial: Mapped[bool] = mapped_column(default=False)
    named_major: Mapped[str | None]
    signed_on: Mapped[date | None]
    construction_started_on: Mapped[date | None]
    completed_on: Mapped[date | None]
    total_investment_fen: Mapped[int | None] = mapped_column(BigInteger)


FACTS = tuple(FactColumns.__annotations__)
"""The names of the fact columns, in order."""


def fact_checks() -> tuple[CheckConstraint, ...]:
    """The CHECKs on fact columns, made anew for each table."""
    return (
        one_of("origin", ORIGINS),
        one_of("named_major", NAMED_MAJOR),
        CheckConstraint("total_investment_fen >= 0", name="total_investment"),
    )


class Project(FactColumns, Base):
    """A project as the books have it now; its fact columns equal the newest row of its history."""

    __tablename__ = "projects"
    __table_args__ = (
        *fact_checks(),
        one_of("attribution_status", STATUSES),
        # the orders a list can be in; ids keep equals apart
        Index(None, "name", "id"),
        Index(None, "signed_on", "id"),
        Index(None, "total_investment_fen", "id"),
        Index(
            None,
            "completed_on",
            sqlite_where=text("completed_on IS NOT NULL"),
            postgresql_where=text("completed_on IS NOT NULL"),
        ),
        Index(None, "site_street_id"),
        # The figures of all units, and of all streets, are read off these two without touching the projects. What an
        # import brings enters them when it is rolled to the day, not under the import's write lock.
        Index(
            "ix_projects_unit_figures",
            "indicators_id",
            "held_indicators_id",
            "enterprise_service_id",
            "held_enterprise_service_id",
            "attribution_status",
            "total_investment_fen",
            sqlite_where=text("indicators_id IS NOT NULL"),
            postgresql_where=text("indicators_id IS NOT NULL"),
        ),
        Index(
            "ix_projects_street_figures",
            "site_street_id",
            "indicators_id",
            "attribution_status",
            "completed_on",
            "construction_started_on",
            "total_investment_fen",
            sqlite_where=text("indicators_id IS NOT NULL"),
            postgresql_where=text("indicators_id IS NOT NULL"),
        ),
        Index(
            "ix_projects_due",
            "due_since",
            "id",
            sqlite_where=text("due_since IS NOT NULL"),
            postgresql_where=text("due_since IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprises.id"), index=True)
    version: Mapped[int] = mapped_column()
    invented: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """Names of the facts whose values are 演示."""
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)

    # What is decided and held on the day of the table `standing`: kept by crm.services.standing, never set through the ORM,
    # so that it neither raises the version nor makes an open form stale.
    # use_alter: decisions refer to projects as well.
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id", use_alter=True))
    indicators_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    enterprise_service_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    attribution_status: Mapped[str | None]
    standing_until: Mapped[date | None] = mapped_column(index=True)
    """The first later day on which another stored decision or holding begins; none where none does."""
    held_indicators_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    held_enterprise_service_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    due_since: Mapped[date | None]
    """Since when a transfer is due: another unit is entitled than holds, and the notice is not silent about it."""
    __mapper_args__ = {"version_id_col": version}

    enterprise: Mapped[Enterprise | None] = relationship()
    industry: Mapped[Industry | None] = relationship(
        primaryjoin="foreign(Project.industry_code) == Industry.code", viewonly=True
    )
    attracted_by: Mapped[Unit | None] = relationship(foreign_keys="Project.attracted_by_id")
    served_by: Mapped[Unit | None] = relationship(foreign_keys="Project.served_by_id")
    from_street: Mapped[Unit | None] = relationship(foreign_keys="Project.from_street_id")
    site_street: Mapped[Unit | None] = relationship(foreign_keys="Project.site_street_id")
    site_area: Mapped[Area | None] = relationship()
    statistical_street: Mapped[Unit | None] = relationship(foreign_keys="Project.statistical_street_id")
    reports: Mapped[list[ProjectReport]] = relationship(
        back_populates="project", order_by="ProjectReport.position"
    )


class ProjectFacts(FactColumns, Dated, Base):
    """From a day on these were a project's facts, as recorded by an event."""

    __tablename__ = "project_facts"
    __table_args__ = (
        UniqueConstraint("project_id", "valid_from", "recorded_at"),
        Index(None, "project_id", "valid_from", "id"),
        *fact_checks(),
    )
    SUBJECT: ClassVar[tuple[str, ...]] = ("project_id",)

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    credit_code: Mapped[str | None]
    event_id: Mapped[int | None] = mapped_column(ForeignKey("audit_events.id"))


class ProjectReport(Base):
    """What was publicly reported of a project at one stage, with its source."""

    __tablename__ = "project_reports"
    __table_args__ = (UniqueConstraint("project_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    position: Mapped[int]
    stage: Mapped[str]
    reported_on: Mapped[str]
    source_url: Mapped[str]
    text: Mapped[str]

    project: Mapped[Project] = relationship(back_populates="reports")
