"""The main tasks without a mouse: find a project, open it, edit, preview, save; sign a list from the desk. And without
JavaScript."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, Visit

PROJECT = "XM2018003"


def tab_to(page: Page, selector: str) -> None:
    """Goes on with the Tab key until it stands on the element, and sees that it shows where it stands."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            style = "getComputedStyle(document.activeElement).outlineStyle"
            assert page.evaluate(style) != "none", f"{selector} does not show that it is focused"
            return
    raise AssertionError(f"Tab does not lead to {selector}")


def test_the_keyboard_alone(visit: Visit) -> None:
    page = visit("reviewer")
    page.goto("/projects")
    page.keyboard.press("/")
    page.keyboard.type(PROJECT)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/projects?q={PROJECT}")
    tab_to(page, ".filters-more summary")
    page.keyboard.press("Enter")
    expect(page.locator("#industry")).to_be_visible()
    tab_to(page, ".table-frame")
    tab_to(page, ".cell-main")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/projects/{PROJECT}")
    tab_to(page, f"a[href$='/{PROJECT}/edit']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/edit")
    tab_to(page, "#investor")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("只用键盘的企业")
    page.keyboard.press("Enter")
    expect(page.locator("button[value=save]")).to_be_visible()
    expect(page.locator("#content")).to_contain_text("只用键盘的企业")
    tab_to(page, "button[value=save]")
    page.keyboard.press("Enter")
    expect(page.locator(".notice-success")).to_be_visible()
    expect(page.locator("#facts")).to_contain_text("只用键盘的企业")


def test_a_list_is_signed_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit("cihui-head")
    page.goto("/desk")
    tab_to(page, "a.desk-link[href*='/transfers/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/transfers/*")
    tab_to(page, "form[action*='/sign'] button")
    page.keyboard.press("Enter")
    expect(page.locator(".notice-success")).to_contain_text("等商务局确认")
    expect(page.locator("#signatures")).to_contain_text("慈惠街")


def test_a_wide_table_scrolls_by_keyboard(visit: Visit) -> None:
    page = visit("reviewer", width="phone")
    page.goto("/streets")
    frame = page.locator("#figures .table-frame")
    frame.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("(frame) => frame.scrollLeft > 0", arg=frame.element_handle())


def test_without_javascript(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.address, java_script_enabled=False, locale="zh-CN")
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto("/projects")
    page.fill("#login", "jd-staff")
    page.fill("#password", site.passwords["jd-staff"])
    page.press("#password", "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("项目")
    page.fill("#q", "机")
    page.select_option("#unit", "jd")
    page.locator(".filters-more summary").click()
    page.select_option("#attracted", "jd")
    page.locator(".filters button[type=submit]").click()
    expect(page.locator(".filters-active")).to_have_text("已设1个")
    page.locator(".cell-main").first.click()
    page.locator("a[href$='/edit']").first.click()
    page.fill("#investor", "没有脚本的企业")
    page.locator("button[value=preview]").click()
    expect(page.locator("#content")).to_contain_text("没有脚本的企业")
    page.locator("button[value=save]").click()
    expect(page.locator(".notice-success")).to_be_visible()
    expect(page.locator("#facts")).to_contain_text("没有脚本的企业")
    page.locator("details.menu summary").first.click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("#facts")).to_contain_text("Facts")
    context.close()
