"""登录和退出: a wrong password, an unknown login and a closed account look the same."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from crm.db import transaction
from crm.permissions import public, signed_in
from crm.services import history, people
from crm.web.addresses import here, local, wants_json
from crm.web.errors import KNOWN, answer
from crm.web.parameters import plain

blueprint = Blueprint("sign_in", __name__)

KEPT = ("language", "theme")
"""What of the session outlives signing in and out; everything else begins anew."""


class SignInForm(FlaskForm):
    """Login and password."""

    login = StringField(_l("登录名"), validators=[InputRequired(_l("请填写登录名")), Length(max=100)])
    password = PasswordField(
        _l("密码"), validators=[InputRequired(_l("请填写密码")), Length(max=people.LONGEST_PASSWORD)]
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
    """Signs in, and goes on to the page that was asked for."""
    form = SignInForm()
    if not form.validate():
        return _page(form), 400
    login = plain(form.login.data or "")
    with transaction():
        user = people.authenticate(login, form.password.data or "")
        if user is None:
            history.record("user.sign_in_failed", people.user_by_login(login), actor=None, login=login)
        else:
            history.record("user.signed_in", user, actor=user)
    if user is None:
        flash(_("登录名或密码不对，请核对后重试；忘记密码请联系系统管理员。"), "error")
        return _page(form), 401
    _begin_anew()
    session.permanent = True
    login_user(user)
    return redirect(local(request.form.get("next")) or url_for("home.show"))


@blueprint.post("/sign-out")
@signed_in
def leave() -> Response:
    """Signs out."""
    with transaction():
        history.record("user.signed_out", current_user, actor=current_user)
    logout_user()
    _begin_anew()
    flash(_("已退出登录。"), "success")
    return redirect(url_for("sign_in.enter"))


def _page(form: SignInForm) -> str:
    target = local(request.values.get("next"))
    return render_template("sign_in/enter.html", form=form, next=target or "")


def _begin_anew() -> None:
    kept = {name: session[name] for name in KEPT if name in session}
    session.clear()
    session.update(kept)


def _unauthorized() -> Any:
    if wants_json():
        title, detail = KNOWN[401]
        return answer(401, _(title), _(detail))
    if request.method in {"GET", "HEAD"} and request.path != "/":
        flash(_("请先登录。"), "info")
    return redirect(url_for("sign_in.enter", next=here() if request.path != "/" else None))
