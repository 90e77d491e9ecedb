"""日志: what happened, by whom, when; for the auditor."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from crm.actions import ACTIONS
from crm.permissions import needs
from crm.services import event_list
from crm.web.parameters import Given, Pages

blueprint = Blueprint("log", __name__)

LARGEST_ID = 2**63 - 1


@blueprint.get("/log")
@needs("log:read")
def listing() -> str:
    """The events, newest first, filtered as the address says."""
    given = Given(request.args)
    people = {user.login: user for user in event_list.actors()}
    action, actor = given.one_of("action", ACTIONS), given.one_of("actor", people)
    since, until = given.day("since"), given.day("until")
    filters = event_list.Filters(action, people[actor].id if actor else None, since, until)
    page = event_list.listing(
        filters,
        after=given.whole("after", LARGEST_ID),
        before=given.whole("before", LARGEST_ID),
        last=given.yes("last"),
    )
    kept = given.kept("action", "actor", "since", "until")
    pages = Pages.of(page, kept, "log.listing", [event.id for event in page.events])
    return render_template(
        "log/listing.html",
        page=page,
        pages=pages,
        filters=filters,
        narrowed=filters != event_list.Filters(),
        action=action or "",
        actor=actor or "",
        person_choices=[(login, user.name) for login, user in people.items()],
        action_choices=[(code, _(action.sentence)) for code, action in ACTIONS.items()],
        actions=ACTIONS,
        ignored=given.ignored,
        detail=_detail,
    )


def _detail(value: dict[str, Any]) -> str:
    return "；".join(f"{name} = {_plain(found)}" for name, found in value.items() if found not in (None, ""))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
