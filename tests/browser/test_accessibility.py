"""Axe finds no violation of WCAG 2.1 A and AA on any page, in either language and either colour scheme."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Visit
from tests.browser.sheets import choose, corrected, mistaken

PAGES = {
    "reviewer": (
        "/", "/projects?street=cihui", "/projects?q=zzzz&stage=x", "/projects/XM2019012?on=2020-12-01", "/projects/XM2021006",
        "/projects/XM2003001?known=2020-05-01", "/briefs", "/briefs/2021-05", "/log", "/nope", "/imports", "/jobs",
        "/projects/XM2019012/edit", "/projects/new", "/industries?q=汽车", "/industries",
    ),
    "auditor": ("/", "/log?action=project.facts_set"),
    "administrator": ("/", "/jobs", "/jobs?state=failed", "/system"),
}  # fmt: skip
"""Every kind of page, empty ones and errors among them."""

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}


def violations(page: Any) -> list[str]:
    """What axe finds, with the places it found it at."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


FULLEST = {"reviewer": ("/", "/projects?street=cihui", "/projects/XM2019012?on=2020-12-01")}
"""Those pages that have everything on them which the others have."""


@pytest.mark.parametrize(
    ("language", "scheme", "width", "pages"),
    [
        ("zh", "light", "desk", PAGES),
        ("en", "dark", "phone", PAGES),
        ("zh", "dark", "desk", FULLEST),
        ("en", "light", "phone", FULLEST),
    ],
)
def test_every_page(
    visit: Visit, tmp_path: Path, language: str, scheme: str, width: str, pages: dict[str, tuple[str, ...]]
) -> None:
    found = {}
    page = visit(None, language=language, scheme=scheme, width=width)
    found["/sign-in"] = violations(page)
    page.evaluate("document.querySelector('form.form').noValidate = true")
    page.press("#password", "Enter")
    page.locator(".field-error").first.wait_for()
    found["/sign-in refused"] = violations(page)
    page = visit("reviewer", language=language, scheme=scheme, width=width)
    for step in ("with errors", "to be written", "written"):
        if step == "written":
            page.locator("form[action$='/apply'] button").click()
            page.locator(".notice-success").wait_for()
        else:
            choose(
                page,
                mistaken(tmp_path, "AX")
                if step == "with errors"
                else corrected(tmp_path, f"AX{language}{scheme}{width}"),
            )
        found[f"import {step}"] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), step
    for login, paths in pages.items():
        page = visit(login, language=language, scheme=scheme, width=width)
        for path in paths:
            page.goto(path)
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            found[f"{login} {path}"] = violations(page)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
                f"{path} is too wide"
            )
    assert {place: wrong for place, wrong in found.items() if wrong} == {}
