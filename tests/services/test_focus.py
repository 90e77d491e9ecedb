"""What clause 四 has an office focus on: the notice's words, the codes they mean, and what is said of others."""

from __future__ import annotations

from crm.models import Unit
from crm.services import focus
from crm.sheets.vocabulary import rows


def office(code: str, kind: str = "office") -> Unit:
    return Unit(code=code, kind=kind, name=code)


def test_every_word_of_the_notice_has_its_line_and_every_code_is_in_the_standard() -> None:
    words = [(row["office"], row["focus"]) for row in rows("focus_industries.csv")]
    read = [(row["office"], row["focus"]) for row in rows("focus_codes.csv")]
    assert sorted(words) == sorted(read)
    standard = {row["code"] for row in rows("gbt4754.csv")}
    for focused in focus.offices().values():
        for one in focused:
            assert set(one.prefixes) <= standard, one.words


def test_what_is_outside_is_told_in_the_words_of_the_notice() -> None:
    jd, sy, zb = office("jd"), office("sy"), office("zb")
    assert focus.outside(jd, "3911") == () and focus.outside(sy, "1491") == ()
    assert focus.outside(jd, "1411") == ("智能装备制造产业", "新能源和新材料产业", "光电子产业")
    assert focus.outside(sy, "3911") == ("国内外知名食品企业", "大健康产业", "保健品产业", "生物医药产业")
    assert focus.outside(zb, "1310") == () and focus.outside(zb, "4390") == () and focus.outside(zb, "4411")


def test_nothing_is_said_where_there_is_nothing_to_say() -> None:
    assert focus.outside(office("jd"), None) == () and focus.outside(office("jd"), "") == ()
    assert focus.outside(office("cihui", "street"), "1411") == ()
    assert focus.outside(office("swj", "department"), "1411") == ()
    assert focus.outside(office("gx"), "1411") == (), "a start-up may be of any industry"
