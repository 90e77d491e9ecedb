"""我的账号: one's own details and posts, the post acted in, the password, and where one is signed in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from crm.db import only_reading, transaction
from crm.errors import NotFound, Refused
from crm.messages import N_
from crm.permissions import PasswordFirst, own_account
from crm.services import attempts, history, passwords, people, sessions
from crm.web.addresses import local, wants_json
from crm.web.errors import KNOWN, answer
from crm.web.parameters import Given
from crm.web.presentation import said
from crm.web.sessions import limits
from crm.web.sign_in import lockout

blueprint = Blueprint("account", __name__)


class PasswordForm(FlaskForm):
    """The password there is, and the one there is to be, twice."""

    current = PasswordField(
        _l("现在的密码"),
        validators=[InputRequired(_l("请填写现在的密码")), Length(max=passwords.LONGEST)],
    )
    password = PasswordField(_l("新密码"), validators=[InputRequired(_l("请填写新密码"))])
    again = PasswordField(_l("再输一次新密码"), validators=[InputRequired(_l("请再输一次新密码"))])


def init(app: Flask) -> None:
    """Whoever has to change the password is led to where that is done."""
    app.register_error_handler(PasswordFirst, _password_first)


@blueprint.get("/account")
@own_account
def show() -> Any:
    """Own details, posts and sessions."""
    if current_user.must_change_password:
        return redirect(url_for("account.password"))
    going_on = sessions.going_on(current_user, limits())
    here_id = next((one.id for one in going_on if sessions.opened_by(one, current_user.token)), None)
    return render_template("account/show.html", sessions=going_on, here_id=here_id, limits=limits())


@blueprint.get("/account/password")
@own_account
def password() -> str:
    """The form to change the password."""
    return _password_page(PasswordForm())


@blueprint.post("/account/password")
@own_account
def change_password() -> Any:
    """Changes it, and ends the sessions elsewhere. Verified and hashed while nothing is locked."""
    form = PasswordForm()
    with only_reading():
        known = people.credentials(current_user.login)
        login, until = current_user.login, attempts.locked_until(current_user.login, lockout())
    valid = form.validate()
    stored = known.password_hash if known else None
    current = form.current.data or ""
    if until is not None:
        form.current.errors = [*form.current.errors, _("连续输错次数过多，请过一会儿再试")]
    elif current and not passwords.matches(stored, current):
        form.current.errors = [*form.current.errors, _("现在的密码不对")]
        with transaction():
            attempts.add(login, address=request.remote_addr or "")
    _check_new(form, current)
    if not valid or any(field.errors for field in form):
        return _password_page(form), 400
    hashed = passwords.hashed(form.password.data or "")
    with transaction():
        user = people.for_change(current_user.id)
        if user.password_hash != stored:
            raise Refused(N_("密码刚在别处换过，请用新密码重新登录"))
        people.set_password(user, hashed, actor=user, token=user.token)
    flash(_("密码已更换，其他地方的登录都已结束。"), "success")
    return redirect(url_for("account.show"))


@blueprint.post("/account/post")
@own_account
def choose_post() -> Response:
    """Has the person act in another of the posts held today, in this session."""
    wanted = Given(request.form).whole("post")
    with transaction():
        term = next((post for post in current_user.posts if post.id == wanted), None)
        if term is None:
            raise NotFound(N_("您今天没有这个岗位"))
        sessions.choose_post(current_user.token, term.role, term.unit_id)
        unit = term.unit.code if term.unit else None
        history.record("user.post_chosen", current_user, actor=current_user, role=term.role, unit=unit)
    flash(_("已切换岗位。"), "success")
    # What was open may not be open to the other post: the front page always is.
    return redirect(local(request.form.get("next")) or url_for("home.show"))


@blueprint.post("/account/sessions/<id:number>/end")
@own_account
def end_session(number: int) -> Response:
    """Ends one of the person's sessions, this one as well."""
    with transaction():
        ended = sessions.end(current_user, number, "ended_by_person")
        history.record("user.sessions_ended", current_user, actor=current_user, sessions=1)
        address = ended.address
    flash(_("已结束来自%(address)s的登录。", address=address), "success")
    return redirect(url_for("account.show"))


@blueprint.post("/account/sessions/end-others")
@own_account
def end_other_sessions() -> Response:
    """Ends the person's sessions except this one."""
    with transaction():
        count = sessions.end_all(current_user, "ended_by_person", but=current_user.token)
        history.record("user.sessions_ended", current_user, actor=current_user, sessions=count)
    flash(_("已结束其他%(count)s处登录。", count=count), "success")
    return redirect(url_for("account.show"))


def _check_new(form: PasswordForm, current: str) -> None:
    new, again = form.password.data or "", form.again.data or ""
    if new:
        wrong = [said(refused.message, refused.values) for refused in passwords.wrong_with(new)]
        form.password.errors = [*form.password.errors, *wrong]
        if new == current:
            form.password.errors = [*form.password.errors, _("新密码不能和现在的一样")]
    if new and again and new != again:
        form.again.errors = [*form.again.errors, _("两次输入的新密码不一样")]


def _password_page(form: PasswordForm) -> str:
    return render_template(
        "account/password.html",
        form=form,
        forced=current_user.must_change_password,
        shortest=passwords.SHORTEST,
    )


def _password_first(error: PasswordFirst) -> Any:
    if wants_json():
        return answer(403, _(KNOWN[403][0]), _(error.message))
    flash(_(error.message), "warning")
    return redirect(url_for("account.password"))
