"""Pages use nothing that Chrome 109 lacks, the last for Windows 7: what came later is found in style sheets and scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "crm" / "static"

LATER = {
    "css": {
        "nesting": r"(?m)^\s*&|\{[^{}@]*\{[^{}]*\}(?=[^{}]*;)",
        "color-mix, oklch, oklab, lab, lch, light-dark": r"\b(?:color-mix|oklch|oklab|lab|lch|light-dark)\(",
        "text-wrap": r"\btext-wrap\b",
        "subgrid": r"\bsubgrid\b",
        "@scope, @starting-style, @view-transition": r"@(?:scope|starting-style|view-transition|position-try)\b",
        "style queries": r"@container[^{]*\bstyle\(",
        "anchors, field-sizing, interpolate-size": r"\b(?:anchor-name|field-sizing|interpolate-size|position-anchor)\b",
        "scroll timelines": r"\b(?:animation-timeline|scroll-timeline|view-timeline)\b",
        "rounding, trigonometry, linear()": r"\b(?:round|mod|rem|sin|cos|tan|linear|sign|abs)\(",
        "unprefixed masks": r"(?<![-\w])mask(?:-\w+)?\s*:",
        ":dir, :user-valid, :open": r":(?:dir\(|user-valid|user-invalid|open\b|popover-open)",
        "rlh, rcap and other late units": r"\d(?:rlh|rcap|rch|rex|ric)\b",
        "text-box, hanging punctuation, text-spacing-trim": r"\b(?:text-box|text-box-trim|text-spacing-trim|hanging-punctuation)\b",
    },
    "js": {
        "arrays copied by method": r"\.(?:toSorted|toReversed|toSpliced|with)\(",
        "groupBy, fromAsync, withResolvers": r"\b(?:groupBy|fromAsync|withResolvers|isWellFormed|toWellFormed)\b",
        "sets of sets": r"\.(?:union|intersection|difference|symmetricDifference|isSubsetOf|isSupersetOf)\(",
        "view transitions, popovers, canParse": r"\b(?:startViewTransition|showPopover|togglePopover|canParse|checkVisibility)\b",
        "iterator helpers": r"\.(?:drop|take)\(\d",
        "the v flag": r"/[a-z]*v[a-z]*(?=[;,).\s])(?<=/v)",
        "import attributes": r"\bimport\b[^;]*\bwith\s*\{",
    },
    "html": {"popovers, exclusive details, lazy hints": r"\s(?:popover|popovertarget|blocking|fetchpriority|shadowrootmode)[=\s>]|<details[^>]*\sname="},
}  # fmt: skip
"""By kind of file: what it is called, and how it looks."""


def files(kind: str) -> list[Path]:
    """Our own files of a kind."""
    return sorted((ROOT / "templates" if kind == "html" else STATIC).rglob(f"*.{kind}"))


@pytest.mark.parametrize("kind", LATER)
def test_nothing_is_newer_than_chrome_109(kind: str) -> None:
    assert files(kind)
    found = [
        f"{file.name}: {name}: {match[0].strip()[:60]}"
        for file in files(kind)
        for name, pattern in LATER[kind].items()
        for match in re.finditer(pattern, plain(file.read_text(encoding="utf-8"), kind))
    ]
    assert not found, "Chrome 109 does not know this; say it in an older way:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("css", ".a {\n  & b { color: red; }\n}"),
        ("css", ".a { color: color-mix(in srgb, red, blue); }"),
        ("css", "h1 { text-wrap: balance; }"),
        ("css", ".a { mask: url(x.svg); }"),
        ("js", "rows.toSorted()"),
        ("js", "Object.groupBy(rows, by)"),
        ("html", '<div popover id="x">'),
        ("html", '<details name="one">'),
    ],
)
def test_what_is_newer_is_found(kind: str, text: str) -> None:
    assert any(re.search(pattern, plain(text, kind)) for pattern in LATER[kind].values())


def plain(text: str, kind: str) -> str:
    """The text without its comments."""
    return re.sub(r"\{#.*?#\}" if kind == "html" else r"/\*.*?\*/|(?m:^\s*//.*$)", "", text, flags=re.S)
