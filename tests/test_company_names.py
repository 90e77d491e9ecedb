"""What two people write differently and mean alike is one key; what is another company keeps another."""

from __future__ import annotations

import random

import pytest

from crm.company_names import LONGEST, key

ALIKE = (
    # legal forms, Chinese and English
    ("汉芯微电子", "汉芯微电子有限公司 汉芯微电子有限责任公司 汉芯微电子股份有限公司 汉芯微电子集团有限公司 汉芯微电子公司"),
    ("汉芯微电子", "汉芯微电子（集团）股份有限公司 汉芯微电子有限公司武汉分公司 汉芯微电子Co.,Ltd. 汉芯微电子ＬＴＤ"),
    ("远东投资", "远东投资（有限合伙） 远东投资合伙企业（有限合伙） 远东投资合伙企业(特殊普通合伙)"),
    ("siemens", "SIEMENS Siemens,Inc. Siemens(China)Co.,Ltd. Ｓｉｅｍｅｎｓ，ＡＧ Siemens-AG"),
    # brackets, full and half width, and what stands in them
    ("汉芯微电子", "汉芯（武汉）微电子有限公司 汉芯(武汉)微电子有限公司 汉芯微电子(中国)有限公司 汉芯【上海市】微电子公司"),
    ("汉芯微电子", "汉芯微电子有限公司（筹） 汉芯微电子（暂定名） 汉芯微电子有限公司（名称待定） “汉芯”微电子 汉芯·微电子"),
    ("汉芯二期", "汉芯（二期） 汉芯(二期)有限公司 汉芯_二期"),
    # places it begins with
    ("汉芯微电子", "武汉汉芯微电子有限公司 湖北省武汉市东西湖区汉芯微电子有限公司 中国汉芯微电子 深圳市汉芯微电子有限公司"),
    ("汉芯微电子", "武汉市江岸区汉芯微电子有限公司 广西壮族自治区南宁市汉芯微电子有限公司 武汉临空港经济技术开发区汉芯微电子"),
    # traditional, full-width and capital letters
    ("汉芯微电子", "漢芯微電子有限公司 武漢漢芯微電子股份有限公司"),
    ("abb电气", "ＡＢＢ電氣有限公司 abb电气有限公司 ABB电气"),
    ("青山纸业", "青山纸业 武汉青山纸业有限公司"),
    # nothing but such words: they stay
    ("武汉", "武汉 武汉有限公司"),
    ("上海汽车", "上海汽车集团股份有限公司 上海汽车"),
    ("北京汽车", "北京汽车集团有限公司"),
    ("武汉电子科技", "武汉电子科技有限公司"),
    ("中国银行", "中国银行股份有限公司"),
    ("有限公司", "有限公司"),
    ("ltd", "Ltd Ltd."),
    ("公司", "公司"),
    ("", "\0 \x07"),
)  # fmt: skip


@pytest.mark.parametrize(("expected", "written"), ALIKE)
def test_what_is_meant_alike_is_one(expected: str, written: str) -> None:
    assert {name: key(name) for name in written.split()} == dict.fromkeys(written.split(), expected)


def test_names_with_spaces() -> None:
    assert key(" 武汉  汉芯 微电子 有限公司 ") == "汉芯微电子"
    assert key("Siemens (China) Co., Ltd.") == key("siemens limited") == "siemens"
    assert key("Wuhan General Group Holdings") == "general"
    assert key("") == key("  \n") == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("上海汽车集团", "北京汽车集团"), ("中国银行", "武汉银行"), ("汉芯（二期）", "汉芯（三期）"), ("青山区政府", "洪山政府"), ("bag", "b")],
)  # fmt: skip
def test_what_is_another_stays_another(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_nothing_raises_and_every_key_can_be_kept() -> None:
    draw = random.Random(4)
    pieces = ("武汉", "公司", "有限", "集团", "（", ")", "(", "】", "中国", "Co.,", "Ltd", "汉芯", "\0", "\ud800", "ﷺ", "𠮷", "🐉", " ", "\n", "%", "_", "'", "Ⅻ", "٣", "İ", "ﬃ", "分公司")  # fmt: skip
    for _ in range(2_000):
        name = "".join(draw.choice(pieces) for _ in range(draw.randint(0, 12)))
        found = key(name)
        assert len(found) <= LONGEST
        found.encode()
        assert "\0" not in found
    for name in ("汉" * 100_000, "(" * 5_000, "（武汉" * 5_000, "ﷺ" * 1_000, "公司" * 5_000, "武汉" * 5_000):
        assert len(key(name)) <= LONGEST
