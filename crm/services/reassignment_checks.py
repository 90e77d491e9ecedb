"""What stands against an offer of a lead to another unit, and what an offer is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm import clock
from crm.errors import Refusals, Refused
from crm.messages import N_
from crm.models import OPEN_STAGES, REASSIGNMENT_KINDS, Lead, Project
from crm.services import cooperation, credit
from crm.services.credit import Row, Share
from crm.services.units import active_units

LONGEST = 1_000
"""Characters of a reason, of an answer."""

IN_POOL = N_("这条线索已过首谈保护期，进入公共池，不能再流转或合作；可先承接")
THIRD_UNIT = N_("这条线索的利益共享还涉及其他单位，由商务局决定")


@dataclass(frozen=True)
class Offer:
    """What one unit would offer another, as filled in."""

    kind: str
    to_unit_id: int | None
    reason: str
    rows: Sequence[Row] = ()


def record(lead: Lead) -> Lead | Project:
    """Whose credit is shared: the project's once the lead became one."""
    return lead.project or lead


def stages(kind: str) -> tuple[str, ...]:
    """The stages in which a lead may be offered so."""
    return (*OPEN_STAGES, "signed") if kind == "credit" else OPEN_STAGES


def in_pool(lead: Lead) -> bool:
    """Has the common pool it?"""
    return lead.is_open and lead.protected_until < clock.today()


def checked(lead: Lead, offer: Offer) -> list[Share]:
    """The split of an offer about a lead; raises Refusals with every mistake."""
    refused: list[Refused] = []
    shares: list[Share] = []
    if offer.kind not in REASSIGNMENT_KINDS:
        refused.append(Refused(N_("请选择流转、合作或利益共享"), field="kind"))
    elif lead.stage == "triage":
        refused.append(Refused(N_("线索正在研判，研判后才能流转或合作"), field="kind"))
    elif lead.stage not in stages(offer.kind):
        refused.append(Refused(N_("线索已经签约、退库或并入另一条，不能流转或合作"), field="kind"))
    if offer.to_unit_id == lead.unit_id:
        refused.append(Refused(N_("请选择本单位以外的单位"), field="to"))
    elif offer.to_unit_id not in {unit.id for unit in active_units(clock.today())}:
        refused.append(Refused(N_("请选择现有的单位"), field="to"))
    elif offer.kind == "cooperation" and offer.to_unit_id in {
        one.unit_id for one in cooperation.partners(lead) if one.until is None
    }:
        refused.append(Refused(N_("已经和该单位合作；只改份额请选利益共享"), field="to"))
    if not offer.reason.strip():
        refused.append(Refused(N_("请写明理由"), field="reason"))
    elif len(offer.reason) > LONGEST:
        refused.append(Refused(N_("最多%(most)s个字"), field="reason", most=LONGEST))
    try:
        shares = credit.read(offer.rows)
    except Refusals as found:
        refused += found
    else:
        refused += _split_refused(lead, offer, shares)
    if refused:
        raise Refusals(refused)
    return shares


def _split_refused(lead: Lead, offer: Offer, shares: list[Share]) -> list[Refused]:
    if not shares:
        asked = offer.kind == "credit"
        return [Refused(N_("请填写各单位所占的份额"), field="shares")] if asked else []
    held = credit.split_on(record(lead), credit.next_month_to_share())
    concerned = credit.units_of(held) | {one.unit_id for one in shares}
    if not concerned <= {lead.unit_id, offer.to_unit_id}:
        return [Refused(THIRD_UNIT, field="shares")]
    if offer.kind == "credit" and offer.to_unit_id not in concerned:
        return [Refused(N_("该单位没有份额，不必由其答复"), field="to")]
    if set(credit.shares_of(held)) == set(shares):
        return [Refused(N_("份额本来就是这样，没有修改"), field="shares")]
    return []
