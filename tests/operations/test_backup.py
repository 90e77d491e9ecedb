"""A backup, and what a restore makes of it: the same rows and the same bytes, or everything as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from crm import config, running
from crm.db import db, transaction
from crm.models import User
from crm.operations import archive
from crm.services import passwords, people
from tests import build
from tests.databases import Database
from tests.operations.conftest import Installation

KEPT = {"secret_key", "contact_key", "uploads/" + "a" * 64, "uploads/" + "b" * 64}


def test_what_is_restored_elsewhere_is_the_same(
    installation: Installation, elsewhere: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "backup.zip"
    made = installation.crm("backup", file)
    assert made.exit_code == 0, made.output
    assert "0600" in made.output and file.stat().st_mode & 0o777 == 0o600
    rows = installation.rows()
    assert len(rows["projects"]) == 4
    restored = elsewhere.crm("restore", file)
    assert restored.exit_code == 0, restored.output
    assert elsewhere.rows() == rows
    files = elsewhere.files()
    assert set(files) == KEPT
    assert all(files[name] == data for name, data in installation.files().items() if name in KEPT)
    for key in ("secret_key", "contact_key"):
        assert (elsewhere.instance / key).stat().st_mode & 0o777 == 0o600
    # And the program works there: with the rights that it needs, and no more.
    app = elsewhere.app()
    with app.app_context():
        known = people.credentials("reviewer")
        assert known and passwords.matches(known.password_hash, build.PASSWORD)
        with transaction():
            user = db.session.query(User).filter_by(login="reviewer").one()
            people.set_password(user, "another password", actor=None)
        with pytest.raises(Exception, match=r"insert-only|permission denied"), transaction():
            db.session.connection().exec_driver_sql("DELETE FROM audit_events")
        db.engine.dispose()


def test_the_server_writes_on_meanwhile(installation: Installation, tmp_path: Path) -> None:
    app = installation.app()
    stop = threading.Event()
    written: list[int] = []
    failed: list[Exception] = []

    def write() -> None:
        with app.app_context():
            while not stop.is_set():
                try:
                    with transaction():
                        user = db.session.query(User).filter_by(login="reviewer").one()
                        user.name = f"审核员{len(written)}"
                except Exception as error:
                    failed.append(error)
                    return
                written.append(1)
            db.session.remove()

    with running.together(installation.instance):
        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(3):
                before = len(written)
                assert installation.crm("backup", tmp_path / f"{number}.zip").exit_code == 0
                assert installation.crm("restore", "--verify", tmp_path / f"{number}.zip").exit_code == 0
                while len(written) == before and not failed:
                    time.sleep(0.01)
        finally:
            stop.set()
            writer.join()
    assert not failed
    with app.app_context():
        db.engine.dispose()


def test_a_backup_overwrites_nothing(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    file.write_bytes(b"yesterday's")
    refused = installation.crm("backup", file)
    assert (refused.exit_code, file.read_bytes()) == (2, b"yesterday's")
    assert "已经存在" in refused.output
    nowhere = installation.crm("backup", tmp_path / "no such folder" / "backup.zip")
    assert nowhere.exit_code == 2 and "无法写入" in nowhere.output
    assert [path.name for path in tmp_path.glob("*backup*")] == ["backup.zip"]


def test_books_are_replaced_only_when_told(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    assert installation.crm("backup", file).exit_code == 0
    rows, files = installation.rows(), installation.files()
    installation.execute("UPDATE users SET name = '后来的' WHERE login = 'staff'")
    (installation.instance / "secret_key").write_text("another key")
    later = installation.rows()
    refused = installation.crm("restore", file)
    assert refused.exit_code == 2 and "--replace" in refused.output
    assert installation.rows() == later != rows
    assert (installation.instance / "secret_key").read_text() == "another key"
    assert installation.crm("restore", "--replace", file).exit_code == 0
    assert (installation.rows(), installation.files()) == (rows, files)


def test_nothing_is_restored_under_a_running_server(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    assert installation.crm("backup", file).exit_code == 0
    rows = installation.rows()
    with running.together(installation.instance):
        for command in (("restore", "--replace", file), ("upgrade",)):
            refused = installation.crm(*command)
            assert refused.exit_code == 2 and "请先停止" in refused.output, refused.output
    # One that knows nothing of our lock.
    app = installation.app()
    with app.app_context():
        db.session.query(User).first()
        refused = installation.crm("restore", "--replace", file)
        assert refused.exit_code == 2 and "请先停止" in refused.output, refused.output
        db.session.remove()
        db.engine.dispose()
    assert installation.rows() == rows


def test_nobody_begins_while_it_is_restored(installation: Installation) -> None:
    with running.alone(installation.instance):
        refused = installation.crm("user", "password", "staff")
        assert refused.exit_code == 1 and "正在升级或恢复" in refused.output


@pytest.mark.parametrize("member", ["database", "secret_key", "uploads/" + "a" * 64, "manifest.json"])
def test_damage_is_named_and_nothing_is_touched(
    installation: Installation, tmp_path: Path, member: str
) -> None:
    file = tmp_path / "backup.zip"
    assert installation.crm("backup", file).exit_code == 0
    with zipfile.ZipFile(file) as packed:
        name = next(name for name in packed.namelist() if name.startswith(member))
        info = packed.getinfo(name)
    data = bytearray(file.read_bytes())
    # Past the member's own head, in the middle of what was packed.
    head = info.header_offset + 30 + len(name) + int.from_bytes(data[info.header_offset + 28 :][:2], "little")
    data[head + info.compress_size // 2] ^= 0x10
    file.write_bytes(data)
    before = installation.rows(), installation.files()
    for arguments in (("--replace",), ("--verify",)):
        refused = installation.crm("restore", *arguments, file)
        assert refused.exit_code == 2 and name in refused.output, refused.output
    assert (installation.rows(), installation.files()) == before


def test_half_an_archive_and_none(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    assert installation.crm("backup", file).exit_code == 0
    half = tmp_path / "half.zip"
    half.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    text = tmp_path / "text.zip"
    text.write_text("no archive")
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as packed:
        packed.writestr("hello", "world")
    for wrong in (half, text, other):
        refused = installation.crm("restore", "--replace", wrong)
        assert refused.exit_code == 2 and str(wrong) in refused.output


def test_no_name_in_an_archive_leads_out_of_the_folder(tmp_path: Path) -> None:
    for name in ("../evil", "/etc/evil", "uploads/../../evil", "C:/evil", "uploads\\..\\evil", ""):
        assert not archive.is_plain(name)
    assert archive.is_plain("uploads/" + "a" * 64)


def test_tables_of_another_version(installation: Installation, tmp_path: Path) -> None:
    head = installation.rows()["alembic_version"][0][0]
    for revision, words in (("0001", "--migrate"), ("9999", "比程序新")):
        file = tmp_path / f"{revision}.zip"
        installation.execute(f"UPDATE alembic_version SET version_num = '{revision}'")
        assert installation.crm("backup", file).exit_code == 0
        installation.execute(f"UPDATE alembic_version SET version_num = '{head}'")
        before = installation.rows()
        refused = installation.crm("restore", "--replace", file)
        assert refused.exit_code == 2 and words in refused.output
        assert installation.rows() == before


def test_one_kind_of_database_is_not_restored_into_the_other(
    installation: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "backup.zip"
    assert installation.crm("backup", file).exit_code == 0
    other = "postgresql://nobody@/none"
    if installation.database.kind == "postgresql":
        other = f"sqlite:///{tmp_path / 'other.db'}"
    installation.database = Database("other", other, other)
    refused = installation.crm("restore", file)
    assert refused.exit_code == 2 and "不能用备份互换" in refused.output


def test_without_the_tools_it_says_what_to_install(installation: Installation, tmp_path: Path) -> None:
    if installation.database.kind == "sqlite":
        pytest.skip("SQLite needs none")
    installation.tools = tmp_path
    refused = installation.crm("backup", tmp_path / "backup.zip")
    assert refused.exit_code == 2 and "pg_dump" in refused.output and "GUISHU_PG_BIN" in refused.output


KILLED = """
import os, sys
from pathlib import Path
from crm import config
from crm.operations import archive, restore

last, file = int(sys.argv[1]), Path(sys.argv[2])
unpack = archive.unpack
steps = 0

def killed(*arguments):
    global steps
    steps += 1
    unpack(*arguments)
    if steps == last:
        os.kill(os.getpid(), 9)

archive.unpack = killed
restore.restore(config.settings(), file, replace=True)
"""


def test_killed_half_way_leaves_the_books_as_they_were(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    assert installation.crm("backup", file).exit_code == 0
    installation.execute("UPDATE users SET name = '后来的' WHERE login = 'staff'")
    (installation.instance / "secret_key").write_text("another key")
    before = installation.rows(), installation.files()
    # The database, and each of the two uploads; the key comes when the books have changed hands.
    for last in (1, 2, 3):
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, str(last), str(file)],
            env=config.child_environment(**installation.environment()),
        )
        assert killed.returncode == -signal.SIGKILL
        files = {name: data for name, data in installation.files().items() if ".restoring" not in name}
        assert (installation.rows(), files) == before
    assert installation.crm("restore", "--replace", file).exit_code == 0
    assert (installation.instance / "secret_key").read_text() == "the key of this installation"
    assert not [name for name in os.listdir(tmp_path) if "restoring" in name]


def test_a_restore_that_the_database_refuses_leaves_everything(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backup.zip"
    assert installation.crm("backup", file).exit_code == 0
    installation.execute("UPDATE users SET name = '后来的' WHERE login = 'staff'")
    before = installation.rows()
    # After every row is back, the last statement fails.
    monkeypatch.setattr("crm.operations.restore.SESSIONS", "users")
    monkeypatch.setattr("crm.operations.restore.SESSIONS_END", "UPDATE no_such_table SET a = 1")
    refused = installation.crm("restore", "--replace", file)
    assert refused.exit_code != 0 and "no_such_table" in f"{refused.output}{refused.exception}"
    assert installation.rows() == before
