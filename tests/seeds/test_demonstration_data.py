"""The demonstration's files: 150 projects without a mistake, real where reported and marked where not."""

import re
from collections import Counter
from datetime import date

import pytest
from stdnum.cn import uscc

from crm.rules.facts import NOTICE_DAY, Facts, Readings
from crm.rules.timeline import periods, stretches
from crm.seeds.demonstration import BUSINESS_DAY
from crm.sheets.registry import COLUMNS, Registry, RegistryRow
from crm.sheets.vocabulary import rows, seeded_ground, seeded_vocabulary

VOCABULARY = seeded_vocabulary()
PROJECTS = {line["项目编号"]: line for line in rows("demonstration/projects.csv")}
CHANGES = rows("demonstration/changes.csv")
REPORTS = rows("demonstration/reports.csv")
LEFT_OUT = rows("demonstration/left_out.csv")
REPORTED = rows("reported_projects.csv")
IDENTIFIERS = (
    "name",
    "investor",
    "credit_code",
    "industry_code",
    *Facts._fields,
    "total_investment_fen",
)
COLUMN_OF = dict(zip(IDENTIFIERS, COLUMNS[1:], strict=True))
REAL = {row["number"] for row in REPORTS}


def read(lines: list[dict[str, str]]) -> list[RegistryRow]:
    """The projects of these lines; there is no mistake in them."""
    registry = Registry(VOCABULARY, for_books=True)
    found = list(registry.read([list(COLUMNS), *([line[column] for column in COLUMNS] for line in lines)]))
    assert registry.errors == []
    return found


def after_the_changes() -> list[dict[str, str]]:
    """The projects as the books have them in the end."""
    lines = {number: dict(line) for number, line in PROJECTS.items()}
    for change in CHANGES:
        lines[change["number"]][COLUMN_OF[change["fact"]]] = change["value"]
    return list(lines.values())


def values(number: str, fact: str) -> set[str]:
    """Every value the books ever have for a fact, without the empty one."""
    later = {c["value"] for c in CHANGES if c["number"] == number and c["fact"] == fact}
    return ({PROJECTS[number][COLUMN_OF[fact]]} | later) - {""}


def test_there_are_150_projects_and_each_is_valid_as_registered_and_in_the_end() -> None:
    assert len(PROJECTS) == 150
    assert len(read(list(PROJECTS.values()))) == 150
    assert len(read(after_the_changes())) == 150


def test_every_industry_is_a_class_of_the_standard() -> None:
    classes = {row["code"] for row in rows("gbt4754.csv") if row["level"] == "4"}
    assert {line["行业代码"] for line in PROJECTS.values()} <= classes


def test_nothing_is_known_before_it_happened_nor_recorded_after_the_business_day() -> None:
    for number, line in PROJECTS.items():
        recorded = date.fromisoformat(line["recorded_on"])
        days = [line[column] for column in ("签约日期", "开工日期", "建成投产日期") if line[column]]
        assert max(map(date.fromisoformat, days)) <= recorded < BUSINESS_DAY, number
        assert recorded > NOTICE_DAY
    for change in CHANGES:
        recorded = date.fromisoformat(change["recorded_on"])
        assert date.fromisoformat(PROJECTS[change["number"]]["recorded_on"]) < recorded < BUSINESS_DAY, change
        if change["fact"].endswith("_on"):
            assert date.fromisoformat(change["value"]) <= recorded, change
        if change["valid_from"]:
            assert date.fromisoformat(change["valid_from"]) <= recorded, change


def test_what_is_marked_as_invented_is_a_fact_the_project_has() -> None:
    for number, line in PROJECTS.items():
        invented = line["invented"].split(";")
        assert invented == [fact for fact in IDENTIFIERS if fact in invented], number
        for fact in invented:
            assert values(number, fact), (number, fact)
        if number not in REAL:
            assert invented == [fact for fact in IDENTIFIERS if values(number, fact)], number


def test_nobody_takes_an_invented_enterprise_for_a_real_one() -> None:
    owner: dict[str, str] = {}
    for number, line in PROJECTS.items():
        if number in REAL:
            assert line["统一社会信用代码"] == ""
            assert not re.search("示例|演示", line["投资企业"])
            continue
        assert re.search("示例|演示", line["投资企业"]), number
        code = line["统一社会信用代码"]
        assert uscc.is_valid(code) and code.startswith("91420112DEM0"), number
        assert owner.setdefault(code, line["投资企业"]) == line["投资企业"]
    assert len(set(owner.values())) == len(owner)


def test_every_report_is_used_word_for_word_or_left_out_with_a_reason() -> None:
    used = [{**row, "date": row["reported_on"]} for row in REPORTS]
    for row in used:
        assert {column: row[column] for column in REPORTED[0]} in REPORTED, row
    assert all(row["reason"] for row in LEFT_OUT)
    keys = ("name", "stage", "date", "source_url")
    found = Counter(tuple(row[key] for key in keys) for row in [*used, *LEFT_OUT])
    assert found == Counter(tuple(row[key] for key in keys) for row in REPORTED)


def test_no_report_is_later_than_the_business_day() -> None:
    for row in REPORTS:
        assert row["reported_on"] <= BUSINESS_DAY.isoformat(), row


STAGES = {"signed_on": "签约", "construction_started_on": "开工"}


@pytest.mark.parametrize("number", sorted(REAL))
def test_what_is_not_marked_as_invented_was_reported(number: str) -> None:
    reports = [row for row in REPORTS if row["number"] == number]
    line = PROJECTS[number]
    invented = line["invented"].split(";")
    kept = {
        fact: values(number, fact) for fact in IDENTIFIERS if fact not in invented and values(number, fact)
    }
    assert kept.pop("name") <= {row["name"] for row in reports}
    assert kept.pop("investor", set()) <= {row["investor"] for row in reports}
    assert kept.pop("total_investment_fen", set()) <= {row["investment_yi"] for row in reports}
    for fact, stage in STAGES.items():
        stages = {row["reported_on"] for row in reports if row["stage"].startswith(stage)}
        assert kept.pop(fact, set()) <= stages
    for street in kept.pop("site_street", set()):
        assert any(street.removesuffix("街") in row["street_or_park"] for row in reports)
    if line["重大项目标记"]:
        # 三 一是: the notice itself names the two and who attracts and serves them.
        assert line["重大项目标记"] in ("京东方", "康宁") and kept.pop("named_major") == {
            line["重大项目标记"]
        }
        assert kept.pop("attracted_by") == kept.pop("served_by") == {"机电产业办"}
    # The words of a report, coded: an industry by its class, an extension or a newcomer by its origin.
    assert set(kept) <= {"industry_code", "origin"}
    if "origin" in kept:
        new = {"落户", "已引进"} & {row["stage"] for row in reports}
        assert kept["origin"] == ({"新引进"} if new else {"扩产"})


def test_the_demonstration_shows_every_rule_unit_and_month_that_matters() -> None:
    ground = seeded_ground(VOCABULARY, Readings())
    found = read(after_the_changes())
    seen: set[tuple[str, bool]] = set()
    leads: set[str] = set()
    passed_in_may = 0
    for row in found:
        done = row.facts.completed_on
        for period in periods(stretches([(date.min, row.facts)], [(date.min, ground)])):
            attribution = period.attribution
            leads.add(attribution.lead)
            completed = done is not None and max(done, NOTICE_DAY) <= period.from_
            if period.responsibility.value == "indicators":
                seen.add((attribution.rule, completed))
                passed_in_may += completed and f"{period.from_:%Y-%m}" == "2021-05"
    rules = {rule for rule, _ in seen}
    assert rules == {
        "3.1-named-major", "3.3-street-move", "3.1-changqing", "3.2-unsited", "3.2-in-plate", "3.2-no-plate",
        "3.2-out-of-plate", "2-street-duty", "none", "3.1-sme-city", "3.4-operating-place", "3.1-retain",
        "3.1-transfer",
    }  # fmt: skip
    both = {"3.1-named-major", "3.1-changqing", "3.2-out-of-plate", "2-street-duty", "none"}
    assert {(rule, completed) for rule in both for completed in (False, True)} <= seen
    kinds = Counter(VOCABULARY.kinds[unit] for unit in leads)
    assert kinds["office"] == 6 and kinds["street"] == 12 and kinds["department"] >= 3
    assert {row.facts.site_street for row in found} == {*VOCABULARY.streets.values(), None}
    assert passed_in_may >= 5
    signed = Counter(f"{row.facts.signed_on:%Y-%m}" for row in found if row.facts.signed_on)
    assert 6 <= signed["2021-05"] <= 10
    assert {str(year) for year in range(2015, 2022)} <= {month[:4] for month in signed}
