"""日志: what happened, who signed in, who opened what; for the auditor."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from crm.actions import ACTIONS
from crm.models import User
from crm.permissions import needs
from crm.services import accesses, auditing, event_list, history
from crm.web import log_words
from crm.web.parameters import Given, Pages
from crm.web.presentation import ROLES

blueprint = Blueprint("log", __name__)

LARGEST_ENTRY = 2**63 - 1
"""No entry has a greater number."""

NAMES = ("group", "action", "actor", "subject", "number", "since", "until")
ACCESS_NAMES = ("actor", "since", "until", "path")
"""The parameters that narrow the two lists."""


@dataclass(frozen=True)
class Chosen:
    """What an address or a form asks of the log, and of it what was understood."""

    filters: event_list.Filters
    kept: dict[str, str]
    people: dict[str, User]

    @classmethod
    def of(cls, given: Given, group: str | None = None) -> Chosen:
        """Read from parameters; `group` where the page has one already."""
        people = {user.login: user for user in event_list.actors()}
        chosen = group or given.one_of("group", {*log_words.SPECIAL, *log_words.GROUPS})
        actor = given.one_of("actor", people)
        filters = event_list.Filters(
            given.one_of("action", ACTIONS),
            people[actor].id if actor else None,
            given.day("since"),
            given.day("until"),
            log_words.actions_of(chosen),
            given.one_of("subject", log_words.SUBJECTS),
            given.whole("number"),
        )
        return cls(filters, given.kept(*NAMES), people)


@dataclass(frozen=True)
class ChosenAccesses:
    """What an address or a form asks of the access log, and of it what was understood."""

    filters: accesses.Filters
    kept: dict[str, str]
    people: dict[str, User]

    @classmethod
    def of(cls, given: Given) -> ChosenAccesses:
        """Read from parameters."""
        people = {user.login: user for user in event_list.actors()}
        actor = given.one_of("actor", people)
        filters = accesses.Filters(
            people[actor].id if actor else None, given.day("since"), given.day("until"), given.text("path")
        )
        return cls(filters, given.kept(*ACCESS_NAMES), people)


@blueprint.get("/log")
@needs("log:read")
def listing() -> str:
    """The events, newest first, filtered as the address says."""
    return _events("log.listing", None)


@blueprint.get("/log/sign-ins")
@needs("log:read")
def sign_ins() -> str:
    """Who signed in, who could not, who left."""
    return _events("log.sign_ins", log_words.SIGN_INS)


@blueprint.get("/log/access")
@needs("log:read")
def access() -> str:
    """Who opened what, newest first, filtered as the address says."""
    given = Given(request.args)
    chosen = ChosenAccesses.of(given)
    page = accesses.listing(chosen.filters, given.place_by_id(LARGEST_ENTRY))
    return render_template(
        "log/access.html",
        page=page,
        pages=Pages.of(page, chosen.kept, "log.access", [row.id for row in page.lines]),
        chosen=chosen,
        narrowed=bool(chosen.kept),
        person_choices=_people(chosen.people),
        roles=ROLES,
        ignored=given.ignored,
    )


def _events(endpoint: str, group: str | None) -> str:
    given = Given(request.args)
    chosen = Chosen.of(given, group)
    page = event_list.listing(chosen.filters, given.place_by_id(LARGEST_ENTRY))
    codes = log_words.actions_of(group) or tuple(ACTIONS)
    return render_template(
        "log/listing.html",
        page=page,
        pages=Pages.of(page, chosen.kept, endpoint, [event.id for event in page.lines]),
        endpoint=endpoint,
        group=group,
        chosen=chosen,
        narrowed=bool(chosen.kept),
        person_choices=_people(chosen.people),
        group_choices=log_words.groups(),
        subject_choices=[(code, _(name)) for code, name in log_words.SUBJECTS.items()],
        action_choices=[(code, log_words.action(code)) for code in codes],
        ignored=given.ignored,
        words=log_words,
        last_digest=history.last_digest(),
        verified=auditing.last_verified(),
    )


def _people(people: dict[str, User]) -> list[tuple[str, str]]:
    return [(login, user.name) for login, user in people.items()]
