"""An officer's way through the pages: sign in, search, a project, why on a day, another language, a brief."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit

MARKED_LATER = "XM2019012"
"""A project of the demonstration whose attribution changed on 15 March 2021."""


def fits(page: Page) -> bool:
    """Does the page, once it is all there, stay within the window's width?"""
    page.wait_for_load_state()
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_from_signing_in_to_why(visit: Visit, width: str) -> None:
    page = visit("jd-staff", width=width)
    expect(page.get_by_role("heading", level=1)).to_contain_text("机电产业办经办员")
    page.fill("#q", "盖板玻璃")
    page.press("#q", "Enter")
    # fields left empty stay out of the address
    expect(page).to_have_url(re.compile(r"/projects\?q=[^&]+$"))
    page.get_by_role("link", name="柔性显示盖板玻璃加工项目").click()
    expect(page.locator("#why")).to_contain_text("继续由机电产业建设管理办公室负责全程招商和服务")
    assert fits(page)
    page.locator(".lane-link").first.click()
    page.wait_for_url("**on=2020-04-27*")
    assert page.url.endswith("#why")
    expect(page.locator("#why .quotation").first).to_contain_text(
        "前期招商引资、项目落地建设服务以产业建设管理办公室为主体"
    )
    expect(page.locator(".verdict-applies")).to_contain_text("走马岭街")
    assert fits(page)


def test_as_known_on_an_earlier_day(visit: Visit) -> None:
    page = visit("leader")
    page.goto(f"/projects/{MARKED_LATER}")
    page.fill("#on", "2021-03-16")
    page.fill("#known", "2021-03-16")
    page.get_by_role("button", name="查看").click()
    expect(page.locator(".notice")).to_contain_text("2021年3月16日收盘时")
    expect(page.locator("#why .why-heading").first).to_contain_text("板块外")
    page.get_by_role("link", name="回到今天的账").click()
    expect(page.locator("#why .why-heading").first).to_contain_text("全产业链")


def test_language_and_appearance_stay_chosen(visit: Visit) -> None:
    page = visit("cihui-head")
    page.goto("/projects?stage=signed")
    page.locator("details.menu summary").first.click()
    page.get_by_role("button", name="English").click()
    expect(page).to_have_url(re.compile(r"/projects\?stage=signed$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Projects")
    page.locator("details.menu summary").first.click()
    page.get_by_role("button", name="Dark").click()
    page.get_by_role("link", name="Home").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_pages_of_the_list(visit: Visit) -> None:
    page = visit("reviewer")
    page.goto("/projects")
    first = page.locator("tbody tr td").first.inner_text()
    page.get_by_role("link", name="下一页").click()
    assert page.locator("tbody tr td").first.inner_text() < first
    page.get_by_role("link", name="最后一页").click()
    expect(page.get_by_role("link", name="下一页", disabled=True)).to_be_visible()
    page.get_by_role("link", name="第一页").click()
    assert page.locator("tbody tr td").first.inner_text() == first


def test_a_brief_becomes_a_pdf(visit: Visit) -> None:
    page = visit("working-group")
    page.goto("/briefs")
    page.get_by_role("link", name="2021年5月").click()
    expect(page.locator(".chart-bar").first).to_be_visible()
    # The first PDF of an installation prepares its fonts.
    with page.expect_download(timeout=90_000) as download:
        page.get_by_role("button", name="下载PDF").click(timeout=90_000)
    assert download.value.suggested_filename == "简报2021-05.pdf"
    assert download.value.path().read_bytes().startswith(b"%PDF")


def test_the_keyboard_is_enough(visit: Visit) -> None:
    page = visit("jd-staff")
    page.goto("/projects")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.locator("details.menu summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="English")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="English")).to_be_hidden()


def test_the_browser_finds_nothing_to_complain_of(visit: Visit) -> None:
    page = visit("jd-staff")
    said: list[str] = []
    page.on(
        "console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in ("/", "/projects", f"/projects/{MARKED_LATER}", "/briefs/2021-05"):
        page.goto(path, wait_until="networkidle")
    assert said == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_main_navigation_leaves_the_tools_free(visit: Visit, language: str) -> None:
    page = visit("reviewer", language=language)
    for wide in (1366, 1110, 390):
        page.set_viewport_size({"width": wide, "height": 800})
        for tool in page.locator(".masthead-tools > *").all():
            tool.click()
            tool.click()
        assert fits(page)
