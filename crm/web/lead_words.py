"""What the parts of a lead are called on a page: stages, sources, reasons, kinds of progress."""

from __future__ import annotations

from flask import Flask
from flask_babel import gettext

from crm.messages import N_

STAGES = {
    "triage": N_("待研判"),
    "registered": N_("已登记"),
    "negotiating": N_("在谈"),
    "signed": N_("签约"),
    "withdrawn": N_("退库"),
    "merged": N_("并入"),
}
"""How far a lead has come."""

STAGE_KINDS = {"triage": "warning", "signed": "success", "withdrawn": "quiet", "merged": "quiet"}
"""How the mark of a stage looks; any other is plain."""

SOURCES = {
    "visit": N_("外出拜访"),
    "fair": N_("招商活动"),
    "referral": N_("他人引荐"),
    "agency": N_("中介机构"),
    "chamber": N_("商协会"),
    "investor": N_("客商来访来电"),
    "existing": N_("存量企业"),
    "superior": N_("上级交办"),
    "online": N_("网络"),
    "other": N_("其他"),
}
"""Where a lead came from."""

LOST_REASONS = {
    "elsewhere": N_("落户外地"),
    "policy": N_("政策不合"),
    "site": N_("用地或厂房不合"),
    "cost": N_("成本"),
    "funding": N_("资金"),
    "demand": N_("投资计划改变"),
    "unreachable": N_("联系不上"),
    "unsuitable": N_("不符合产业导向"),
    "other": N_("其他"),
}
"""Why a lead was withdrawn."""

PROGRESS_KINDS = {
    "call": N_("电话沟通"),
    "visit": N_("拜访"),
    "meeting": N_("会谈"),
    "site_inspection": N_("现场考察"),
    "draft_agreement": N_("协议草案"),
}
"""What was done about a lead."""


def init(app: Flask) -> None:
    """Makes the filters that templates word leads with."""
    app.jinja_env.filters |= {
        "lead_stage": lambda code: gettext(STAGES[code]),
        "lead_stage_kind": lambda code: STAGE_KINDS.get(code, "info"),
        "lead_source": lambda code: gettext(SOURCES[code]),
        "lost_reason": lambda code: gettext(LOST_REASONS[code]),
        "progress_kind": lambda code: gettext(PROGRESS_KINDS[code]),
    }
