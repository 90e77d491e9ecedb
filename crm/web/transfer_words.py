"""划转 and its handover list in words."""

from __future__ import annotations

from crm.messages import N_

STATE_NAMES = {
    "filling": (N_("填写清单"), "warning"),
    "signing": (N_("待承接单位签字"), "warning"),
    "confirming": (N_("待商务局确认"), "warning"),
    "confirmed": (N_("已划转"), "success"),
    "withdrawn": (N_("已撤回"), "quiet"),
    "declined": (N_("不同意"), "error"),
    "overtaken": (N_("已终止"), "quiet"),
    "late": (N_("超过提出期限"), "error"),
    "disputed": (N_("有争议"), "error"),
}
"""What each state is called, those of what is due among them, and the kind of mark it gets."""

ITEM_STATES = {
    "ready": (N_("齐备"), "success"),
    "missing": (N_("缺"), "error"),
    "open": (N_("未结"), "warning"),
    "settled": (N_("已结"), "success"),
    "nothing": (N_("没有"), "quiet"),
}
"""What each state of a line of the list is called, and the kind of mark it gets."""

SECTION_TEXTS = {
    "documents": N_("协议、批文、会议纪要等，逐件列出"),
    "contacts": N_("企业和各部门的联系人；电话在联系人里查"),
    "problems": N_("还没有解决的问题和进展到哪一步"),
    "promises": N_("对企业作过的承诺，由谁、何时、何处作出"),
    "policy_owed": N_("应兑现而未兑现的政策、金额和期限"),
    "money": N_("投资、到位资金和已拨付的资金"),
    "tasks": N_("接下来要做的事和期限"),
}
"""What belongs into each section, beside its title."""

TAB_NAMES = {
    "open": N_("办理中"),
    "due": N_("应划转未提出"),
    "overdue": N_("逾期"),
    "ended": N_("已办结"),
}

TAB_TEXTS = {
    "open": N_("已提出、还没有办结的划转，期限最近的在前。"),
    "due": N_("应属单位与实属单位不一致、还没有人提出划转的项目，拖得最久的在前。"),
    "overdue": N_("超过期限还没有办这一步的划转，拖得最久的在前。"),
    "ended": N_("已确认、撤回、不同意或终止的划转，最新的在前。"),
}
"""What each list has, under its title."""

STEP_NAMES = {
    "fill": N_("填写移交清单"),
    "answer": N_("修改清单，重新签字"),
    "sign": N_("核对清单并签字"),
    "confirm": N_("确认划转"),
    "draw_up": N_("拟定批次并送签"),
}
"""What waits on a desk."""

WAITS_FOR = {
    "filling": N_("等%(unit)s填写移交清单，由其负责人签字送出。"),
    "signing": N_("等%(unit)s核对移交清单，由其负责人签字或退回。"),
    "confirming": N_("双方已经签字，等商务局确认。"),
}
"""Whose step it is, for everybody who looks."""

SIDE_NAMES = {
    "giving": N_("移交单位"),
    "receiving": N_("承接单位"),
    "bureau": N_("商务局"),
}

DEADLINES = {
    "filling": "transfer_fill_days",
    "signing": "transfer_sign_days",
    "confirming": "transfer_confirm_days",
}
"""Step → the setting that says how long it may take."""

DONE = {
    "send": N_("已签字，清单送%(unit)s核对"),
    "back_to_fill": N_("已退回%(unit)s，请其答复后重新送出"),
    "sign": N_("已签字，等商务局确认"),
    "confirm": N_("已确认：自%(day)s起由%(unit)s实属"),
    "decline": N_("已答复不同意；应划转的仍列在应划转里"),
    "withdraw": N_("已撤回；应划转的仍列在应划转里"),
    "take_up": N_("由您承办"),
}
"""What is said after a step."""
