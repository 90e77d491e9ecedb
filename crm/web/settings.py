"""本区参数: what the notices leave to the district, as of any day and as known on any day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask_login import current_user

from crm.messages import N_
from crm.models import Proposal, SettingTerm
from crm.permissions import allowed, needs
from crm.services import focus, policy, proposals, units
from crm.services.policy import Setting
from crm.web import proposal_words
from crm.web.moment import Moment
from crm.web.parameters import Given

blueprint = Blueprint("settings", __name__)

FIXED = (
    (
        N_("什么算进展"),
        N_("拜访、会谈、现场考察、协议草案，都要有日期；电话不算。"),
        "",
    ),
    (
        N_("保护期能延长几次"),
        N_("一次，要写明理由，延长的天数与保护期相同。"),
        "",
    ),
    (
        N_("什么不能用来判定重复"),
        N_("联系人的电话：只凭电话相同不算同一条线索。"),
        N_("某开发区2026年方案：四级查重"),
    ),
    (
        N_("研判有哪些结论"),
        N_("同一项目（并入，由先登记的单位保留）、新项目（要写明理由）、忽略。"),
        N_("某开发区2026年方案：四种结论，“新项目”要写明理由"),
    ),
    (
        N_("两个单位同时上报，归谁"),
        N_("看后续由谁服务；看不出的按双方约定的比例；再没有的由商务局定。"),
        N_("集美：先看后续服务，再看分成协议，都没有的按3:7"),
    ),
)
"""What the district has not decided either and no number can say: what, how it is done, what is published elsewhere."""


@dataclass(frozen=True)
class Line:
    """A setting at a moment."""

    setting: Setting
    term: SettingTerm | None
    """The row by which it holds; none where the default does."""
    rows: Sequence[SettingTerm]
    """Everything the books knew of it, newest first."""
    proposal: Proposal | None
    """The open proposal to change it, for those who may read it."""

    @property
    def value(self) -> str:
        """What holds."""
        return self.term.value if self.term else str(self.setting.default)


@blueprint.get("/settings")
@needs("setting:read")
def listing() -> str:
    """Every setting: what holds, since when, on which basis, what it was, what others do."""
    given = Given(request.args)
    moment = Moment.of(given)
    known = policy.all_terms(moment.instant)
    waiting = proposals.open_of_kind("setting") if allowed(current_user, "rule:read") else []
    about = {proposal.subject: proposal for proposal in waiting}
    lines = [
        Line(
            setting,
            policy.held(known.get(key, []), moment.on),
            known.get(key, [])[::-1],
            about.get(f"setting {key}"),
        )
        for key, setting in policy.SETTINGS.items()
    ]
    return render_template(
        "settings/listing.html",
        moment=moment,
        lines=lines,
        unset=sum(1 for line in lines if line.term is None),
        fixed=FIXED,
        focus=[(unit, focus.of(unit)) for unit in units.all_units() if unit.is_office],
        words=proposal_words,
        ignored=given.ignored,
    )
