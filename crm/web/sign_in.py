"""登录和退出: a wrong password, an unknown login and a closed account look the same."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from flask import (
    Blueprint,
    Flask,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from crm import clock
from crm.db import db, only_reading, transaction
from crm.models import User
from crm.permissions import own_account, public
from crm.services import attempts, history, passwords, people, sessions
from crm.services.attempts import Lockout
from crm.services.people import Credentials
from crm.web.addresses import came_from, here, local, wants_json
from crm.web.errors import KNOWN, answer
from crm.web.parameters import plain
from crm.web.sessions import OVER, browser, note

blueprint = Blueprint("sign_in", __name__)

KEPT = ("language", "theme")
"""What of the session outlives signing in and out; everything else begins anew."""


class SignInForm(FlaskForm):
    """Login and password."""

    login = StringField(
        _l("登录名"),
        validators=[InputRequired(_l("请填写登录名")), Length(max=attempts.LONGEST_LOGIN)],
    )
    password = PasswordField(
        _l("密码"), validators=[InputRequired(_l("请填写密码")), Length(max=passwords.LONGEST)]
    )


def init(app: Flask) -> None:
    """Sends whoever is not signed in to this page, and back afterwards."""
    app.login_manager.unauthorized_handler(_unauthorized)  # type: ignore[attr-defined]


@blueprint.get("/sign-in")
@public
def enter() -> str | Response:
    """The form."""
    if current_user.is_authenticated:
        return redirect(local(request.args.get("next")) or url_for("home.show"))
    return _page(SignInForm())


@blueprint.post("/sign-in")
@public
def check() -> Any:
    """Signs in, and goes on to the page that was asked for. The password is verified while nothing is locked."""
    form = SignInForm()
    if not form.validate():
        return _page(form), 400
    login, password = people.normal(plain(form.login.data or "")), form.password.data or ""
    with only_reading():
        known, until = people.credentials(login), attempts.locked_until(login, lockout())
    right = until is None and passwords.matches(known.password_hash if known else None, password)
    renewed = (
        passwords.renewed(known.password_hash, password) if right and known and known.password_hash else None
    )
    token = ""
    with transaction():
        until = until or attempts.locked_until(login, lockout())
        user = _opened(known) if right and until is None else None
        if user is None:
            until = _failed(login, until)
        else:
            if renewed is not None:
                people.rehash(user, renewed)
            attempts.forget(login)
            attempts.purge(lockout())
            sessions.purge()
            _end_the_last(user)
            token = sessions.begin(user, **browser())
            note(user)
            history.record("user.signed_in", user, actor=user)
    if user is None:
        if until is not None:
            return _page(form, until), 429
        flash(_("登录名或密码不对，请核对后重试；忘记密码请联系系统管理员。"), "error")
        return _page(form), 401
    begin_anew()
    session.permanent = True
    user.token = token
    login_user(user)
    return redirect(local(request.form.get("next")) or url_for("home.show"))


@blueprint.post("/sign-out")
@own_account
def leave() -> Response:
    """Signs out."""
    with transaction():
        session_ = sessions.by_token(current_user.token)
        if session_ is not None and session_.ended_at is None:
            sessions.end(current_user, session_.id, "signed_out")
        history.record("user.signed_out", current_user, actor=current_user)
    logout_user()
    begin_anew()
    flash(_("已退出登录。"), "success")
    return redirect(url_for("sign_in.enter"))


def lockout() -> Lockout:
    """How many failures lock a login out here, and for how long."""
    config = current_app.config
    return Lockout(config["LOCKOUT_FAILURES"], config["LOCKOUT_WITHIN"], config["LOCKOUT_LASTING"])


def begin_anew() -> None:
    """Forgets everything the browser's session holds but what a person likes to read."""
    kept = {name: session[name] for name in KEPT if name in session}
    session.clear()
    session.update(kept)


def _opened(known: Credentials | None) -> User | None:
    """The account, unless it was closed, barred or given another password since the password was verified."""
    user = db.session.get(User, known.user_id) if known else None
    if user is None or known is None or not user.is_active or user.password_hash != known.password_hash:
        return None
    return user


def _failed(login: str, until: datetime | None) -> datetime | None:
    """Keeps the failure; returns until when the login is locked out, if it is. What comes while it is does not count."""
    person = people.user_by_login(login)
    history.record("user.sign_in_failed", person, actor=None, login=login)
    if until is not None:
        return until
    attempts.add(login, address=request.remote_addr or "")
    until = attempts.locked_until(login, lockout())
    if until is not None:
        history.record("user.locked_out", person, actor=None, login=login)
    return until


def _end_the_last(user: User) -> None:
    """Whoever signs in over a session of the same browser ends it."""
    last = sessions.by_token(str(session.get("_user_id", "")))
    if last is not None and last.user_id == user.id and last.ended_at is None:
        sessions.end(user, last.id, "signed_in_again")


def _page(form: SignInForm, until: datetime | None = None) -> str:
    minutes = math.ceil((until - clock.real_now()).total_seconds() / 60) if until else 0
    target = local(request.values.get("next"))
    return render_template(
        "sign_in/enter.html", form=form, next=target or "", locked_minutes=max(minutes, 1 if until else 0)
    )


def _unauthorized() -> Any:
    over = g.get("session_over")
    if wants_json():
        title, detail = KNOWN[401]
        return answer(401, _(title), _(OVER.get(over, detail)))
    sent = request.method not in {"GET", "HEAD"}
    target = came_from() if sent else here()
    if over in OVER:
        flash(_(OVER[over]), "warning")
    elif not sent and request.path != "/":
        flash(_("请先登录。"), "info")
    if sent:
        flash(_("刚才提交的内容没有保存。登录后会回到原来的页面，请重新提交。"), "warning")
    # Asking again with this token would only say the same.
    session.pop("_user_id", None)
    return redirect(url_for("sign_in.enter", next=target if target != "/" else None))
