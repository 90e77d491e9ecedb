"""The generated pages say what the code does, the page of components shows every macro, and the index names every page."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.catalogue import compiled

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"

FRAME = {
    "navigation.main",
    "navigation.posts",
    "navigation.preferences",
    "navigation.flashes",
    "conflict.choose",
    "conflict.taken_over",
}
"""Macros that other macros call, or that a page has only when something happened."""


def generator(path: Path) -> ModuleType:
    """A script of the documentation, loaded."""
    spec = importlib.util.spec_from_file_location("generate", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("script", ["generate.py", "components/generate.py"])
def test_the_generated_pages_are_current(script: str) -> None:
    compiled()
    for path, text in generator(DOCS / script).pages().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run make docs"


def test_every_macro_is_on_the_page_of_components() -> None:
    shown = (DOCS / "components" / "source.html").read_text(encoding="utf-8")
    names = dict(re.findall(r'import "components/(\w+)\.html" as (\w+)', shown))
    missing = [
        f"{file.stem}.{macro}"
        for file in sorted((ROOT / "templates" / "components").glob("*.html"))
        for macro in re.findall(r"{%-?\s*macro (\w+)", file.read_text(encoding="utf-8"))
        if f"{file.stem}.{macro}" not in FRAME
        and not re.search(rf"(?:call|{{{{)[^}}]*\b{re.escape(names.get(file.stem, '?'))}\.{macro}\(", shown)
    ]
    assert not missing, f"show them in docs/components/source.html: {missing}"


def test_the_index_names_every_page() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    for page in DOCS.glob("**/*.md"):
        if page.name != "README.md":
            assert page.name in index, f"docs/README.md does not name {page.name}"
