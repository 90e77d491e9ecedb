"""Axe finds no violation of WCAG 2.1 A and AA on any page, in either language and either colour scheme."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Site, Visit
from tests.browser.sheets import choose, corrected, mistaken
from tests.services.test_file_kinds import PNG

PAGES = {
    "reviewer": (
        "/", "/projects?street=cihui&attracted=jd", "/projects?q=zzzz&stage=x", "/projects/XM2019012?on=2020-12-01",
        "/projects/XM2021006", "/projects/XM2003001?known=2020-05-01", "/projects/XM2019012/edit", "/projects/new",
        "/industries?q=汽车", "/units", "/units/jd?duty=enterprise-service", "/units/cihui", "/transfers/flows", "/streets?show=investment",
        "/rulebook", "/rulebook/rules/2-street-duty", "/rulebook/readings/R6", "/proposals", "/settings",
        "/leads/funnel", "/briefs", "/carry-overs", "/months",
        "/briefs/2021-05", "/nope", "/log", "/imports", "/jobs", "/account", "/announcements",
        "/transfers", "/transfers?tab=due", "/transfers?tab=ended&unit=jd", "/transfers?tab=overdue", "/desk",
        "/companies?q=zzzz", "/companies", "/companies/1", "/companies/new", "/companies/1/edit",
        "/leads/pool", "/leads/overdue", "/leads?q=zzzz&stage=x", "/reassignments", "/reassignments?state=declined", "/reassignments/1", "/triage", "/triage?state=decided",
        "/batches", "/batches/new", "/batches/new?kind=stock&day=2020-04-27", "/batches/new?kind=succession", "/leads/duplicates?name=读屏", "/projects/XM2019012/credit",
    ),
    "jd-staff": ("/", "/leads"),
    "auditor": ("/", "/log?action=project.facts_set", "/log/sign-ins", "/log/access"),
    "administrator": ("/", "/jobs?state=failed", "/system", "/people", "/people?q=zzzz", "/people/add", "/account/password"),
}  # fmt: skip
"""Every kind of page that an address alone leads to, empty ones and errors among them."""

NO_PAGES = {
    "static": "files",
    "bootstrap.static": "files",
    "attachments.content": "a file as it was uploaded",
    "attachments.preview": "a picture or a PDF",
    "imports.empty_template": "a workbook",
    "health.show": "JSON for the monitoring",
}
"""What answers to GET and is no page of ours, and what it is."""

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}


def violations(page: Any) -> list[str]:
    """What axe finds once the page is all there, with the places it found it at."""
    page.wait_for_load_state()
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


class Walk:
    """The pages looked at, what was wrong with them, and which views they were."""

    def __init__(self, site: Site) -> None:
        self.adapter = site.app.url_map.bind("")
        self.wrong: dict[str, list[str]] = {}
        self.endpoints: set[str] = set()

    def look(self, page: Page, name: str) -> None:
        """Looks at the page as it is, with everything unfolded."""
        page.wait_for_load_state()
        page.evaluate(
            "document.querySelectorAll('details:not(.menu)').forEach((one) => { one.open = true; })"
        )
        wrong = violations(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > page.evaluate("window.innerWidth"):
            wrong.append(f"{wide} pixels wide")
        if wrong:
            self.wrong[name] = wrong
        path = urlsplit(page.url).path
        if self.adapter.test(path, method="GET"):
            self.endpoints.add(self.adapter.match(path, method="GET")[0])


def signing_in(page: Page, walk: Walk) -> None:
    """The entrance, and the entrance refusing."""
    walk.look(page, "sign-in")
    page.evaluate("document.querySelector('form.form').noValidate = true")
    page.press("#password", "Enter")
    page.locator(".field-error").first.wait_for()
    walk.look(page, "sign-in refused")


def importing(page: Page, walk: Walk, folder: Path, mark: str) -> None:
    """A sheet with errors, a corrected one, and what was written."""
    choose(page, mistaken(folder, "AX"))
    walk.look(page, "import with errors")
    choose(page, corrected(folder, f"AX{mark}"))
    walk.look(page, "import to be written")
    page.locator("form[action$='/apply'] button").click()
    page.locator(".notice-success").wait_for()
    walk.look(page, "import written")


def recording(page: Page, walk: Walk, folder: Path, mark: str) -> None:
    """What a person has to make before it has a page: an attachment, a restore, a proposal, a menu opened."""
    picture = folder / "现场.png"
    picture.write_bytes(PNG + mark.encode())
    page.goto("/projects/XM2019012")
    walk.look(page, "project")
    page.set_input_files("#file", picture)
    page.locator("form[enctype] button[type=submit]").click()
    page.locator(".attachment a").first.click()
    walk.look(page, "attachment")
    page.goto("/projects/XM2019012")
    page.locator("#history a[href$='/restore']").first.click()
    walk.look(page, "restore")
    page.goto("/proposals/new?kind=reading&code=R6")
    walk.look(page, "proposal to be made")
    page.select_option("#choice", "site-street")
    page.fill("#valid_from", "2021-06-01")
    page.fill("#basis", "专班会议纪要")
    page.fill("#reason", "按属地服务")
    page.locator("button[value=preview]").click()
    page.locator("#trial").wait_for()
    walk.look(page, "proposal tried")
    page.locator("button[value=propose]").click()
    page.wait_for_url("**/proposals/*")
    walk.look(page, "proposal")
    page.locator("form[action$='/withdraw'] button").click()
    page.locator("details.menu").last.locator("summary").click()
    walk.look(page, "proposal withdrawn, menu open")


def leading(page: Page, walk: Walk, mark: str) -> None:
    """What a lead has pages for: logging it, an error on the way, the lead, and whatever is asked about one."""
    page.goto("/leads/new")
    walk.look(page, "lead to be logged")
    page.locator("button[value=save]").click()
    page.locator(".field-error").first.wait_for()
    walk.look(page, "lead refused")
    page.fill("#name", f"读屏公司{mark}")
    page.select_option("#source", "visit")
    page.locator("button[value=save]").click()
    page.locator(".notice-success").wait_for()
    walk.look(page, "lead")
    number = urlsplit(page.url).path.rpartition("/")[2]
    for rule in walk.adapter.map.iter_rules():
        if (
            str(rule).startswith("/leads/<number>/")
            and rule.arguments == {"number"}
            and "GET" in (rule.methods or ())
        ):
            page.goto(str(rule).replace("<number>", number))
            walk.look(page, str(rule))
    page.goto(f"/leads/{number}/progress")
    page.locator("input[name=kind]").nth(1).check()
    page.fill("#outcome", "谈得不错")
    page.locator(".form button[type=submit]").click()
    page.locator(".notice-success").wait_for()
    walk.look(page, "lead with progress")
    page.locator(f"#timeline a[href*='/leads/{number}/progress/']").click()
    walk.look(page, "progress to be corrected")
    page.goto("/leads")
    walk.look(page, "leads")


def transferring(page: Page, walk: Walk) -> None:
    """What is due of a project, its transfer while the list is filled in, and the transfer withdrawn."""
    page.goto("/transfers?tab=due")
    page.locator("tbody a.button").first.click()
    walk.look(page, "transfer to be proposed")
    page.locator("form[action='/transfers/new'] button").first.click()
    page.locator(".notice-success").wait_for()
    walk.look(page, "transfer")
    page.locator("form[action*='/withdraw'] textarea").fill("读屏")
    page.locator("form[action*='/withdraw'] button").click()
    page.locator(".notice-success").wait_for()
    walk.look(page, "transfer withdrawn")


def batching(page: Page, walk: Walk) -> None:
    """A batch drawn up, and withdrawn."""
    page.goto("/batches/new?kind=sme_city&day=2021-06-03")
    page.fill("#basis", "会议纪要")
    page.locator("#save button").click()
    page.locator(".notice-success").wait_for()
    walk.look(page, "batch")
    page.locator("#withdraw-note").evaluate("one => { one.closest('details').open = true; }")
    page.fill("#withdraw-note", "读屏")
    page.locator("form[action$='/withdraw'] button").click()
    page.locator(".notice-success").wait_for()


def speaking(page: Page, walk: Walk) -> None:
    """A contact entered, its form, and its telephone shown."""
    page.goto("/companies/1")
    walk.look(page, "company without contacts")
    page.fill("#contacts [name=name]", "王莉")
    page.fill("#contacts [name=phone]", "13800000000")
    page.locator("#contacts form[data-once] button").click()
    page.locator("#contacts a[href$='/edit']").last.click()
    page.wait_for_url("**/contacts/*/edit")
    walk.look(page, "contact")
    page.goto("/companies/1")
    page.locator("form[action$='/read'] button").last.click()
    page.locator("#address").wait_for()
    walk.look(page, "contact shown")


def triaging(page: Page, bureau: Page, walk: Walk, mark: str) -> None:
    """A lead that looks like the one before: as it is typed, stopped, sent for triage, and decided."""
    page.goto("/leads/new")
    page.type("#name", f"读屏公司{mark}")
    page.locator("#duplicates li").first.wait_for()
    walk.look(page, "lookalikes")
    page.select_option("#source", "visit")
    page.locator("button[value=save]").click()
    page.locator("#lookalikes").wait_for()
    walk.look(page, "lead stopped")
    page.locator("button[value=triage]").click()
    page.locator(".notice-success").wait_for()
    walk.look(page, "lead that waits")
    bureau.goto("/triage")
    bureau.locator("tbody a").first.click()
    walk.look(bureau, "triage")
    bureau.locator("button[value=same]").click()
    bureau.locator(".notice-success").wait_for()
    walk.look(bureau, "triage decided")


def test_in_english_in_the_dark_on_a_phone(visit: Visit, site: Site) -> None:
    """What an address alone leads to."""
    walk = Walk(site)
    for login, paths in PAGES.items():
        page = visit(login, language="en", scheme="dark", width="phone")
        for path in paths:
            page.goto(path)
            walk.look(page, f"{login} {path}")
    assert walk.wrong == {}


def test_every_page(visit: Visit, site: Site, tmp_path: Path) -> None:
    walk = Walk(site)
    signing_in(visit(None), walk)
    for login, paths in PAGES.items():
        page = visit(login)
        for path in paths:
            page.goto(path)
            walk.look(page, f"{login} {path}")
        if login == "administrator":
            page.goto("/people")
            page.locator("tbody a").last.click()
            walk.look(page, "person")
        if login == "jd-staff":
            leading(page, walk, "一")
            bureau = visit("reviewer")
            triaging(page, bureau, walk, "一")
        if login == "reviewer":
            importing(page, walk, tmp_path, "一")
            recording(page, walk, tmp_path, "一")
            transferring(page, walk)
            batching(page, walk)
    speaking(visit("jd-staff"), walk)
    assert walk.wrong == {}
    asked = {rule.endpoint for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert asked - walk.endpoints == set(NO_PAGES), (
        "visit every page that is new, or say in NO_PAGES what it is"
    )
