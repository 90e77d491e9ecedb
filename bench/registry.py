"""Registries as large as asked for, in the exchange format: the same rows for the same seed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

from crm.sheets.registry import COLUMNS
from crm.sheets.vocabulary import rows as seed_rows

SIGNED = COLUMNS.index("签约日期")
FIRST_DAY = date(2012, 1, 1)
LAST_DAY = date(2021, 5, 31)

PLACES = ("武汉", "湖北", "东西湖", "临空港", "华中", "长江", "汉江", "金银湖")
WORDS = [
    "宏远",
    "恒瑞",
    "天汇",
    "中科",
    "华盛",
    "金龙",
    "博泰",
    "普天",
    "光谷",
    "海川",
    "新元",
    "正大",
    "德邦",
    "智联",
    "诚信",
    "康达",
    "远东",
    "明德",
    "联创",
    "安捷",
    "丰润",
    "泰和",
    "华硚",
    "镕达",
    "翀云",
    "喆信",
    "垚鑫",
    "启航",
    "国药",
    "众邦",
    "万丰",
    "宏图",
]
TRADES = [
    "汽车零部件",
    "电子显示",
    "精密模具",
    "智能装备",
    "生物医药",
    "医疗器械",
    "乳制品",
    "休闲食品",
    "粮油加工",
    "冷链物流",
    "跨境电商",
    "保税仓储",
    "航空物流",
    "软件信息",
    "新能源",
    "新材料",
    "数据服务",
    "商贸",
    "文化旅游",
    "总部经济",
    "检测认证",
    "包装印刷",
]
KINDS = (
    "生产基地",
    "产业园",
    "研发中心",
    "总部",
    "仓储中心",
    "二期",
    "技术改造",
    "智能工厂",
    "物流园",
    "扩建工程",
)
FORMS = ("有限公司", "股份有限公司", "集团有限公司", "科技有限公司", "（武汉）有限公司")
INDUSTRIES = [
    "3525",
    "3670",
    "3974",
    "3979",
    "2710",
    "2770",
    "3580",
    "1441",
    "1353",
    "1499",
    "5910",
    "5921",
    "5962",
    "6510",
    "6550",
    "7210",
    "7320",
    "2231",
    "2319",
    "4011",
]
DIVISIONS = ["420100", "420112", "420111", "420103", "310115", "440300", "110108"]
CODE_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = [3**place % 31 for place in range(17)]

OFFICES = (30, 12, 16, 12, 10, 14)
"""How many of a hundred projects each office brought in, in the order of the unit table; streets bring in the rest."""

DAY_TEXTS = tuple(
    (FIRST_DAY + timedelta(days=number)).isoformat() for number in range((LAST_DAY - FIRST_DAY).days + 1)
)


def generate(path: Path, rows: int, seed: int = 1, *, moved: int = 0) -> None:
    """Writes a registry without errors as xlsx or CSV, by the file's ending; signed so many days earlier throughout."""
    table = (_signed_earlier(line, moved) for line in lines(rows, seed)) if moved else lines(rows, seed)
    if path.suffix.lower() == ".xlsx":
        _write_workbook(path, table)
        return
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(table)


def lines(rows: int, seed: int = 1) -> Iterator[tuple[str, ...]]:
    """The rows without the head, as texts in the order of the columns."""
    random = Random(seed)
    pick, chance = random.choice, random.random
    units = seed_rows("units.csv")
    offices = [unit["name"] for unit in units if unit["kind"] == "office"]
    streets = [unit["name"] for unit in units if unit["kind"] == "street"]
    areas = {row["name"]: row["streets"] for row in seed_rows("areas.csv")}
    plates: dict[str, list[str]] = {}
    short = {unit["code"]: unit["name"] for unit in units}
    for row in seed_rows("plates.csv"):
        if row["place_kind"] == "street":
            plates.setdefault(short[row["office"]], []).append(row["place"])
    shares = list(accumulate(OFFICES))
    for number in range(1, rows + 1):
        share = chance() * 100
        office = next((name for name, upto in zip(offices, shares, strict=True) if share < upto), None)
        attracted_by = office or pick(streets)
        site = _site(office, attracted_by, plates, streets, pick, chance)
        area = ""
        if site and chance() < 0.05:
            area = pick(list(areas))
            site = areas[area] or site
        served_by = attracted_by if chance() < 0.8 else (pick(streets) if chance() < 0.7 else "")
        origin = "新引进" if (luck := chance()) < 0.86 else "扩产" if luck < 0.94 else "搬迁"
        from_street = "" if origin == "新引进" else pick(streets)
        statistical = site if chance() < 0.92 else pick(streets)
        mark = "" if chance() < 0.99 else pick(("京东方", "康宁", "全产业链"))
        signed = int(chance() * (len(DAY_TEXTS) - 1))
        started = signed + int(chance() * 300) if chance() < 0.75 else None
        completed = (started or signed) + 90 + int(chance() * 700) if chance() < 0.6 else None
        place, word, trade = pick(PLACES), pick(WORDS), pick(TRADES)
        yield (
            f"P{number:07d}",
            f"{word}{trade}{pick(KINDS)}",
            f"{place}{word}{trade}{pick(FORMS)}" if chance() < 0.9 else "",
            credit_code(number) if chance() < 1 / 3 else "",
            pick(INDUSTRIES),
            attracted_by,
            served_by,
            origin,
            from_street,
            site,
            area,
            statistical,
            "是" if chance() < 0.3 else "否",
            mark,
            DAY_TEXTS[signed],
            _day(started),
            _day(completed),
            f"{10 ** (chance() * 3 - 1):.2f}" if chance() < 0.95 else "",
        )


def credit_code(number: int) -> str:
    """A 统一社会信用代码 of its own for each number below 10^8, with a right check character."""
    body = f"91{DIVISIONS[number % len(DIVISIONS)]}M{number:08d}"
    total = sum(CODE_LETTERS.index(letter) * weight for letter, weight in zip(body, WEIGHTS, strict=True))
    return body + CODE_LETTERS[-total % 31]


def _site(
    office: str | None,
    attracted_by: str,
    plates: Mapping[str, list[str]],
    streets: list[str],
    pick: Callable[[Sequence[str]], str],
    chance: Callable[[], float],
) -> str:
    if chance() < 0.06:
        return ""
    if office is None:
        return attracted_by if chance() < 0.8 else pick(streets)
    inside = plates.get(office)
    return pick(inside) if inside and chance() < 0.55 else pick(streets)


def _day(index: int | None) -> str:
    return DAY_TEXTS[index] if index is not None and index < len(DAY_TEXTS) else ""


def _signed_earlier(line: tuple[str, ...], days: int) -> tuple[str, ...]:
    signed = (date.fromisoformat(line[SIGNED]) - timedelta(days=days)).isoformat()
    return (*line[:SIGNED], signed, *line[SIGNED + 1 :])


def _write_workbook(path: Path, table: Iterable[tuple[str, ...]]) -> None:
    # imported here: CSV needs no workbook
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        write = sheet.write_string
        for column, title in enumerate(COLUMNS):
            write(0, column, title)
        for number, line in enumerate(table, start=1):
            for column, text in enumerate(line):
                if text:
                    write(number, column, text)
