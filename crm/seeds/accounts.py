"""The accounts a new database starts with: generated passwords, kept in a file of the instance folder alone."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Account:
    """What somebody signs in with for the first time."""

    login: str
    password: str
    role: str
    name: str


def write(file: Path, accounts: list[Account]) -> None:
    """Writes the accounts where only the file's owner may read them, in place of what was there."""
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, delimiter="\t", lineterminator="\n")
        writer.writerow(("登录名", "密码", "岗位", "姓名"))
        writer.writerows(
            (account.login, account.password, account.role, account.name) for account in accounts
        )


def read(file: Path) -> list[Account]:
    """The accounts as they were written down; none where there is no such file."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines()
    return [Account(*line) for line in csv.reader(lines[1:], delimiter="\t")]


def table(accounts: list[Account]) -> str:
    """The accounts as lines for the terminal."""
    return "\n".join(
        f"  {account.login:<15} {account.password:<14} {account.role:<15} {account.name}"
        for account in accounts
    )
