"""The whole task of an import: a sheet with mistakes, its errors, the sheet corrected, what changes, written."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.sheets import choose, corrected, mistaken
from tests.browser.test_work import fits


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_from_mistakes_to_the_books(visit: Visit, tmp_path: Path, width: str) -> None:
    page = visit("reviewer", width=width)
    page.get_by_role("link", name="导入", exact=True).click()
    choose(page, mistaken(tmp_path, width))
    expect(page.locator(".notice-error")).to_contain_text("有1行存在错误，什么都没有写入")
    wrong = page.locator("#errors tbody tr")
    expect(wrong).to_have_count(2)
    expect(wrong.first).to_contain_text("不存在街")
    expect(wrong.first).to_contain_text("没有名为“不存在街”的街道")
    expect(page.get_by_role("button", name="写入账中")).to_have_count(0)
    assert fits(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="下载错误表").click()
    assert download.value.suggested_filename == "登记表错误.xlsx"

    choose(page, corrected(tmp_path, width))
    changed, new = page.locator("#changed tbody tr"), page.locator("#new tbody tr")
    expect(changed).to_have_count(1)
    expect(changed.locator("del").first).to_be_visible()
    expect(changed.locator(".amend ins").first).to_have_text(f"改了名的项目{width}")
    expect(new).to_have_count(2)
    expect(new.first.locator(".shift")).to_contain_text("自2020-09-01起")
    expect(new.first.locator(".unit-chip").first).to_have_text("机电产业办")
    assert fits(page)

    page.get_by_role("button", name="写入账中").click()
    expect(page.locator(".notice-success")).to_have_text("已写入账中")
    page.get_by_role("link", name=f"{width}-1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("精密模具基地")

    page.goto("/imports")
    choose(page, corrected(tmp_path, width))
    expect(page.locator(".notice-info")).to_have_text("表中3个项目与账中完全相同，不需要写入。")
    page.get_by_role("button", name="放弃").click()
    expect(page.locator(".notice-success")).to_have_text("已放弃，没有写入任何内容")
