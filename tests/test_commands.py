"""The command `crm`: what it prints, how it ends, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crm.models import ROLES
from crm.seeds import accounts, demonstration, real
from tests.processes import (
    CRM,
    PATIENCE,
    ROOT,
    answers,
    crm,
    environment,
    free_port,
    here,
    instance,
    refused,
    running,
    wait,
)

__all__ = ["instance"]


def test_first_start_prints_the_address_and_an_account_for_each_role(demonstration_start: Path) -> None:
    instance, printed = demonstration_start / "instance", (demonstration_start / "output").read_text()
    made = accounts.read(instance / demonstration.ACCOUNTS_FILE)
    assert {account.role for account in made} == set(ROLES)
    assert "http://127.0.0.1:" in printed
    for account in made:
        assert f"{account.login:<15} {account.password}" in printed
    assert sorted(path.name for path in instance.glob("demonstration.db*")) == ["demonstration.db"]
    assert (instance / demonstration.ACCOUNTS_FILE).stat().st_mode & 0o077 == 0


def test_second_start_keeps_the_books(instance: Path, tmp_path: Path) -> None:
    before = (instance / demonstration.ACCOUNTS_FILE).read_text()
    given = here(instance, "user", "password", "leader", typed="another password\n")
    assert given.returncode == 0, given.stderr
    with running(instance, free_port(), tmp_path / "output") as process:
        assert process.poll() is None
    assert process.returncode == 0
    assert (instance / demonstration.ACCOUNTS_FILE).read_text() == before
    assert "首次启动" not in (tmp_path / "output").read_text()
    with sqlite3.connect(instance / "demonstration.db") as books:
        last = books.execute("SELECT action FROM audit_events ORDER BY id DESC LIMIT 1").fetchone()
    assert last == ("user.password_reset",)


def test_a_killed_server_gives_its_port_back(instance: Path, tmp_path: Path) -> None:
    port = free_port()
    with running(instance, port, tmp_path / "output") as process:
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
        wait(lambda: not answers(port), 20)
    with running(instance, port, tmp_path / "output") as again:
        assert again.poll() is None


def test_port_in_use(instance: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused(here(instance, "run", PORT=port), 1, str(port), f"PORT={port + 1} make run")


def test_two_of_us_on_one_port(instance: Path, tmp_path: Path) -> None:
    port = free_port()
    with running(instance, port, tmp_path / "output"):
        refused(crm(instance, "run", PORT=port), 1, str(port))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"PORT": "70000"}, ("PORT=70000",)),
        ({"PORT": "http"}, ("PORT=http",)),
        ({"HOST": "no such host"}, ("no such host",)),
    ],
)
def test_settings_that_name_nothing(instance: Path, settings: dict[str, str], words: tuple[str]) -> None:
    refused(here(instance, "run", **settings), 1, *words)


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    # Root may write into a folder whose mode forbids it, but makes none where the kernel keeps its own.
    folder = Path("/proc/guishu")
    if os.geteuid() != 0:
        folder = tmp_path / "sealed"
        folder.mkdir(mode=0o500)
    for command in (("run",), ("migrate",), ("demonstration", "end")):
        refused(here(folder, *command, PORT=free_port()), 1, str(folder))


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    file = tmp_path / "instance"
    file.write_text("")
    refused(crm(file, "run", PORT=free_port()), 1, str(file))


def test_schema_newer_than_the_code(instance: Path) -> None:
    with sqlite3.connect(instance / "demonstration.db") as books:
        books.execute("UPDATE alembic_version SET version_num = '9999_later'")
    for command in (("run",), ("migrate",), ("seed",)):
        refused(here(instance, *command, PORT=free_port()), 1, "9999_later")


def test_a_database_that_is_none(instance: Path) -> None:
    (instance / "demonstration.db").write_bytes(b"no database at all" * 100)
    refused(here(instance, "run", PORT=free_port()), 1, "demonstration.db")


def test_first_load_killed_half_way_begins_anew(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    aside = instance / "demonstration.db.loading"
    process = subprocess.Popen(
        [*CRM, "run"], cwd=ROOT, env=environment(instance, PORT=free_port()), stdout=subprocess.DEVNULL
    )
    # The tables are there and the rows are being written.
    wait(lambda: process.poll() is not None or Path(f"{aside}-wal").exists())
    time.sleep(0.5)
    process.kill()
    process.wait()
    assert aside.exists()
    assert not (instance / "demonstration.db").exists()
    with running(instance, free_port(), tmp_path / "output") as again:
        assert again.poll() is None
    assert not list(instance.glob("*.loading*"))
    with sqlite3.connect(instance / "demonstration.db") as books:
        assert books.execute("SELECT kind FROM books").fetchall() == [("demonstration",)]
        assert books.execute("SELECT count(*) FROM projects").fetchone() == (150,)


def test_end_of_the_demonstration(instance: Path, tmp_path: Path) -> None:
    ended = crm(instance, "demonstration", "end")
    assert ended.returncode == 0, ended.stderr
    made = accounts.read(instance / real.ACCOUNTS_FILE)
    assert [account.role for account in made] == ["administrator", "reviewer", "bureau_head"]
    assert all(account.password in ended.stdout for account in made)
    with sqlite3.connect(instance / "guishu.db") as books:
        assert books.execute("SELECT kind, business_day FROM books").fetchall() == [("real", None)]
        assert books.execute("SELECT count(*) FROM projects").fetchone() == (0,)
        assert books.execute("SELECT count(*) FROM plate_terms").fetchone()[0] > 0
    refused(here(instance, "demonstration", "end"), 2, "guishu.db")
    with running(instance, free_port(), tmp_path / "output") as process:
        assert process.poll() is None
    printed = (tmp_path / "output").read_text()
    assert "http://127.0.0.1:" in printed
    assert "jd-staff" not in printed


def test_accounts_from_the_terminal(instance: Path) -> None:
    given = ("user", "add", "chen", "--name", "陈", "--role", "staff", "--unit", "jd")
    refused(crm(instance, *given, typed="short\n"), 2, "密码")
    refused(here(instance, *given[:-1], "nowhere", typed="long enough it is\n"), 2, "nowhere")
    assert "须更换密码" in here(instance, *given, typed="long enough it is\n").stdout
    assert "一次性密码（只显示这一次）：" in here(instance, "user", "password", "chen", "--generate").stdout
    refused(here(instance, *given, typed="long enough it is\n"), 2, "chen")
    refused(here(instance, "user", "password", "nobody", typed="long enough it is\n"), 2, "nobody")


def test_every_command_has_help() -> None:
    result = crm(Path("unused"), "--help")
    assert result.returncode == 0, result.stderr
    assert "attribute" in result.stdout


def test_attribute_starts_without_the_web_and_without_a_database() -> None:
    code = (
        "import sys, crm.cli\n"
        "crm.cli.main(['attribute', '--help'], standalone_mode=False)\n"
        "print(sorted({'flask', 'sqlalchemy', 'reportlab', 'granian'} & {name.split('.')[0] for name in sys.modules}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("python", "words"),
    [
        # Too old: it fails at the question about its version, which is asked first.
        ("exit 1", "Python 3.11"),
        ('case "$2" in *ensurepip*) exit 1 ;; esac', "apt install"),
    ],
)
def test_a_python_that_will_not_do(tmp_path: Path, python: str, words: str) -> None:
    stand_in = tmp_path / "python"
    stand_in.write_text(f"#!/bin/sh\n{python}\n")
    stand_in.chmod(0o755)
    result = subprocess.run(
        ["sh", ".ci/python", str(tmp_path / "venv")],
        cwd=ROOT,
        env=os.environ | {"PYTHON": str(stand_in)},
        capture_output=True,
        text=True,
    )
    refused(result, 1, words)
    assert not (tmp_path / "venv").exists()
