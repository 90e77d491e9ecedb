"""Two officers at one project in a real browser: suggestions while typing, a conflict chosen by keyboard, a restore."""

from __future__ import annotations

from tests.browser.conftest import Visit
from tests.browser.test_accessibility import violations
from tests.browser.test_work import fits

PROJECT = "/projects/XM2021006"


def test_two_officers_and_a_restore(visit: Visit) -> None:
    first, second = visit("reviewer"), visit("bureau-head", width="phone", scheme="dark")
    for page, street in ((first, "cihui"), (second, "jinghe")):
        page.goto(f"{PROJECT}/edit")
        page.select_option("#site_street", street)
        page.check("input[name=since][value=day]")
        page.fill("#valid_from", "2021-06-01")
    first.fill("#industry_code", "汽车零部件")
    first.locator("#industry_code-found [role=option]").first.wait_for()
    first.fill("#industry_code", "3670")
    first.locator("#industry_code-said", has_text="汽车零部件及配件制造").wait_for()
    first.click("button[value=preview]")
    assert violations(first) == []
    first.click("button[value=save]")
    first.locator(".notice-success a").wait_for()

    second.click("button[value=preview]")
    second.locator("fieldset.conflict").wait_for()
    assert violations(second) == []
    assert fits(second)
    second.locator("fieldset.conflict input").first.focus()
    second.keyboard.press("ArrowDown")
    assert second.locator("fieldset.conflict input:checked").get_attribute("value") == "jinghe"
    second.click("button[value=preview]")
    assert violations(second) == []
    second.click("button[value=save]")
    second.locator(".notice-success").wait_for()

    second.locator("#history a").first.click()
    assert violations(second) == []
    second.click("button[value=preview]")
    second.click("button[value=save]")
    second.locator(".notice-success").wait_for()
    assert "恢复项目事实" in (second.locator("#history").text_content() or "")


def test_mistakes_stand_beside_their_fields(visit: Visit) -> None:
    page = visit("reviewer", width="phone")
    page.goto(f"{PROJECT}/edit")
    page.fill("#name", "")
    page.fill("#total_investment_fen", "很多")
    page.click("button[value=preview]")
    page.locator("#errors").wait_for()
    assert page.locator(".field-error").count() == 2
    assert violations(page) == []
    page.locator("#errors a").first.click()
    assert page.evaluate("location.hash") in ("#name", "#total_investment_fen")
