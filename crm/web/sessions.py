"""Who is signed in: the session that the browser's token opens, and why one is over."""

from __future__ import annotations

from flask import Flask, current_app, g, request

from crm.messages import N_
from crm.models import User
from crm.services import sessions
from crm.services.sessions import Limits
from crm.web.parameters import plain

OVER = {
    "idle": N_("长时间未操作，请重新登录。"),
    "absolute": N_("本次登录已满最长时限，请重新登录。"),
    "ended_by_person": N_("您在别处结束了这次登录，请重新登录。"),
    "password_changed": N_("密码已更换，请用新密码重新登录。"),
    "password_reset": N_("密码已由系统管理员重置，请用一次性密码登录。"),
    "account_locked": N_("您的账号已被锁定，请联系系统管理员。"),
    "account_closed": N_("您的账号已停用，请联系系统管理员。"),
}
"""Why a session is over → what the person is told; who never had one, or left it, is simply asked to sign in."""


def init(app: Flask) -> None:
    """Has Flask-Login ask here whom a token stands for."""
    app.login_manager.user_loader(_load)  # type: ignore[attr-defined]


def limits() -> Limits:
    """How long sessions last here."""
    return Limits(current_app.config["SESSION_IDLE"], current_app.config["SESSION_ABSOLUTE"])


def browser() -> dict[str, str]:
    """Where the request comes from, for a session that begins."""
    return {"address": request.remote_addr or "", "user_agent": plain(request.user_agent.string)}


def _load(token: str) -> User | None:
    found = sessions.resume(token, limits())
    if found.session is None:
        g.session_over = found.over
        return None
    # The access log writes down, after the answer, that the person was seen.
    g.session_id = found.session.id
    note(found.session.user)
    return found.session.user


def note(user: User) -> None:
    """Keeps who it is for what is written about the request afterwards, when the books are not asked any more."""
    g.person = (user.id, user.role)
