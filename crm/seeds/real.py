"""Real books: the foundation, no project, and the three accounts that everything else begins with."""

from __future__ import annotations

from pathlib import Path

from flask import current_app

from crm.db import transaction
from crm.seeds import accounts, foundation
from crm.seeds.accounts import Account
from crm.services import books, passwords, people, units

ACCOUNTS_FILE = "accounts.txt"

USERS = (
    ("administrator", "系统管理员", "administrator", None),
    ("reviewer", "审核员", "reviewer", "swj"),
    ("bureau-head", "局负责人", "bureau_head", "swj"),
)
"""Login, name, role and unit: clause 五(一) puts the working group's office, which adjudicates, in 区商务局."""


def load() -> list[Account] | None:
    """Opens real books on the real day, all or nothing, and returns their accounts, written down as well.

    Returns None where books are open already, of either kind.
    """
    with transaction():
        if books.books() is not None:
            return None
        foundation.add_ground(actor=None)
        foundation.add_targets(actor=None)
        books.open_books(kind="real", business_day=None, actor=None)
        made = [Account(login, passwords.one_time(), role, name) for login, name, role, _ in USERS]
        for account, (*_, unit) in zip(made, USERS, strict=True):
            people.add_user(
                account.login,
                name=account.name,
                role=account.role,
                unit=units.unit_by_code(unit) if unit else None,
                password=account.password,
                # Written down in a file, so known to whoever may read it.
                must_change_password=True,
                actor=None,
            )
        accounts.write(Path(str(current_app.config["INSTANCE"])) / ACCOUNTS_FILE, made)
    return made
