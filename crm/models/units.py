"""Units (offices, streets, departments), streets, areas, plates, and what an office focuses on."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Base, one_of
from crm.models.dated import Dated

KINDS = ("office", "street", "department")


class Unit(Base):
    """产业办, 街道 or department: whoever can bring a project in, serve it, or answer for it."""

    __tablename__ = "units"
    __table_args__ = (one_of("kind", KINDS),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    position: Mapped[int]
    name: Mapped[str] = mapped_column(unique=True)
    full_name: Mapped[str]
    name_en: Mapped[str]
    aliases: Mapped[list[Any]] = mapped_column(JSON, default=list)
    source: Mapped[str]

    street: Mapped[Street | None] = relationship(back_populates="unit", uselist=False)

    @property
    def is_office(self) -> bool:
        """Is it a 产业办?"""
        return self.kind == "office"

    @property
    def is_street(self) -> bool:
        """Is it a 街道?"""
        return self.kind == "street"


class UnitTerm(Dated, Base):
    """From a day on the unit exists, or no longer does."""

    __tablename__ = "unit_terms"
    __table_args__ = (UniqueConstraint("unit_id", "valid_from", "recorded_at"),)
    SUBJECT: ClassVar[tuple[str, ...]] = ("unit_id",)

    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    active: Mapped[bool]


class UnitSuccession(Dated, Base):
    """From a day on another unit answers for what this one was responsible for; none takes that back."""

    __tablename__ = "unit_successions"
    __table_args__ = (
        UniqueConstraint("unit_id", "valid_from", "recorded_at"),
        CheckConstraint("unit_id <> successor_id", name="units"),
    )
    SUBJECT: ClassVar[tuple[str, ...]] = ("unit_id",)

    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    basis: Mapped[str]


class Street(Base):
    """What a unit that is a street has besides: its administrative code and its place on the schematic
    map.
    """

    __tablename__ = "streets"
    __table_args__ = (UniqueConstraint("tile_column", "tile_row"),)

    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True, autoincrement=False)
    admin_code: Mapped[str] = mapped_column(unique=True)
    full_name: Mapped[str]
    kind: Mapped[str]
    tile_column: Mapped[int | None]
    tile_row: Mapped[int | None]

    unit: Mapped[Unit] = relationship(back_populates="street")


class StreetTerm(Dated, Base):
    """From a day on the street is a place projects can be sited in, or no longer is."""

    __tablename__ = "street_terms"
    __table_args__ = (UniqueConstraint("unit_id", "valid_from", "recorded_at"),)
    SUBJECT: ClassVar[tuple[str, ...]] = ("unit_id",)

    unit_id: Mapped[int] = mapped_column(ForeignKey("streets.unit_id"))
    active: Mapped[bool]


class Area(Base):
    """片区: a named place inside a street, or across several."""

    __tablename__ = "areas"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int]
    note: Mapped[str]


class AreaTerm(Dated, Base):
    """From a day on the area exists and lies in this street (none: in several or unknown), or no longer
    exists.
    """

    __tablename__ = "area_terms"
    __table_args__ = (UniqueConstraint("area_id", "valid_from", "recorded_at"),)
    SUBJECT: ClassVar[tuple[str, ...]] = ("area_id",)

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    street_id: Mapped[int | None] = mapped_column(ForeignKey("streets.unit_id"))
    active: Mapped[bool]


class PlateTerm(Dated, Base):
    """板块: from a day on this street, or this area, is in the office's plate, or no longer is."""

    __tablename__ = "plate_terms"
    __table_args__ = (
        CheckConstraint("(street_id IS NULL) <> (area_id IS NULL)", name="one_place"),
        # A unique key lets NULL repeat, so each kind of place has one of its own.
        Index(
            "uq_plate_terms_street",
            "office_id",
            "street_id",
            "valid_from",
            "recorded_at",
            unique=True,
            sqlite_where=text("street_id IS NOT NULL"),
            postgresql_where=text("street_id IS NOT NULL"),
        ),
        Index(
            "uq_plate_terms_area",
            "office_id",
            "area_id",
            "valid_from",
            "recorded_at",
            unique=True,
            sqlite_where=text("area_id IS NOT NULL"),
            postgresql_where=text("area_id IS NOT NULL"),
        ),
    )
    SUBJECT: ClassVar[tuple[str, ...]] = ("office_id", "street_id", "area_id")

    office_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    street_id: Mapped[int | None] = mapped_column(ForeignKey("streets.unit_id"))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    included: Mapped[bool]
    clause: Mapped[str]


class FocusIndustry(Base):
    """What the notice's clause 四 has an office focus on, word for word."""

    __tablename__ = "focus_industries"
    __table_args__ = (UniqueConstraint("unit_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    position: Mapped[int]
    name: Mapped[str]
    clause: Mapped[str]
