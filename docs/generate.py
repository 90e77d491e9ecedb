"""Writes docs/rules.md, docs/readings.md and docs/settings.md from the code: `python docs/generate.py`. A test holds them current."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

from crm.messages import TRANSLATIONS
from crm.rules.duties import READS, attraction, policy_delivery, work_safety
from crm.rules.explanation import RULE_NAMES
from crm.rules.facts import CHOICES, Readings
from crm.rules.language import Clause
from crm.rules.notices.silent import SILENT
from crm.rules.notices.wlkb_2020_1 import WLKB_2020_1
from crm.services.policy import PERCENT, SETTINGS
from crm.sheets.vocabulary import rows

HERE = Path(__file__).parent
STAGES = {
    "pipeline": "建成投产前 · before completion",
    "completed": "建成投产后 · once completed",
    "always": "始终 · always",
}
DUTIES = (("2-attraction", attraction), ("2-work-safety", work_safety), ("policy_delivery", policy_delivery))
NOTE = "<!-- 由 docs/generate.py 从代码生成 · generated from the code -->"


def rules() -> Iterator[str]:
    """The notice as the program applies it, clause by clause, and what it leaves silent."""
    yield from (NOTE, "# 归属规则 · The rules", "")
    yield f"{WLKB_2020_1.number}，逐条：条文原文、程序的理解、条件、让位关系。"
    yield "The notice clause by clause: its own words, how they are read, the conditions, and which clauses give way."
    for clause in WLKB_2020_1.clauses:
        yield from ("", f"## `{clause.id}` · {clause.reference} · {STAGES[clause.stage]}", "")
        yield from (f"**{RULE_NAMES[clause.id]}**", "", f"> {clause.words}", "")
        if clause.reads:
            yield from (said(clause.reads), "")
        yield from (f"{n}. {condition}" for n, condition in enumerate(conditions(clause), start=1))
        if clause.overrides:
            yield from (
                "",
                "让位于它的 · gives way to it: "
                + ", ".join(f"`{rule}`" for rule in sorted(clause.overrides)),
            )
    yield from ("", "## 其余职责 · The other responsibilities")
    for name, function in DUTIES:
        yield from ("", f"### `{name}`", "", f"> {(function.__doc__ or '').strip()}")
        yield from ("", said(READS[function.__name__]))
    yield from ("", "## 没有代码的条文 · Passages without code", "", "| 原文 | 理由 |", "| --- | --- |")
    yield from (f"| {silence.words} | {silence.reason} |" for silence in SILENT)


def conditions(clause: Clause) -> list[str]:
    """The messages of a clause's conditions in order, those asked only under a reading included."""
    found: list[str] = []
    for readings in (Readings(), Readings(**{code: choices[-1] for code, choices in CHOICES.items()})):
        for seen in clause.outline(readings)[0]:
            if seen.message not in found:
                found.append(seen.message)
    return found


def said(message: str) -> str:
    """A message in both languages, from the catalogue's source."""
    with (TRANSLATIONS / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        english = read_po(file, locale="en").get(message)
    return f"{message} · {english.string if english else ''}"


def readings() -> Iterator[str]:
    """Every reading with its question and choices, the built-in one marked."""
    yield from (NOTE, "# 口径 · Readings", "")
    yield "条文有两种以上理解的地方。每一项都有生效日期，由裁定机关设定；第一项是内置的。"
    yield "Where the words allow more than one reading. Each is a dated row that the bureau may set; the first is built in."
    code = ""
    for row in rows("readings.csv"):
        if row["code"] != code:
            code = row["code"]
            yield from (
                "",
                f"## {code} · {row['question_zh']}",
                "",
                f"{row['question_en']} ({row['clause']})",
                "",
            )
        mark = "（内置 · built in）" if row["built_in"] == "1" else ""
        yield f"- `{row['choice']}`{mark}: {row['meaning_zh']} · {row['meaning_en']}"


def settings() -> Iterator[str]:
    """What the notices leave to the district: each setting with its default and what is published elsewhere."""
    yield from (NOTE, "# 本区参数 · The settings", "")
    yield "本区决定以前按默认值，处处标明“本区未定”；在“本区参数”页提出修改，商务局负责人确认后从所定之日起生效。"
    yield "Until the district decides, the default holds and is marked so. A change is proposed on the page of the settings and holds from its day once confirmed."
    yield from (
        "",
        "| | 默认 · default | 可填 · bounds | 管什么 · what it decides | 外地 · elsewhere |",
        "| --- | --- | --- | --- | --- |",
    )
    for setting in SETTINGS.values():
        unit = setting.unit if setting.unit == PERCENT else said(setting.unit)
        cells = (
            said(setting.name),
            f"{setting.default} {unit}",
            f"{setting.least}–{setting.most}",
            said(setting.about),
            said(setting.published) if setting.published else "",
        )
        yield f"| {' | '.join(cells)} |"


def pages() -> dict[Path, str]:
    """Each generated page's path and text."""
    return {
        HERE / f"{page.__name__}.md": re.sub(r"\n{3,}", "\n\n", "\n".join(page())) + "\n"
        for page in (rules, readings, settings)
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
