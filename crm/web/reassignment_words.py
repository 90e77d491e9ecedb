"""流转, 合作 and 利益共享 in words."""

from __future__ import annotations

from crm.messages import N_

KIND_NAMES = {
    "reassignment": N_("流转"),
    "cooperation": N_("联合招商"),
    "credit": N_("利益共享"),
}

KIND_TEXTS = {
    "reassignment": N_("请对方承接这条线索，落地工作由对方负责；首谈单位的记录不变。"),
    "cooperation": N_("请对方一起做，首谈单位继续负责；对方可查看全部内容并登记进展。"),
    "credit": N_("只改招商成绩的份额，承办单位不变。"),
}
"""What each kind means, beside the choice."""

STATE_NAMES = {
    "open": (N_("等待答复"), "warning"),
    "accepted": (N_("已同意"), "success"),
    "declined": (N_("不同意"), "error"),
    "withdrawn": (N_("已撤回"), "quiet"),
    "overtaken": (N_("已终止"), "quiet"),
}
"""What each state is called, and the kind of mark it gets."""

ROLE_NAMES = {
    "recruiter": N_("招引单位"),
    "receiver": N_("承接单位"),
    "referrer": N_("引荐单位"),
}

SIDE_NAMES = {
    "asked": N_("等本单位答复的"),
    "ours": N_("本单位提出的"),
}
