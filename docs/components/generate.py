"""Writes docs/components/zh.html and en.html from the program's own macros: `make docs`. A test holds them current."""

from __future__ import annotations

import re
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

from flask import g, session
from flask_login import AnonymousUserMixin
from jinja2 import ChoiceLoader, FileSystemLoader

from crm import clock, create_app
from crm.models import Attachment, AttachmentVersion, Unit
from crm.periods import Month
from crm.services import contacts
from crm.services.policy import Policy
from crm.services.transfer_effects import Carried, Change, Effects, Flow, Held
from crm.services.unit_figures import Amount
from crm.sheets.vocabulary import rows
from crm.web.attachments import Panel
from crm.web.effects_picture import Shown
from crm.web.moment import Moment
from crm.web.parameters import Pages
from crm.web.sign_in import SignInForm
from crm.web.versions import Merge, merge

HERE = Path(__file__).parent
STATIC = HERE.parents[1] / "crm" / "static"
DAY = date(2021, 6, 3)
LABELS = {"name": "项目名称", "investment": "总投资", "street": "选址街道"}


def sheets() -> list[str]:
    """The program's style sheets in the order in which every page loads them."""
    base = (HERE.parents[1] / "templates" / "base.html").read_text(encoding="utf-8")
    listed = re.search(r"for sheet in \(([^)]*)\)", base)
    assert listed, "base.html lists its style sheets"
    return [f"{name}.css" for name in re.findall(r'"(\w+)"', listed[1])]


def units() -> list[Unit]:
    """Offices and streets as the seeds have them, in no database."""
    return [
        Unit(code=row["code"], kind=row["kind"], name=row["name"], name_en=row["name_en"])
        for row in rows("units.csv")
        if row["kind"] in ("office", "street")
    ]


def attached() -> list[Attachment]:
    """An attachment in its second version, in no database."""
    at = datetime(2021, 6, 1, 2, 30, tzinfo=UTC)
    newest = AttachmentVersion(number=2, file_name="协议.pdf", size=1_234_567, recorded_at=at, actor=None)
    return [Attachment(id=1, title="投资协议", versions=[newest])]


def edited() -> tuple[Merge, list[SimpleNamespace]]:
    """An edit that met another one, and the entry of that other, in no database."""
    base = {"name": "芯片封装项目", "investment": "1.26", "street": "慈惠街"}
    theirs = base | {"name": "芯片封装测试项目", "street": "柏泉街"}
    mine = base | {"name": "芯片封装二期", "investment": "2.52"}
    event = SimpleNamespace(actor=SimpleNamespace(name="机电产业办经办员"))
    entry = SimpleNamespace(at=datetime(2021, 6, 3, 1, 30, tzinfo=UTC), event=event, valid_from=DAY)
    return merge(base, theirs, mine), [entry]


def contact() -> contacts.Shown:
    """A contact whom the person may read and change."""
    person = SimpleNamespace(id=1, name="王莉", position="总经理", phone="x", mail="x", unit=None)
    return contacts.Shown(person, "138****5678", "w****@example.com", True, may_read=True, may_edit=True)  # type: ignore[arg-type]


def effects(there: list[Unit]) -> Shown:
    """What a transfer between two units changes, in no database."""
    giving, getting = there[0], there[-1]
    giving.id, getting.id = 1, 2
    yi = 10_000_000_000
    moved = [
        Change(Amount(12, 126 * yi), Amount(11, 122 * yi)),
        Change(Amount(8, 31 * yi), Amount(9, 35 * yi)),
    ]
    whole = Change(Amount(20, 157 * yi), Amount(20, 157 * yi))
    month = Month(2021, 6)
    told = Effects(
        Amount(1, 4 * yi),
        {1: Held(moved[0], moved[0]), 2: Held(moved[1], moved[1])},
        Held(whole, whole),
        (Flow(1, 2, Amount(1, 4 * yi), 0, 1, 1),),
        (Carried(1, 2, month.plus(-3), month.plus(-1), month, Amount(1, 4 * yi), 0),),
    )
    return Shown.with_units(told, {1: giving, 2: getting})


def render(language: str) -> str:
    """The page in a language, the same bytes every time."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"GUISHU_INSTANCE": folder, "SECRET_KEY": "components", "SERVER_NAME": None})
        app.jinja_loader = ChoiceLoader([app.jinja_loader, FileSystemLoader(HERE)])  # type: ignore[list-item]
        with app.test_request_context("/"), clock.at(DAY):
            session["language"] = language
            there = units()
            g._login_user = AnonymousUserMixin()
            text = app.jinja_env.get_template("source.html").render(
                **context(app), sheets=sheets(), units=there, form=SignInForm(), pages=Pages(None, None, "#", "#"),
                files=Panel("projects", 1, attached(), [], may_add=True, most=20),
                people=contacts.Panel([contact()], may_add=True),
                merge=edited()[0], edits=edited()[1], choices=SimpleNamespace(text=lambda field, text: text),
                labels={name: SimpleNamespace(label=label) for name, label in LABELS.items()},
                effects_of=effects(there), policy=Policy({}), moment=Moment(DAY, date(2021, 5, 31), date(2021, 6, 1)),
            )  # fmt: skip
    text = re.sub(r'(name="csrf_token"[^>]*value=")[^"]*', r"\1token", text)
    text = re.sub(
        r'(?:href|src|action)="/(?!static)[^"]*"', lambda found: re.sub('"/[^"]*', '"#', found[0]), text
    )
    text = re.sub(r'"/static/([^"?]*)[^"]*"', r'"../../crm/static/\1"', text)
    # A line a block: the page is generated, and still to be read in a change.
    return (
        re.sub(r"\s*\n\s*(?!<(?:section|link|meta|body|header|main|footer|form|tr)\b)", " ", text).strip()
        + "\n"
    )


def context(app: object) -> dict[str, object]:
    """What every template of the program is given."""
    given: dict[str, object] = {}
    app.update_template_context(given)  # type: ignore[attr-defined]
    return given | {"open_books": lambda: None}


def pages() -> dict[Path, str]:
    """Each page's path and text."""
    return {HERE / f"{language}.html": render(language) for language in ("zh", "en")}


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
