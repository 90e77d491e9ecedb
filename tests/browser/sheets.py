"""Sheets that a person uploads in the browser, and the uploading."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.importing import line, sheet


def mistaken(folder: Path, mark: str) -> Path:
    """Two rows, one of them with a street that is none and a day that is none."""
    rows = [line(f"{mark}-1"), line(f"{mark}-2", 选址街道="不存在街", 签约日期="2021-13-01")]
    return sheet(folder / "有错误的登记表.csv", rows)


def corrected(folder: Path, mark: str) -> Path:
    """The same rows with nothing wrong, and one project of the demonstration that moves to another street."""
    moved = line(
        "XM2021001",
        项目名称="改了名的项目" + mark,
        选址街道="慈惠街",
        重大项目标记="全产业链",
        签约日期="2021-01-13",
    )
    rows = [line(f"{mark}-1"), line(f"{mark}-2", 选址街道="慈惠街", 签约日期="2021-03-01"), moved]
    return sheet(folder / "改正后的登记表.csv", rows)


def choose(page: Page, path: Path) -> None:
    """Uploads a file, on the page of imports or where errors are listed, and waits until it is checked."""
    if page.locator("form.upload").count() == 0:
        page.goto("/imports")
    page.set_input_files("#file", path)
    page.locator("form.upload button[type=submit]").click()
    page.locator(".import-line").wait_for()
    page.locator("[data-live]").wait_for(state="detached")
    page.locator(".tallies-panel").wait_for()
