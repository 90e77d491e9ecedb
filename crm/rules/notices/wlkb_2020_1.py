"""武临开办〔2020〕1号, clause by clause, in the notice's own order.

Each function carries how its clause is read, then the clause's own words, then the conditions under which it
applies. `overrides` says which clauses give way where several apply; `silent.py` lists what has no code.
"""

from __future__ import annotations

from crm.messages import N_
from crm.rules.facts import Case, Readings
from crm.rules.language import Conditions, Notice, Result, Role, Stage, Status

WLKB_2020_1 = Notice("武临开办〔2020〕1号")
clause = WLKB_2020_1.clause

PIPELINE_BY_OFFICE = {"3.2-unsited", "3.2-in-plate", "3.2-no-plate", "3.2-out-of-plate"}
STOCK_BY_OFFICE = {"3.1-retain", "3.1-transfer"}


# 二、明确工作职责


@clause(
    "2-street-duty", "二", reads=N_("街道引进到本街道的项目，或者账面上由本街道服务的本地项目，都归该街道。")
)
def serves_what_it_brought_to_its_own_street(project: Case, readings: Readings) -> Conditions:
    """街道办事处工作职责：负责划转到属地街道企业的经济和社会服务工作，政策兑现，并承接园区划转的存量项目和新入驻项目经济指标。"""
    yield N_("已选址"), project.sited, "site_street"
    yield (
        N_("招商单位或账面单位就是选址所在街道"),
        project.attracted_by.is_site or project.books.is_site,
        "attracted_by",
        "books",
        "site_street",
    )
    return Result(Role.SITE)


@clause(
    "2-street-duty",
    "二",
    reads=N_("只在口径R6取“属地街道”时起作用：其他街道或部门引进的项目归选址所在街道。"),
)
def takes_over_what_others_brought_to_it(project: Case, readings: Readings) -> Conditions:
    """街道办事处工作职责：负责划转到属地街道企业的经济和社会服务工作，政策兑现，并承接园区划转的存量项目和新入驻项目经济指标。"""
    yield N_("口径R6取“属地街道”"), readings.R6 == "site-street", "reading:R6"
    yield N_("已选址"), project.sited, "site_street"
    yield N_("招商单位不是产业办"), not project.attracted_by.is_office, "attracted_by"
    yield N_("账面单位不是产业办"), not project.books.is_office, "books"
    yield (
        N_("招商单位和账面单位都不是选址所在街道"),
        not (project.attracted_by.is_site or project.books.is_site),
        "attracted_by",
        "books",
        "site_street",
    )
    return Result(Role.SITE)


# 三、界定属地范围 一是


@clause("3.1-retain", "三 一是", stage=Stage.COMPLETED, overrides={"2-street-duty"})
def keeps_stock_in_its_plate(project: Case, readings: Readings) -> Conditions:
    """一是各产业建设管理办公室已建成投产的项目。按产业相对集聚、板块相对集中的原则进行保留，由产业建设管理办公室继续服务，并承接经济指标。"""
    yield N_("截至通知印发之日已建成投产（存量）"), project.stock, "completed_on"
    yield N_("已选址"), project.sited, "site_street"
    yield N_("账面单位是产业办"), project.books.is_office, "books"
    yield N_("选址在该产业办板块以内"), project.books.in_plate, "site", "plate:books"
    return Result(Role.BOOKS)


@clause(
    "3.1-transfer",
    "三 一是",
    stage=Stage.COMPLETED,
    overrides={"2-street-duty"},
    reads=N_("口径R5：没有板块的产业办，既不保留也不划转，除非其项目全部算在板块以外。"),
)
def passes_on_stock_outside_its_plate(project: Case, readings: Readings) -> Conditions:
    """板块以外零星落户在其他街道的项目，按照属地服务和经济指标随着项目走的原则，划转移交到属地街道。"""
    yield N_("截至通知印发之日已建成投产（存量）"), project.stock, "completed_on"
    yield N_("已选址"), project.sited, "site_street"
    yield N_("账面单位是产业办"), project.books.is_office, "books"
    yield N_("该产业办有板块"), project.books.has_plate, "plate:books"
    yield N_("选址在该产业办板块以外"), not project.books.in_plate, "site", "plate:books"
    return Result(Role.SITE)


@clause(
    "3.1-named-major",
    "三 一是 机电段",
    overrides={
        *PIPELINE_BY_OFFICE,
        *STOCK_BY_OFFICE,
        "3.3-street-move",
        "3.1-changqing",
        "3.1-sme-city",
        "3.4-operating-place",
        "2-street-duty",
    },
    reads=N_("口径R2：全产业链项目指商务局标记的项目，不论选址和阶段。"),
)
def stays_with_jd_throughout(project: Case, readings: Readings) -> Conditions:
    """对京东方、康宁重大项目和全产业链项目，继续由机电产业建设管理办公室负责全程招商和服务，其经济指标由机电产业建设管理办公室承担。"""
    yield N_("商务局标记为京东方、康宁或全产业链项目"), project.named_major is not None, "named_major"
    if project.named_major == "full_chain":
        yield N_("口径R2：全产业链标记有效"), readings.R2 == "marked", "reading:R2"
    return Result(Role.JD, attraction=Role.JD)


@clause(
    "3.1-sme-city",
    "三 一是 末段",
    stage=Stage.COMPLETED,
    overrides={*STOCK_BY_OFFICE, "3.1-changqing", "3.4-operating-place", "2-street-duty"},
)
def passes_sme_city_on_whole(project: Case, readings: Readings) -> Conditions:
    """在慈惠街属地的中小企业城整体划转给慈惠街，经济指标同时划转；"""
    yield N_("截至通知印发之日已建成投产（存量）"), project.stock, "completed_on"
    yield N_("位于中小企业城"), project.in_sme_city, "site_area"
    return Result(Role.CIHUI)


@clause(
    "3.1-changqing",
    "三 一是 末段",
    overrides={"3.2-in-plate", "3.2-no-plate", "3.2-out-of-plate", "3.4-operating-place", "2-street-duty"},
    reads=N_("口径R10：截至通知印发之日已经开始的项目；取“仅限存量”时，只及于已建成投产的。"),
)
def passes_changqing_block_on_whole(project: Case, readings: Readings) -> Conditions:
    """在长青街属地的新沟镇街、东山街项目整体划转给长青街服务，经济指标同时划转。"""
    yield N_("选址在长青街"), project.site_is_changqing, "site_street"
    yield N_("账面单位是新沟镇街或东山街"), project.books.cedes, "books"
    yield N_("截至通知印发之日已开始"), project.begun_by_notice, "begins_on"
    if readings.R10 == "stock-only":
        yield (
            N_("口径R10取“仅限存量”：截至通知印发之日已建成投产"),
            project.stock,
            "reading:R10",
            "completed_on",
        )
    return Result(Role.CHANGQING)


# 三、界定属地范围 二是


@clause(
    "3.2-unsited",
    "三 二是",
    stage=Stage.PIPELINE,
    reads=N_("选定街道以前，说不上在板块以内还是以外：暂由招商的产业办负责。"),
)
def waits_for_a_site(project: Case, readings: Readings) -> Conditions:
    """产业建设管理办公室招商的项目，选址在其所属板块内的，由产业建设管理办公室全程负责服务，并承担经济指标。"""
    yield N_("招商单位是产业办"), project.attracted_by.is_office, "attracted_by"
    yield N_("尚未选址"), not project.sited, "site_street"
    return Result(Role.ATTRACTED_BY, status=Status.PROVISIONAL)


@clause("3.2-in-plate", "三 二是", stage=Stage.PIPELINE, overrides={"2-street-duty"})
def leads_throughout_in_its_plate(project: Case, readings: Readings) -> Conditions:
    """产业建设管理办公室招商的项目，选址在其所属板块内的，由产业建设管理办公室全程负责服务，并承担经济指标。"""
    yield N_("招商单位是产业办"), project.attracted_by.is_office, "attracted_by"
    yield N_("已选址"), project.sited, "site_street"
    yield N_("选址在该产业办板块以内"), project.attracted_by.in_plate, "site", "plate:attracted_by"
    return Result(Role.ATTRACTED_BY)


@clause("3.2-in-plate", "三 二是", stage=Stage.COMPLETED, overrides={"2-street-duty"})
def keeps_what_it_completed_in_its_plate(project: Case, readings: Readings) -> Conditions:
    """产业建设管理办公室招商的项目，选址在其所属板块内的，由产业建设管理办公室全程负责服务，并承担经济指标。"""
    yield N_("通知印发之日后建成投产（非存量）"), not project.stock, "completed_on"
    yield N_("已选址"), project.sited, "site_street"
    yield N_("招商单位是产业办"), project.attracted_by.is_office, "attracted_by"
    yield N_("选址在该产业办板块以内"), project.attracted_by.in_plate, "site", "plate:attracted_by"
    return Result(Role.ATTRACTED_BY)


@clause(
    "3.2-no-plate",
    "三 二是",
    stage=Stage.PIPELINE,
    overrides={"2-street-duty"},
    reads=N_("口径R5：通知没有给这个产业办划板块，因此没有项目在板块以内；建成以前由它为主。"),
)
def leads_without_a_plate(project: Case, readings: Readings) -> Conditions:
    """产业建设管理办公室招商的项目，选址在其所属板块以外的，前期招商引资、项目落地建设服务以产业建设管理办公室为主体，属地街道配合；"""
    yield N_("招商单位是产业办"), project.attracted_by.is_office, "attracted_by"
    yield N_("已选址"), project.sited, "site_street"
    yield N_("该产业办没有板块"), not project.attracted_by.has_plate, "plate:attracted_by"
    return Result(Role.ATTRACTED_BY, assists=Role.SITE, attraction_assists=Role.SITE)


@clause(
    "3.2-out-of-plate",
    "三 二是",
    stage=Stage.PIPELINE,
    overrides={"2-street-duty"},
    reads=N_("口径R1：建成以前经济指标留在产业办，还是从一开始就归属地街道。"),
)
def leads_until_completed(project: Case, readings: Readings) -> Conditions:
    """产业建设管理办公室招商的项目，选址在其所属板块以外的，前期招商引资、项目落地建设服务以产业建设管理办公室为主体，属地街道配合；"""
    yield N_("招商单位是产业办"), project.attracted_by.is_office, "attracted_by"
    yield N_("已选址"), project.sited, "site_street"
    yield N_("该产业办有板块"), project.attracted_by.has_plate, "plate:attracted_by"
    yield N_("选址在该产业办板块以外"), not project.attracted_by.in_plate, "site", "plate:attracted_by"
    return Result(
        Role.ATTRACTED_BY,
        assists=Role.SITE,
        attraction_assists=Role.SITE,
        indicators=Role.SITE if readings.R1 == "street" else None,
    )


@clause("3.2-out-of-plate", "三 二是", stage=Stage.COMPLETED, overrides={"2-street-duty"})
def hands_over_when_completed(project: Case, readings: Readings) -> Conditions:
    """项目建成后，移交属地街道负责，并承担经济指标和企业后期经济和社会服务管理工作。"""
    yield N_("通知印发之日后建成投产（非存量）"), not project.stock, "completed_on"
    yield N_("已选址"), project.sited, "site_street"
    yield N_("招商单位是产业办"), project.attracted_by.is_office, "attracted_by"
    yield N_("该产业办有板块"), project.attracted_by.has_plate, "plate:attracted_by"
    yield N_("选址在该产业办板块以外"), not project.attracted_by.in_plate, "site", "plate:attracted_by"
    return Result(Role.SITE)


# 三、界定属地范围 三是


@clause(
    "3.3-street-move",
    "三 三是",
    overrides={"3.1-sme-city", "3.1-changqing", "3.4-operating-place", "2-street-duty"},
    reads=N_("口径R11：原街道在建成以前协办，还是不再承担。"),
)
def follows_a_move_between_streets(project: Case, readings: Readings) -> Conditions:
    """三是街道与街道之间企业扩产、搬迁的项目。以新选址属地街道服务为主，新项目的经济指标同时划转到所属街道。"""
    yield N_("项目来源是扩产或搬迁"), project.moves, "origin"
    yield N_("已选址"), project.sited, "site_street"
    yield N_("原所在街道与选址街道不同"), project.from_other_street, "from_street", "site_street"
    yield N_("招商单位不是产业办"), not project.attracted_by.is_office, "attracted_by"
    yield N_("账面单位不是产业办"), not project.books.is_office, "books"
    return Result(Role.SITE, assists=Role.FROM_STREET if readings.R11 == "assists" else None)


# 三、界定属地范围 四是


@clause("3.4-operating-place", "三 四是", stage=Stage.COMPLETED, overrides={"2-street-duty"})
def counts_where_it_operates(project: Case, readings: Readings) -> Conditions:
    """四是现有存量规模以上工业企业，街道与街道之间实际经营地和统计归属地不一致的项目。全部按实际经营地纳入统计和项目服务。"""
    yield N_("截至通知印发之日已建成投产（存量）"), project.stock, "completed_on"
    yield N_("规模以上工业企业"), project.above_scale_industrial, "above_scale_industrial"
    yield N_("已选址"), project.sited, "site_street"
    yield N_("统计归属街道与选址街道不同"), project.counted_elsewhere, "statistical_street", "site_street"
    yield N_("账面单位不是产业办"), not project.books.is_office, "books"
    return Result(Role.SITE)
