"""Everything the page of one transfer shows a person: steps, what passes on, the list section by section, signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.models import (
    HANDOVER_SECTIONS,
    ITEM_STATES,
    Attachment,
    AuditEvent,
    CarryOver,
    ProjectFacts,
    Transfer,
    TransferItem,
    TransferSignature,
    Unit,
    User,
)
from crm.rules.explanation import words
from crm.services import (
    handed_over,
    handover,
    holdings,
    policy,
    successions,
    transfer_effects,
    transfer_rights,
    transfers,
)
from crm.services.handover_entry import LONGEST, attachable
from crm.services.policy import Policy
from crm.services.transfer_effects import Effects
from crm.web.attachments import Panel
from crm.web.effects_picture import Shown
from crm.web.presentation import unit_name
from crm.web.project_page import Quotation

STATES = ITEM_STATES
BACK = ("transfer.ground_changed", "transfer.returned")
"""What sends a list back to the giving unit: the facts, or a person."""

EVENTS = 60
"""Entries of what happened that the page shows; the log has all."""


@dataclass(frozen=True)
class Section:
    """One of the seven parts of the list, and what stands against sending it."""

    code: str
    items: Sequence[TransferItem]
    lacking: Sequence[Refused]


@dataclass(frozen=True)
class TransferPage:
    """One transfer as one person sees it."""

    transfer: Transfer
    user: User
    steps: frozenset[str]
    is_party: bool
    reads: bool
    sections: Sequence[Section]
    lacking: Sequence[Refused]
    files: Mapping[int, Attachment]
    """What a line may name, by id."""
    signatures: Sequence[TransferSignature]
    """All of them, the present round's last."""
    events: Sequence[AuditEvent]
    carried: Sequence[CarryOver]
    quotation: Quotation
    settings: Policy
    day: date | None
    """From when it would hold, by the books as they are now."""
    panel: Panel | None
    effects: Effects | None
    """What it would change; none where it has ended."""
    units: Mapping[int, Unit]
    acting: Mapping[str, Unit]
    """Side → the unit that acts for it: of one that another succeeded, that one."""
    left: frozenset[int]
    """The lines that were open when it was confirmed and still are."""
    finishes: bool
    """May the person say that they are done?"""
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Step, or `item-12`, `add-tasks` → what was refused."""
    given: Mapping[str, str] = field(default_factory=dict)
    """What was filled in when it was refused."""

    longest = LONGEST
    states = STATES

    @classmethod
    def of(
        cls,
        number: int,
        user: User,
        errors: Mapping[str, Sequence[str]] | None = None,
        given: Mapping[str, str] | None = None,
    ) -> TransferPage:
        """The page; raises NotFound."""
        transfer = transfers.by_id(number, user)
        answers = successions.in_force(clock.today())
        acts_for = successions.acts_for(user.unit_id, answers)
        reads = transfer_rights.reads_list(transfer, user)
        items = handover.items(transfer) if reads else []
        fills = transfer.state == "filling" and transfer.batch_id is None
        lacking = handover.lacking_of(items) if fills and reads else []
        return cls(
            transfer,
            user,
            transfer_rights.steps(transfer, user, acts_for),
            reads or transfer_rights.is_party(transfer, user),
            reads,
            [
                Section(
                    code,
                    [item for item in items if item.section == code],
                    [one for one in lacking if one.field == f"section-{code}"],
                )
                for code in HANDOVER_SECTIONS
            ],
            lacking,
            {one.id: one for one in attachable(transfer)} if reads else {},
            _signatures(transfer),
            _events(transfer) if reads else [],
            _carried(transfer) if transfer.state == "confirmed" else [],
            Quotation(
                transfer.rule,
                *words(transfer.rule, completed=_completed(transfer)),
            ),
            policy.on(),
            holdings.effective_day(transfer.since) if transfer.is_open else transfer.effective_day,
            Panel.of(transfer) if reads and transfer.batch_id is None else None,
            transfer_effects.of_transfer(transfer, user) if transfer.is_open and reads else None,
            {unit.id: unit for unit in (transfer.from_unit, transfer.to_unit)},
            _acting(transfer, answers),
            handed_over.left(transfer) if reads else frozenset(),
            transfer.state == "confirmed" and handed_over.finishes(transfer, user, acts_for),
            errors or {},
            given or {},
        )

    @property
    def effects_picture(self) -> Shown:
        """The effects as the page draws them."""
        assert self.effects is not None
        return Shown.with_units(self.effects, dict(self.units))

    @property
    def regrounded(self) -> AuditEvent | None:
        """What sent the list back of itself to be signed anew; none where somebody did, or it was never sent."""
        back = next((one for one in self.events if one.action in BACK), None)
        return back if back and back.action == BACK[0] and self.transfer.round > 1 else None

    def remarks(self, event: AuditEvent) -> list[tuple[TransferItem, str]]:
        """What was said point by point when the list was sent back: each line and the remark on it."""
        there = {item.id: item for section in self.sections for item in section.items}
        said = {int(number): text for number, text in event.detail.get("remarks", {}).items()}
        # a line may have been taken out since: then the database is asked for it
        found = (
            (there.get(number) or db.session.get(TransferItem, number), text) for number, text in said.items()
        )
        return [(line, text) for line, text in found if line is not None]

    def party(self, side: str) -> str:
        """The name of the unit that acts for a side; where it succeeded another, also that one's."""
        unit = self.transfer.from_unit if side == "giving" else self.transfer.to_unit
        name, acting = unit_name(unit), self.acting[side]
        return name if acting.id == unit.id else unit_name(acting) + _("（承继%(unit)s）", unit=name)

    def signed(self, side: str) -> TransferSignature | None:
        """The side's signature of the present round."""
        return next(
            (one for one in self.signatures if one.side == side and one.round == self.transfer.round), None
        )

    @property
    def late(self) -> int:
        """By how many days the present step is late; 0 where it is not."""
        open_ = self.transfer.is_open
        return max((clock.today() - self.transfer.due_on).days, 0) if open_ else 0

    @property
    def is_ahead(self) -> bool:
        """Is it confirmed, and takes effect on a later day?"""
        return self.transfer.effective_day is not None and self.transfer.effective_day > clock.today()

    @property
    def is_mine(self) -> bool:
        """Is it the person's step?"""
        return bool(self.steps & {"fill", "send", "sign", "confirm"})


def _completed(transfer: Transfer) -> bool:
    """Was the project completed when it was proposed: does the rule's clause on completed ones apply?"""
    day = transfer.project.completed_on
    if not transfer.is_open:
        # what was entered since is no ground of it
        query = select(ProjectFacts.completed_on).where(ProjectFacts.project_id == transfer.project_id)
        query = query.where(ProjectFacts.recorded_at <= transfer.proposed_at)
        day = db.session.scalar(
            query.order_by(ProjectFacts.valid_from.desc(), ProjectFacts.id.desc()).limit(1)
        )
    return day is not None and day <= clock.today()


def _acting(transfer: Transfer, answers: Mapping[int, int]) -> dict[str, Unit]:
    parties = {"giving": transfer.from_unit, "receiving": transfer.to_unit}
    return {
        side: db.session.get_one(Unit, answers[unit.id]) if unit.id in answers else unit
        for side, unit in parties.items()
    }


def _signatures(transfer: Transfer) -> list[TransferSignature]:
    query = select(TransferSignature).where(TransferSignature.transfer_id == transfer.id)
    query = query.options(joinedload(TransferSignature.user), joinedload(TransferSignature.unit))
    return list(db.session.scalars(query.order_by(TransferSignature.id)))


def _events(transfer: Transfer) -> list[AuditEvent]:
    query = select(AuditEvent).where(
        AuditEvent.subject_type == "transfers", AuditEvent.subject_id == transfer.id
    )
    query = query.options(joinedload(AuditEvent.actor)).order_by(AuditEvent.id.desc()).limit(EVENTS)
    return list(db.session.scalars(query))


def _carried(transfer: Transfer) -> list[CarryOver]:
    return list(db.session.scalars(select(CarryOver).where(CarryOver.transfer_id == transfer.id)))
