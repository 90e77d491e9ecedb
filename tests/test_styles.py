"""The style sheets: every class is used somewhere, no sheet is long, and base.html loads them all."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHEETS = sorted((ROOT / "crm" / "static" / "css").glob("*.css"))
LONGEST = 300


def classes(sheet: Path) -> set[str]:
    """The classes that a sheet's selectors name."""
    text = re.sub(r"/\*.*?\*/|url\([^)]*\)", "", sheet.read_text(encoding="utf-8"), flags=re.S)
    return {
        name for chosen in re.findall(r"([^{}]+)\{", text) for name in re.findall(r"\.([a-z][\w-]*)", chosen)
    }


def written() -> str:
    """Everything that can put a class into a page."""
    files = [
        *(ROOT / "templates").rglob("*.html"),
        *(ROOT / "crm" / "web").glob("*.py"),
        *(ROOT / "crm" / "static" / "js").glob("*.js"),
    ]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_every_class_is_used() -> None:
    text = written()
    whole = set(re.findall(r"[a-z][\w-]*", text))
    # unit-{{ code }}, f"unit-{code}", main-nav-{{ … }}, lane-{{ … }}-text: put together from a beginning.
    begun = tuple(set(re.findall(r"(?<![\w-])([a-z][\w-]*-)(?:\{|\"|')", text)))
    unused = [
        f"{sheet.name}: .{name}"
        for sheet in SHEETS
        for name in sorted(classes(sheet))
        if name not in whole and not name.startswith(begun)
    ]
    assert not unused, f"no template uses them, delete them: {unused}"


def test_no_sheet_is_long() -> None:
    lines = {sheet.name: sheet.read_text(encoding="utf-8").count("\n") for sheet in SHEETS}
    assert not {name: count for name, count in lines.items() if count > LONGEST}


def test_every_sheet_is_loaded() -> None:
    base = (ROOT / "templates" / "base.html").read_text(encoding="utf-8")
    listed = re.search(r"for sheet in \(([^)]*)\)", base)
    assert listed and set(re.findall(r'"(\w+)"', listed[1])) == {sheet.stem for sheet in SHEETS}
