"""Batches of transfers in words: kinds, states, why a project is left out, what overtook it."""

from __future__ import annotations

from crm.messages import N_

KIND_NAMES = {
    "stock": N_("存量项目划分"),
    "sme_city": N_("中小企业城整体划转"),
    "changqing": N_("长青街整体划转"),
    "street_move": N_("街道间扩产搬迁"),
    "operating_place": N_("按实际经营地调整"),
    "succession": N_("单位承继"),
}

KIND_NOTES = {
    "stock": N_("三 一是：板块外的存量项目划转属地街道；重大项目和全产业链的存量项目归机电产业办"),
    "sme_city": N_("三 一是末段：中小企业城的存量项目整体划转给慈惠街"),
    "changqing": N_("三 一是末段：长青街属地的新沟镇街、东山街项目整体划转给长青街"),
    "street_move": N_("三 三是：街道之间扩产、搬迁的项目划转到新选址街道"),
    "operating_place": N_("三 四是：统计归属和实际经营地不一致的存量规上工业项目"),
    "succession": N_("撤销或更名的单位，名下项目全部转给承继单位"),
}

STATE_NAMES = {
    "drafting": (N_("拟定中"), "info"),
    "signing": (N_("待签字"), "warning"),
    "confirming": (N_("待确认"), "warning"),
    "confirmed": (N_("已生效"), "success"),
    "withdrawn": (N_("已撤回"), "quiet"),
}
"""What each state is called, and the kind of mark it gets."""

STEPS = (
    ("drafting", N_("商务局拟定")),
    ("signing", N_("各单位签字")),
    ("confirming", N_("商务局确认")),
    ("confirmed", N_("一并生效")),
)

CHANGES = {
    "settled": N_("已不再应划转"),
    "another": N_("应属或实属单位变了"),
    "since": N_("应划转的起始日变了"),
    "rule": N_("应划转的依据变了"),
    "successor": N_("承继单位变了"),
}

LEFT_OUT = {
    "in_transfer": N_("另有办理中的划转"),
    "in_batch": N_("已在另一批次中"),
    "another": N_("此后应属或实属单位变了，须另行划转"),
    "rule": N_("此后应划转的依据变了，由另一类批次办理或单独划转"),
    "ahead": N_("已确认的划转从以后的日期起生效，由承接单位实属，不随承继划转"),
    "parted": N_("指标和服务分归两个单位，另一项须另行划转"),
}
