"""What 武临开办〔2020〕1号 says that no clause of the program decides, passage by passage, and why.

Together with the words of the coded clauses these passages are the whole notice; a test holds that.
"""

from __future__ import annotations

from typing import NamedTuple

from crm.messages import N_

HEAD = N_("文首：文号、标题、主送机关和缘由，不含规则")
AIM = N_("总体目标和原则，由以下各条落实，本身不决定任何项目的归属")
SCORES = N_("考核内容，属目标任务和评分，不决定归属")
HEADING = N_("本条的标题或分项，规则在其后各句")
PLATE = N_("板块数据，带生效日期存放在板块表中，由“板块以内、以外”的条件使用")
FOCUS = N_("招商重点，作为数据存放在产业办聚焦产业表中，不决定归属")
DUTY = N_("对部门的工作要求，不决定归属")
BUREAU = N_("专班办公室设在区商务局：裁定机关作为带生效日期的角色存放，通知未尽之处由其裁定")
COORDINATION = N_("企业划转和经济指标结转由划转流程处理，此处只是工作要求")
SIGNATURE = N_("落款和印发日期")


class Silence(NamedTuple):
    """A passage, word for word, and why it has no code."""

    words: str
    reason: str


SILENT: tuple[Silence, ...] = (
    Silence("武汉临空港经济技术开发区管委会办公室文件", HEAD),
    Silence("武临开办〔2020〕1号", HEAD),
    Silence(
        "武汉临空港开发区管委会办公室（东西湖区人民政府办公室）关于进一步加强街道与产业办招商引资和企业服务有关工作的通知",
        HEAD,
    ),
    Silence("各街道办事处，开发区管委会各产业办公室，区人民政府各部门，区直各单位：", HEAD),
    Silence(
        "为优化营商环境，明晰边界、落实责任、强化企业服务，经开发区管委会（区人民政府）研究同意，现就街道与产业建设管理办公室招商引资和企业服务的范围、主体和相关要求通知如下：",
        HEAD,
    ),
    Silence("一、总体原则", HEADING),
    Silence("围绕五大战略新兴产业和高端服务业、大临空、大食品产业，", AIM),
    Silence(
        "按照产业集聚、服务精准、要素集中的总体要求，进一步明确街道之间、街道与园区经济地理空间，合理下达经济指标，优化绩效考核，建立一个街道与产业建设管理办公室、街道与街道之间责、权、利相对明确的高效机制，切实做到快招商、快落地、快见效。",
        AIM,
    ),
    Silence("二、明确工作职责", HEADING),
    Silence(
        "考核的重点是招商引资各项目标、项目落地建设推进质量和园区对应的国家级开发区子项指标的完成情况。对保留由产业建设管理办公室服务的企业经济指标主要以考核存量为主。",
        SCORES,
    ),
    Silence("三、界定属地范围", HEADING),
    Silence("具体为：", HEADING),
    Silence("机电产业建设管理办公室企业相对集聚、板块相对集中的区域主要在长青街和径河街。", PLATE),
    Silence("食品医药产业建设管理办公室企业相对集聚、板块相对集中的区域主要在走马岭街。", PLATE),
    Silence(
        "综合保税物流产业建设管理办公室企业相对集聚、板块相对集中的区域主要在综保区一期和二期、走马岭街。",
        PLATE,
    ),
    Silence(
        "高新技术产业建设管理办公室企业相对集聚、板块相对集中的区域主要在长青街1平方公里经济园区内。", PLATE
    ),
    Silence("临空产业建设管理办公室企业相对集聚、板块相对集中的区域主要在柏泉街。", PLATE),
    Silence("二是在建项目、已签约项目、新引进项目。", HEADING),
    Silence("四、明确招商重点", HEADING),
    Silence(
        "区商务局要对承担招商引资主要职责的各产业建设管理办公室制定明确的目标任务、严格的考核体系和建立压力传导机制。各产业建设管理办公室要按照各自产业发展方向明确招商引资重点，具体为：",
        DUTY,
    ),
    Silence("机电产业建设管理办公室：引进智能装备制造产业、新能源和新材料产业、光电子产业。", FOCUS),
    Silence(
        "高新技术产业建设管理办公室：引进高质量的孵化加速器、科创企业、初创企业、高新技术企业和高端人才。",
        FOCUS,
    ),
    Silence(
        "食品医药产业建设管理办公室：引进国内外知名食品企业，发展大健康产业、保健品产业和生物医药产业。",
        FOCUS,
    ),
    Silence(
        "综合保税物流产业建设管理办公室：围绕出口型生产加工项目、出口贸易型项目、跨境电商等项目招商引资。",
        FOCUS,
    ),
    Silence("临空产业建设管理办公室：引进航空材料制造业、高端现代服务业、总部经济等。", FOCUS),
    Silence(
        "现代服务产业建设管理办公室：引进知名的网络信息、人工智能、人才培养、大数据等为主的互联网信息技术企业。",
        FOCUS,
    ),
    Silence("五、部门协调配合", HEADING),
    Silence(
        "(一) 加强组织领导。成立由管委会副主任、区政府副区长肖国华任组长，区发改局、科经局、商务局、财政局、统计局等经济职能部门和各街道、产业建设管理办公室参加的工作专班，专班办公室设在区商务局，具体负责和指导相关工作的开展。",
        BUREAU,
    ),
    Silence(
        "(二) 建立协调机制。各经济职能部门要围绕街道与产业管理处、街道与街道之间经济职能、工作职责、企业划转和经济指标结转等工作进行指导和协调，建立科学、完善的考核机制、激励机制和服务机制。",
        COORDINATION,
    ),
    Silence("武汉临空港经济技术开发区管委会办公室", SIGNATURE),
    Silence("(东西湖区人民政府办公室)", SIGNATURE),
    Silence("2020年4月27日印发", SIGNATURE),
    Silence("2020年4月27日", SIGNATURE),
)
