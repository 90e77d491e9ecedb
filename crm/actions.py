"""The closed list of everything that can happen: its code, a sentence, and whether it moves attribution."""

from __future__ import annotations

from dataclasses import dataclass

from crm.messages import N_


@dataclass(frozen=True)
class Action:
    """One kind of event. `code` is subject.what_happened; `sentence` is a Chinese message id."""

    code: str
    sentence: str
    moves_attribution: bool = False


ACTIONS: dict[str, Action] = {
    action.code: action
    for action in (
        Action("books.opened", N_("启用账套")),
        Action("books.day_set", N_("设定业务日期")),
        Action("unit.added", N_("新增单位")),
        Action("unit.term_set", N_("设定单位存续"), moves_attribution=True),
        Action("street.added", N_("登记街道")),
        Action("street.term_set", N_("设定街道存续"), moves_attribution=True),
        Action("area.added", N_("登记片区")),
        Action("area.term_set", N_("设定片区"), moves_attribution=True),
        Action("plate.set", N_("设定板块"), moves_attribution=True),
        Action("focus_industry.added", N_("登记产业办聚焦产业")),
        Action("industry.loaded", N_("装载国民经济行业分类")),
        Action("reading.set", N_("设定文件理解口径"), moves_attribution=True),
        Action("adjudicator.set", N_("设定裁定机关"), moves_attribution=True),
        Action("target.set", N_("设定目标任务")),
        Action("user.added", N_("新增用户")),
        Action("user.password_set", N_("设定密码")),
        Action("user.role_set", N_("设定用户岗位")),
        Action("user.password_reset", N_("重置密码")),
        Action("user.post_given", N_("给予岗位")),
        Action("user.post_ended", N_("结束岗位")),
        Action("user.post_chosen", N_("切换岗位")),
        Action("user.locked", N_("锁定用户")),
        Action("user.unlocked", N_("解除锁定")),
        Action("user.locked_out", N_("多次登录失败，暂停登录")),
        Action("user.sessions_ended", N_("结束登录会话")),
        Action("user.closed", N_("停用用户")),
        Action("user.reopened", N_("恢复用户")),
        Action("user.signed_in", N_("登录")),
        Action("user.sign_in_failed", N_("登录失败")),
        Action("user.signed_out", N_("退出登录")),
        Action("project.registered", N_("登记项目"), moves_attribution=True),
        Action("project.facts_set", N_("更新项目事实"), moves_attribution=True),
        Action("project.restored", N_("恢复项目事实"), moves_attribution=True),
        Action("project.reported", N_("登记项目公开报道")),
        Action("project.exported", N_("导出项目")),
        Action("import.started", N_("上传项目登记表")),
        Action("import.checked", N_("核对项目登记表")),
        Action("import.applied", N_("导入项目登记表"), moves_attribution=True),
        Action("import.failed", N_("项目登记表导入失败")),
        Action("import.abandoned", N_("放弃导入")),
        Action("import.exported", N_("下载错误表")),
        Action("attribution.decided", N_("判定归属"), moves_attribution=True),
        Action("attribution.rebuilt", N_("重新判定全部归属"), moves_attribution=True),
        Action("job.cancelled", N_("取消后台任务")),
        Action("job.queued_again", N_("重试后台任务")),
        Action("attachment.added", N_("添加附件")),
        Action("attachment.renewed", N_("上传附件新版本")),
        Action("attachment.renamed", N_("附件改名")),
        Action("attachment.removed", N_("移除附件")),
        Action("attachment.restored", N_("恢复附件")),
        Action("proposal.made", N_("提出修改规则或设置")),
        Action("proposal.confirmed", N_("确认修改规则或设置"), moves_attribution=True),
        Action("proposal.declined", N_("不同意修改规则或设置")),
        Action("proposal.withdrawn", N_("撤回修改建议")),
        Action("proposal.passed_on", N_("移交修改建议")),
        Action("lead.logged", N_("登记线索")),
        Action("lead.changed", N_("更新线索")),
        Action("lead.progressed", N_("登记线索进展")),
        Action("lead.progress_corrected", N_("更正线索进展")),
        Action("lead.renewed", N_("延长首谈保护期")),
        Action("lead.expired", N_("保护期满，进入公共池")),
        Action("lead.claimed", N_("承接公共池线索")),
        Action("lead.withdrawn", N_("线索退库")),
        Action("lead.passed_on", N_("移交线索")),
        Action("lead.merged", N_("线索并入另一条")),
        Action("lead.signed", N_("线索签约成为项目")),
        Action("lead.exported", N_("导出线索")),
        Action("triage.opened", N_("提交研判")),
        Action("triage.decided", N_("研判")),
        Action("reassignment.proposed", N_("提出流转或合作")),
        Action("reassignment.accepted", N_("同意流转或合作")),
        Action("reassignment.declined", N_("不同意流转或合作")),
        Action("reassignment.withdrawn", N_("撤回流转或合作")),
        Action("reassignment.overtaken", N_("流转或合作因线索变化而终止")),
        Action("reassignment.passed_on", N_("移交流转或合作")),
        Action("cooperation.ended", N_("结束合作")),
        Action("credit.shared", N_("登记利益共享")),
        Action("company.added", N_("登记企业")),
        Action("company.changed", N_("更新企业")),
        Action("company.exported", N_("导出企业")),
        Action("contact.added", N_("登记联系人")),
        Action("contact.changed", N_("更新联系人")),
        Action("contact.removed", N_("移除联系人")),
        Action("contact.read", N_("查看联系方式")),
        Action("project.origin_set", N_("登记项目来源项目")),
        Action("announcement.made", N_("提醒商务局关注签约金额")),
        Action("announcement.seen", N_("已阅签约提醒")),
        Action("setting.set", N_("设定本区参数")),
        Action("month.closed", N_("月结")),
        Action("brief.printed", N_("生成简报")),
        Action("log.verified", N_("核对日志")),
        Action("log.exported", N_("导出日志")),
    )
}
