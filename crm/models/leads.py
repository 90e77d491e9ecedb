"""线索: leads, who has them, and what of them the bureau has to look at."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    bindparam,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm import clock
from crm.db import Base, Instant, one_of
from crm.models.enterprises import Contact, Enterprise
from crm.models.industries import Industry
from crm.models.people import User
from crm.models.projects import Project
from crm.models.units import Area, Unit

LEAD_STAGES = ("triage", "registered", "negotiating", "signed", "withdrawn", "merged")
"""待研判, 线索, 在谈, 签约, 退库, 并入 another lead."""

OPEN_STAGES = ("registered", "negotiating")
"""A lead in one of these is worked on; the clocks run."""

LEAD_SOURCES = (
    "visit",
    "fair",
    "referral",
    "agency",
    "chamber",
    "investor",
    "existing",
    "superior",
    "online",
    "other",
)
"""Where a lead came from: 外出拜访, 招商活动, 他人引荐, 中介机构, 商协会, 客商来访来电, 存量企业, 上级交办, 网络, 其他."""

LOST_REASONS = (
    "elsewhere",
    "policy",
    "site",
    "cost",
    "funding",
    "demand",
    "unreachable",
    "unsuitable",
    "other",
)
"""Why a lead was withdrawn: 落户外地, 政策, 用地厂房, 成本, 资金, 投资方计划改变, 联系不上, 不符合导向, 其他."""

TRIAGE_STATES = ("open", "same", "new", "ignored")

_IS_OPEN = "stage IN ('registered', 'negotiating')"
_STANDS = text(f"{_IS_OPEN} AND NOT cleared")
_OF_ENTERPRISE = text(f"enterprise_id IS NOT NULL AND {_IS_OPEN} AND NOT cleared")
_OPEN = text(_IS_OPEN)
_COMPARED = text("stage IN ('triage', 'registered', 'negotiating')")
_WAITS = text("state = 'open'")


class Lead(Base):
    """An investor who might come. Money is whole fen."""

    __tablename__ = "leads"
    __table_args__ = (
        one_of("stage", LEAD_STAGES),
        one_of("source", LEAD_SOURCES),
        one_of("lost_reason", LOST_REASONS),
        CheckConstraint("intended_investment_fen >= 0", name="intended_investment"),
        CheckConstraint("(stage = 'signed') = (project_id IS NOT NULL)", name="project"),
        CheckConstraint("(stage = 'merged') = (merged_into_id IS NOT NULL)", name="merged_into"),
        CheckConstraint("(stage = 'withdrawn') = (lost_reason IS NOT NULL)", name="lost"),
        # An enterprise has one open lead unless triage cleared another; where no enterprise is known yet, a name with
        # its investor has. Of two people in the same second the database refuses one.
        Index(
            "uq_leads_open_enterprise",
            "enterprise_id",
            unique=True,
            sqlite_where=_OF_ENTERPRISE,
            postgresql_where=_OF_ENTERPRISE,
        ),
        Index(
            "uq_leads_open_name",
            "name_key",
            "investor_key",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
        Index("ix_leads_compared", "name_key", "id", sqlite_where=_COMPARED, postgresql_where=_COMPARED),
        Index(None, "unit_id", "id"),
        Index(None, "unit_id", "stage", "id"),
        Index(None, "stage", "id"),
        Index("ix_leads_protected_until", "protected_until", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_leads_response_due", "response_due", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_leads_feedback_due", "feedback_due", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_leads_report_due", "report_due", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_leads_next_step_on", "unit_id", "next_step_on", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(None, "first_contact_unit_id"),
        Index(None, "logged_on"),
        Index(None, "held_by_id"),
        # what the list is sorted by and narrowed to
        Index(None, "name", "id"),
        Index(None, "had_since", "id"),
        Index(None, "next_step_on", "id"),
        Index(None, "intended_investment_fen", "id"),
        Index(None, "site_street_id", "id"),
        Index(None, "source", "id"),
        Index(None, "industry_code", "id"),
        # what the funnel is read off
        Index(
            "ix_leads_figures",
            "logged_on",
            "unit_id",
            "stage",
            "source",
            "lost_reason",
            "negotiating_on",
            "inspected_on",
            "drafted_on",
            "signed_on",
            "intended_investment_fen",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    """Of the company, or a working title where that is not known yet."""
    is_company: Mapped[bool] = mapped_column(default=True)
    """Is the name a company's?"""
    name_key: Mapped[str]
    """The name as duplicates are looked for, see crm.company_names."""
    investor: Mapped[str] = mapped_column(default="")
    investor_key: Mapped[str] = mapped_column(default="")
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprises.id"), index=True)
    source: Mapped[str]
    source_note: Mapped[str] = mapped_column(default="")
    industry_code: Mapped[str | None]
    intended_investment_fen: Mapped[int | None] = mapped_column(BigInteger)
    site_street_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    site_area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    place: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")

    stage: Mapped[str] = mapped_column(default="registered")
    cleared: Mapped[bool] = mapped_column(default=False)
    """Did triage say that it is new although it looks like another?"""
    first_contact_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    """首谈单位: the unit that logged it; never changes."""
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    """The unit that has it, or had it last where it is in the common pool."""
    held_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who works on it."""
    had_since: Mapped[date]
    """The day it came to the unit: logged, cleared, claimed or reassigned."""
    had_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    """The instant of it: what is recorded from then on meets the clocks, by the settings known then."""
    protected_until: Mapped[date]
    """The last day of protection; from the next one it is in the common pool."""
    renewed_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the unit that has it had its protection extended; none where it did not."""
    claimed: Mapped[bool] = mapped_column(default=False)
    """Did the unit take it from the common pool?"""
    pool_since: Mapped[date | None]
    """The day from which the pool has it, once that was entered; see crm.services.lead_pool."""

    response_due: Mapped[date | None]
    feedback_due: Mapped[date | None]
    report_due: Mapped[date | None]
    """The last day for each clock; none once it was met, or where it does not run."""
    next_step: Mapped[str] = mapped_column(default="")
    next_step_on: Mapped[date | None]
    last_progress_on: Mapped[date | None]
    """The latest day of progress that counts."""

    logged_on: Mapped[date] = mapped_column(default=clock.today)
    negotiating_on: Mapped[date | None]
    inspected_on: Mapped[date | None]
    drafted_on: Mapped[date | None]
    signed_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    """The day it was withdrawn or merged."""
    lost_reason: Mapped[str | None]
    lost_note: Mapped[str] = mapped_column(default="")
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("leads.id"), index=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"), unique=True)
    invented: Mapped[bool] = mapped_column(default=False)
    """Is it 演示?"""
    form_key: Mapped[str | None] = mapped_column(unique=True)
    """Of the form that logged it, so that a form sent twice logs once."""
    recorded_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    enterprise: Mapped[Enterprise | None] = relationship()
    industry: Mapped[Industry | None] = relationship(
        primaryjoin="foreign(Lead.industry_code) == Industry.code", viewonly=True
    )
    unit: Mapped[Unit] = relationship(foreign_keys=[unit_id])
    first_contact_unit: Mapped[Unit] = relationship(foreign_keys=[first_contact_unit_id])
    site_street: Mapped[Unit | None] = relationship(foreign_keys=[site_street_id])
    site_area: Mapped[Area | None] = relationship()
    held_by: Mapped[User | None] = relationship()
    merged_into: Mapped[Lead | None] = relationship(remote_side="Lead.id")
    project: Mapped[Project | None] = relationship()
    contacts: Mapped[list[Contact]] = relationship(back_populates="lead", order_by="Contact.id")

    @hybrid_property
    def is_open(self) -> bool:
        """Is it worked on: neither waiting for triage nor over?"""
        return self.stage in OPEN_STAGES

    @is_open.inplace.expression
    @classmethod
    def _is_open(cls) -> ColumnElement[bool]:
        # in the very words of the indexes that have the open ones alone, or SQLite passes them by
        return cls.stage.in_(bindparam("open_stages", OPEN_STAGES, expanding=True, literal_execute=True))


class LeadUnit(Base):
    """A unit that works on another unit's lead (联合招商), from a day on, until it ends."""

    __tablename__ = "lead_units"
    __table_args__ = (UniqueConstraint("lead_id", "unit_id"), Index(None, "unit_id", "lead_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    since: Mapped[date] = mapped_column(default=clock.today)
    until: Mapped[date | None]
    """The last day; none while it goes on."""

    unit: Mapped[Unit] = relationship()


class Triage(Base):
    """研判: a lead that looks like another one, for the bureau to say whether it is."""

    __tablename__ = "triages"
    __table_args__ = (
        one_of("state", TRIAGE_STATES),
        CheckConstraint("level BETWEEN 1 AND 4", name="level"),
        CheckConstraint("other_id <> lead_id", name="another"),
        UniqueConstraint("lead_id", "other_id"),
        Index("ix_triages_waiting", "due_on", "id", sqlite_where=_WAITS, postgresql_where=_WAITS),
        Index(None, "other_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("leads.id"))
    level: Mapped[int]
    """The level of practice.md: 1 same credit code … 4 names 60 to 85 % alike."""
    similarity: Mapped[int]
    """Per cent."""
    state: Mapped[str] = mapped_column(default="open")
    opened_on: Mapped[date] = mapped_column(default=clock.today)
    due_on: Mapped[date]
    reason: Mapped[str] = mapped_column(default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    lead: Mapped[Lead] = relationship(foreign_keys=[lead_id])
    other: Mapped[Lead] = relationship(foreign_keys=[other_id])
    decided_by: Mapped[User | None] = relationship()
