"""人员: the accounts, their posts from day to day, and what becomes of them; for the administrator, who sees no project."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm import clock
from crm.actions import ACTIONS
from crm.db import only_reading, transaction
from crm.errors import NotAllowed, NotFound, Refusals, Refused, Stale
from crm.messages import N_
from crm.models import ROLES, Unit, User
from crm.permissions import needs
from crm.services import open_work, passwords, people, people_list, posts, successions
from crm.services.people_list import Filters
from crm.services.units import active_units, all_units, unit_by_code
from crm.web.parameters import Given, Pages, plain
from crm.web.presentation import ROLES as ROLE_NAMES
from crm.web.presentation import said, unit_name

blueprint = Blueprint("people", __name__)

PERSON = "/people/<id:number>"
STATES = {"open": N_("启用"), "locked": N_("锁定"), "closed": N_("停用")}


@blueprint.get("/people")
@needs("people:read")
def listing() -> str:
    """The accounts by login, filtered as the address says."""
    given = Given(request.args)
    units = {unit.code: unit for unit in all_units()}
    text, role, state = given.text("q"), given.one_of("role", ROLES), given.one_of("state", STATES)
    unit = given.one_of("unit", units)
    filters = Filters(text, role, units[unit].id if unit else None, state)
    page = people_list.listing(filters, given.place())
    kept = given.kept("q", "role", "unit", "state")
    return render_template(
        "people/listing.html",
        page=page,
        pages=Pages.of(page, kept, "people.listing", [user.login for user in page.lines]),
        narrowed=filters != Filters(),
        given=given,
        text=text,
        role=role or "",
        unit=unit or "",
        state=state or "",
        unit_pairs=_unit_pairs(list(units.values())),
        role_pairs=_role_pairs(),
        state_pairs=[(code, _(name)) for code, name in STATES.items()],
    )


@blueprint.get("/people/add")
@needs("people:manage")
def new() -> str:
    """The form for a new account."""
    return _add_page({}, {"valid_from": clock.today().isoformat()})


@blueprint.post("/people")
@needs("people:manage")
def add() -> Any:
    """Opens an account with a one-time password, which is shown this once."""
    once, hashed = _one_time()
    try:
        with transaction():
            unit, day, wrong = _post_of_form()
            role = request.form.get("role", "")
            wrong += posts.wrong_with(role, unit)
            try:
                user = people.add_user(
                    plain(request.form.get("login", "")),
                    name=plain(request.form.get("name", "")),
                    role=role,
                    unit=unit,
                    password=hashed,
                    valid_from=day,
                    must_change_password=True,
                    actor=current_user,
                )
            except Refusals as refused:
                wrong += [one for one in refused if one.field != "role"]
            if wrong:
                raise Refusals(wrong)
            number = user.id
    except Refusals as refused:
        return _add_page(_by_field(refused), request.form.to_dict()), 400
    return _once_page(people.by_id(number), once)


@blueprint.get(PERSON)
@needs("people:read")
def show(number: int) -> str:
    """One account: posts from day to day, state, and what can be done."""
    return _page(people.by_id(number))


@blueprint.post(f"{PERSON}/posts")
@needs("people:manage")
def give_post(number: int) -> Any:
    """Gives a post from a day on."""

    def verb(user: User) -> None:
        unit, day, wrong = _post_of_form()
        if wrong:
            raise Refusals(wrong)
        posts.give(
            user, request.form.get("role", ""), unit, valid_from=day or clock.today(), actor=current_user
        )

    return _done(number, verb, N_("已给予岗位。"))


@blueprint.post(f"{PERSON}/posts/end")
@needs("people:manage")
def end_post(number: int) -> Any:
    """Ends a post from a day on."""

    def verb(user: User) -> None:
        term_id = Given(request.form).whole("post")
        term = next((one for one in user.terms if one.id == term_id), None)
        if term is None:
            raise NotFound(N_("这个账号没有这个岗位"))
        day = Given(request.form).day("ends_on")
        if day is None:
            raise Refused(N_("请填写日期，如 2021-06-03"), field="ends_on")
        to = _named("heir")
        people.end_post(user, term.role, term.unit, valid_from=day, actor=current_user, to=to)

    return _done(number, verb, N_("已结束岗位。"))


@blueprint.post(f"{PERSON}/reset")
@needs("people:manage")
def reset(number: int) -> Any:
    """Gives the account a one-time password, shown this once; its sessions end."""
    once, hashed = _one_time()
    answer = _done(number, lambda user: people.reset_password(user, hashed, actor=current_user), "")
    return _once_page(people.by_id(number), once) if isinstance(answer, Response) else answer


@blueprint.post(f"{PERSON}/lock")
@needs("people:manage")
def lock(number: int) -> Any:
    """Bars the account for the time being."""
    return _done(number, lambda user: people.lock_user(user, actor=current_user), N_("账号已锁定。"))


@blueprint.post(f"{PERSON}/unlock")
@needs("people:manage")
def unlock(number: int) -> Any:
    """Lifts the bar, and a lock-out after failures as well."""
    return _done(number, lambda user: people.unlock_user(user, actor=current_user), N_("已解除锁定。"))


@blueprint.post(f"{PERSON}/close")
@needs("people:manage")
def close(number: int) -> Any:
    """Closes the account of somebody who leaves; open work passes to whoever is named."""

    def verb(user: User) -> None:
        people.close_user(user, actor=current_user, to=_named("to"))

    return _done(number, verb, N_("账号已停用。"))


@blueprint.post(f"{PERSON}/reopen")
@needs("people:manage")
def reopen(number: int) -> Any:
    """Opens a closed account again."""
    return _done(number, lambda user: people.reopen_user(user, actor=current_user), N_("账号已恢复。"))


def _named(field: str) -> User | None:
    """Whose login is in a field of the form; nobody where it is empty. Raises Refused where there is no such account."""
    login = plain(request.form.get(field, "")).strip()
    found = people.user_by_login(login) if login else None
    if login and found is None:
        raise Refused(N_("没有账号 %(login)s"), field=field, login=login)
    return found


def _one_time() -> tuple[str, passwords.Hashed]:
    """A one-time password and its hash, which takes its time: nobody's writing waits for it."""
    once = passwords.one_time()
    with only_reading():
        return once, passwords.hashed(once)


def _done(number: int, verb: Callable[[User], None], told: str) -> Any:
    """Does it to the account as it was shown; what is refused is said on the account's page, beside its field."""
    version = Given(request.form).whole("version")
    try:
        with transaction():
            verb(people.for_change(number, version if version is not None else 0))
    except NotFound:
        raise
    except (Refused, Refusals) as refused:
        status = 409 if isinstance(refused, Stale) else 403 if isinstance(refused, NotAllowed) else 400
        return _page(people.by_id(number), refused, version), status
    if told:
        flash(_(told), "success")
    return redirect(url_for("people.show", number=number))


def _post_of_form() -> tuple[Unit | None, date | None, list[Refused]]:
    wrong: list[Refused] = []
    unit = None
    code = plain(request.form.get("unit", "")).strip()
    if code:
        try:
            unit = unit_by_code(code)
        except NotFound as error:
            wrong.append(Refused(error.message, field="unit", **error.values))
    day = Given(request.form).day("valid_from")
    if day is None:
        wrong.append(Refused(N_("请填写日期，如 2021-06-03"), field="valid_from"))
    return unit, day, wrong


def _by_field(refused: Refused | Refusals | None) -> dict[str, str]:
    each = refused if isinstance(refused, Refusals) else [refused] if refused else []
    return {one.field or "": said(one.message, one.values) for one in each}


def _unit_pairs(units: list[Unit]) -> list[tuple[str, str]]:
    return [(unit.code, unit_name(unit)) for unit in units]


def _role_pairs() -> list[tuple[str, str]]:
    return [(role, _(ROLE_NAMES[role])) for role in ROLES]


def _add_page(errors: dict[str, str], values: dict[str, str]) -> str:
    return render_template(
        "people/add.html",
        errors=errors,
        values=values,
        unit_pairs=_unit_pairs(active_units(clock.today())),
        role_pairs=_role_pairs(),
    )


def _once_page(user: User, once: str) -> str:
    return render_template("people/once.html", user=user, once=once)


def _page(user: User, refused: Refused | Refusals | None = None, version: int | None = None) -> str:
    stale = isinstance(refused, Stale)
    work = open_work.in_work(user)
    answers = successions.in_force(clock.today()) if work else {}
    return render_template(
        "people/person.html",
        user=user,
        held={term.id for term in user.posts},
        errors=_by_field(refused),
        values=request.form.to_dict() if refused else {},
        changes=people.changes_since(user, version or 0) if stale else [],
        work=open_work.left_of(work, (), {}),
        left={
            term.id: open_work.left_of(work, posts.without(user, term, clock.today()), answers)
            for term in user.posts
        },
        unit_pairs=_unit_pairs(active_units(clock.today())),
        role_pairs=_role_pairs(),
        own=user.id == current_user.id,
        ACTIONS=ACTIONS,
    )
