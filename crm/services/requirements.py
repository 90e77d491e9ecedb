"""What a project has to bring at a stage, as a table: a sentence beside its field, and whether it is met."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.errors import Refused
from crm.messages import N_

LONGEST_REASON = 500
"""Characters of a reason."""


@dataclass(frozen=True)
class Brought:
    """What somebody brings to a stage: facts by their names, what they say besides, and the days it is held against."""

    facts: Mapping[str, Any]
    today: date
    logged_on: date
    closed: date | None
    """The last day of the last closed month; none where no month is closed."""
    unsited: bool = False
    """Is it said that there is no site yet?"""
    reason: str = ""
    """Why the day is earlier than the books would have it."""

    @property
    def is_late(self) -> bool:
        """Was it signed before the lead was logged, or in a month that is closed?"""
        signed = self.facts.get("signed_on")
        return signed is not None and (
            signed < self.logged_on or (self.closed is not None and signed <= self.closed)
        )


@dataclass(frozen=True)
class Requirement:
    """One thing that a stage asks for; `always` where every project at the stage has to have its field."""

    field: str
    sentence: str
    is_met: Callable[[Brought], bool]
    always: bool = False


def _is_given(fact: str) -> Callable[[Brought], bool]:
    return lambda brought: brought.facts.get(fact) not in (None, "")


def _is_not_to_come(brought: Brought) -> bool:
    signed = brought.facts.get("signed_on")
    return signed is None or signed <= brought.today


def _says_why(brought: Brought) -> bool:
    return not brought.is_late or bool(brought.reason)


def _moved_from_somewhere(brought: Brought) -> bool:
    return brought.facts.get("origin") != "relocation" or brought.facts.get("from_street") is not None


def _place(brought: Brought) -> bool:
    return brought.facts.get("site_street") is not None or brought.unsited


def _one_of_both(brought: Brought) -> bool:
    sited = brought.facts.get("site_street") or brought.facts.get("site_area")
    return not (brought.unsited and sited)


REQUIREMENTS: dict[str, tuple[Requirement, ...]] = {
    "signed": (
        Requirement("investor", N_("签约须写明投资企业"), _is_given("investor"), always=True),
        Requirement(
            "total_investment_fen",
            N_("签约须写明总投资，且大于0"),
            lambda brought: (
                brought.facts.get("total_investment_fen") != 0 and _is_given("total_investment_fen")(brought)
            ),
            always=True,
        ),
        Requirement("signed_on", N_("请填写签约日期"), _is_given("signed_on"), always=True),
        Requirement("signed_on", N_("签约日期不能晚于今天"), _is_not_to_come),
        Requirement("from_street", N_("搬迁的项目须写明原所在街道"), _moved_from_somewhere),
        Requirement("site_street", N_("请选择选址街道；尚未选址的，请勾选“尚未选址”"), _place),
        Requirement("site_street", N_("已填选址的，不能再勾选“尚未选址”"), _one_of_both),
        Requirement("reason", N_("签约日期早于登记线索之日，或者在已经月结的月份：请写明原因"), _says_why),
        Requirement(
            "reason",
            N_("原因太长，最多500字"),
            lambda brought: len(brought.reason) <= LONGEST_REASON,
        ),
    ),
}
"""Stage → what it asks for beyond what the books ask of every project, see crm.services.fact_checks."""


def asked(stage: str) -> frozenset[str]:
    """The fields that every project at the stage has to have."""
    return frozenset(one.field for one in REQUIREMENTS[stage] if one.always)


def missing(stage: str, brought: Brought, unread: frozenset[str] = frozenset()) -> list[Refused]:
    """What is not met, beside its field; of fields that could not be read nothing is said."""
    return [
        Refused(one.sentence, field=one.field)
        for one in REQUIREMENTS[stage]
        if one.field not in unread and not one.is_met(brought)
    ]
