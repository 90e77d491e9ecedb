"""The doctor: well where all is well, and for every check something that it notices."""

from __future__ import annotations

import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import make_url

from crm import running
from crm.operations import doctor, machine
from crm.operations.doctor import CHECKS
from tests.databases import Database
from tests.operations.conftest import Installation

UNGUARDED = {
    "sqlite": ("DROP TRIGGER audit_events_no_update", "DROP TRIGGER audit_events_no_delete"),
    "postgresql": (
        "DROP TRIGGER audit_events_no_change ON audit_events",
        "DROP TRIGGER audit_events_no_truncate ON audit_events",
    ),
}


def found(installation: Installation, code: str) -> str:
    """What the command says of one check; it must say that it is serious."""
    name = next(check.name for check in CHECKS if check.code == code)
    result = installation.crm("doctor")
    assert result.exit_code == 1, result.output
    lines = result.output.splitlines()
    assert f"✗ {name}" in lines, result.output
    at = lines.index(f"✗ {name}")
    assert lines[at + 2].startswith("    → ")
    return lines[at + 1]


def test_nothing_is_wrong(installation: Installation) -> None:
    result = installation.crm("doctor")
    assert result.exit_code == 0, result.output
    assert "没有需要处理的问题" in result.output
    assert len([line for line in result.output.splitlines() if line[:1] in "✓!"]) == len(CHECKS)


def test_in_english(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.catalogue import compiled

    compiled()
    monkeypatch.setattr(machine, "disk_free", lambda _: 2**20)
    monkeypatch.setattr(
        "crm.commands._catalogue",
        lambda: __import__("gettext").translation("messages", "crm/translations", ["en"]),
    )
    result = installation.crm("doctor")
    assert "✗ Disk space" in result.output and "Only 1 MB are left" in result.output


def test_a_key_that_others_read(installation: Installation) -> None:
    (installation.instance / "secret_key").chmod(0o644)
    assert "secret_key" in found(installation, "secret-key")


def test_the_key_of_contacts(installation: Installation) -> None:
    key = installation.instance / "contact_key"
    text = Fernet(key.read_text()).encrypt(b"13800000000").decode()
    installation.execute(
        "INSERT INTO enterprises (id, name) VALUES (7001, '某公司')",
        "INSERT INTO contacts (enterprise_id, name, position, phone, mail, removed, entered_on, recorded_at, version)"
        f" VALUES (7001, '王某', '', '{text}', '', false, '2021-06-03', '2021-06-03 01:00:00', 1)",
    )
    assert "✓ 联系方式的密钥" in installation.crm("doctor").output
    for wrong in (Fernet.generate_key().decode(), "no key at all", None):
        key.unlink() if wrong is None else key.write_text(wrong)
        assert "无法解密" in found(installation, "contact-key"), wrong
    key.write_text("")
    key.chmod(0o644)
    assert "其他用户可以读取" in found(installation, "contact-key")


def test_a_full_disk(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "disk_free", lambda _: 5 * 2**20)
    assert "5 MB" in found(installation, "disk")


def test_a_port_that_somebody_has(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("PORT", str(other.getsockname()[1]))
        assert str(other.getsockname()[1]) in found(installation, "port")
        with running.together(installation.instance):
            # It is our own server that has it; but it has no worker.
            assert "后台任务" in found(installation, "worker")


def test_missing_fonts_and_translations(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "字体" in found(installation, "fonts")
    (tmp_path / "en" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "en" / "LC_MESSAGES" / "messages.po").touch()
    monkeypatch.setattr(machine, "TRANSLATIONS", tmp_path)
    assert "messages.mo" in found(installation, "translations")


def test_no_database(installation: Installation, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/no such folder/books.db"
    if installation.database.kind == "postgresql":
        url = "postgresql://nobody@127.0.0.1:9/none?connect_timeout=2"
    installation.database = Database("none", url, url)
    found(installation, "database")


def test_tables_of_another_version(installation: Installation) -> None:
    installation.execute("UPDATE alembic_version SET version_num = '0001'")
    assert "0001" in found(installation, "schema")


def test_a_table_that_cannot_be_read(installation: Installation) -> None:
    installation.execute("ALTER TABLE targets RENAME TO elsewhere")
    assert "targets" in found(installation, "reading")


def test_history_that_could_be_changed(installation: Installation) -> None:
    installation.execute(*UNGUARDED[installation.database.kind])
    assert "audit_events" in found(installation, "triggers")


def test_history_that_was_changed(installation: Installation) -> None:
    installation.execute(
        *UNGUARDED[installation.database.kind],
        "UPDATE audit_events SET action = 'user.closed' WHERE id = (SELECT max(id) - 1 FROM audit_events)",
    )
    found(installation, "log")


def test_a_program_that_owns_its_tables(installation: Installation) -> None:
    if installation.database.kind == "sqlite":
        pytest.skip("a file has no roles")
    owner = installation.database.owner_url
    installation.database = Database("postgresql", owner, owner)
    assert "guishu_owner" in found(installation, "roles")


def test_references_to_nothing(installation: Installation) -> None:
    if installation.database.kind == "postgresql":
        pytest.skip("PostgreSQL lets nobody make any")
    # A connection of one's own does not check them.
    with closing(sqlite3.connect(str(make_url(installation.database.url).database))) as books:
        books.execute("INSERT INTO focus_industries VALUES (999, 99999, 9, 'x', 'x')")
        books.commit()
    assert "focus_industries" in found(installation, "integrity")


def test_a_clock_that_went_back(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    class Earlier(datetime):
        @classmethod
        def now(cls, tz: object = None) -> Earlier:
            return cls(1999, 1, 1, tzinfo=UTC)

    monkeypatch.setattr("crm.operations.tables.datetime", Earlier)
    assert "1999-01-01" in found(installation, "clock")


def test_books_that_were_not_opened(installation: Installation) -> None:
    installation.execute("DELETE FROM books")
    found(installation, "books")


def test_yesterdays_standing(installation: Installation) -> None:
    installation.execute("UPDATE standing SET day = '2021-06-02'")
    found(installation, "standing")


def test_files_that_the_books_name(installation: Installation) -> None:
    row = (
        "INSERT INTO imports (file_name, sha256, effective_from, head, problems, attempt, status, staged_rows, "
        "new_rows, changed_rows, same_rows, error_rows, created_at, heartbeat_at) VALUES ('登记表.xlsx', '{}', "
        "'2021-06-03', '[]', '[]', 1, 'checked', 0, 0, 0, 0, 0, '2021-06-03 01:00:00', '2021-06-03 01:00:00')"
    )
    installation.execute(row.format("a" * 64))
    assert installation.crm("doctor").exit_code == 0
    installation.execute(row.format("c" * 64))
    assert "1个" in found(installation, "uploads")


def test_a_check_that_breaks_is_told_too(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "disk_free", lambda _: 1 / 0)
    assert "ZeroDivisionError" in found(installation, "disk")


def test_the_list_is_closed() -> None:
    codes = [check.code for check in CHECKS]
    assert len(codes) == len(set(codes))
    for number, check in enumerate(CHECKS):
        assert check.needs is None or check.needs in codes[:number], check.code
    assert {"database", "schema", "integrity", "triggers", "log"} <= doctor.OF_BOOKS
