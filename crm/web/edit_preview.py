"""What edits of a project have in common: the day from which they hold, errors beside fields, and the preview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from crm.errors import Refused
from crm.messages import N_
from crm.models import Project
from crm.periods import ALWAYS, parse_day
from crm.services import transfer_list, units
from crm.services.edits import Edited
from crm.services.project_history import Entry
from crm.web.fact_form import DAY_WRONG, FIELDS, LABELS, Choices
from crm.web.fact_names import Names
from crm.web.parameters import plain
from crm.web.presentation import long_day, said
from crm.web.versions import Merged

START, DAY = "start", "day"
"""The two ways to say from which day on: as a correction from the beginning, or from a day."""


@dataclass(frozen=True)
class Since:
    """From which day on an edit holds, as the form says it."""

    way: str
    text: str

    @classmethod
    def sent(cls) -> Since:
        """What this request says."""
        given = request.form
        return cls(given.get("since", ""), plain(given.get("valid_from", ""))[:40].strip())

    def day(self) -> date:
        """The day; raises Refused where none is named."""
        if self.way == START:
            return ALWAYS
        if self.way != DAY:
            raise Refused(N_("请选择从哪天起"), field="valid_from")
        if not self.text:
            raise Refused(N_("请填写从哪天起"), field="valid_from")
        try:
            return parse_day(self.text)
        except ValueError:
            raise Refused(DAY_WRONG, field="valid_from", found=self.text) from None


def version_sent() -> int:
    """The version of the facts that the form was made from; 0, which none has, for anything that is no number."""
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0


def beside_fields(problems: Iterable[Refused]) -> dict[str, list[str]]:
    """Sentences by field; those of no field under the empty name."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        found.setdefault(problem.field or "", []).append(said(problem.message, problem.values))
    return found


def preview(
    project: Project,
    done: Edited,
    *,
    action: str,
    version: int,
    since: Since,
    kept: Mapping[str, str],
    merged_in: Sequence[Merged] = (),
    theirs: Sequence[Entry] = (),
    choices: Choices | None = None,
) -> str:
    """The page that shows what an edit would do, with the button that does it.

    `kept` are the form's fields, sent again; `merged_in` what others changed meanwhile and is taken over.
    """
    return render_template(
        "projects/preview.html",
        project=project,
        done=done,
        names=Names.of(units.all_units(), units.all_areas()),
        labels=LABELS,
        fields=FIELDS,
        action=action,
        version=version,
        since=since,
        kept=kept,
        merged_in=merged_in,
        theirs=theirs,
        choices=choices,
        always=ALWAYS,
        under_way=next((one for one in transfer_list.of_project(project, 1) if one.is_open), None),
    )


def say_saved(done: Edited) -> None:
    """Says on the next page what was saved, and leads to what it moved."""
    count = len(done.changes)
    if done.valid_from == ALWAYS:
        text = _("已更正%(count)s项事实。", count=count)
    else:
        text = _("已更新%(count)s项事实，自%(day)s起。", count=count, day=long_day(done.valid_from))
    if done.differences:
        first = min(done.differences, key=lambda one: one.from_)
        href = url_for("projects.project", number=done.number, on=first.from_.isoformat(), _anchor="why")
        more = _("归属随之改变，看理由")
    else:
        href, more = "#history", _("归属不变，看变更记录")
    flash(Markup('{} <a href="{}">{}</a>').format(text, href, more), "success")
