"""An upgrade: done and looked over, or the books as they were, whatever went wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crm import config, db
from crm.operations import doctor
from crm.operations.findings import Check, wrong
from tests.operations.conftest import Installation

NEXT = """
from alembic import op
import sqlalchemy as sa

revision = "9000"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("novelties", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("UPDATE users SET name = name || '改'")
    op.execute("INSERT INTO novelties (id) VALUES (1)")
    {then}


def downgrade():
    op.drop_table("novelties")
"""


def newer(monkeypatch: pytest.MonkeyPatch, folder: Path, then: str = "pass") -> None:
    """Has the code want a revision more, which adds a table and changes every account."""
    scripts = Path(shutil.copytree(config.ROOT / "migrations", folder / "migrations"))
    head = max(path.name for path in (scripts / "versions").glob("[0-9]*.py"))[:4]
    (scripts / "versions" / "9000_next.py").write_text(NEXT.format(head=head, then=then))
    plain = db.migration_scripts

    def found() -> object:
        settings = plain()
        settings.set_main_option("script_location", str(scripts).replace("%", "%%"))
        return settings

    monkeypatch.setattr(db, "migration_scripts", found)


def test_an_upgrade(installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer(monkeypatch, tmp_path)
    before = installation.rows()
    done = installation.crm("upgrade", "--backup", tmp_path / "before.zip")
    assert done.exit_code == 0, done.output
    after = installation.rows()
    assert after["alembic_version"] == [("9000",)] and after["novelties"] == [(1,)]
    assert len(after["users"]) == len(before["users"]) and after["users"] != before["users"]
    again = installation.crm("upgrade")
    assert again.exit_code == 0 and "无须升级" in again.output
    # The backup is of the books before.
    assert installation.crm("restore", "--verify", tmp_path / "before.zip").exit_code == 0


def test_a_migration_that_fails_in_the_middle(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer(monkeypatch, tmp_path, "op.execute('SELECT 1 FROM nowhere')")
    before = installation.rows(), installation.files()
    failed = installation.crm("upgrade", "--backup", tmp_path / "before.zip")
    assert failed.exit_code == 2 and "恢复原样" in failed.output and "nowhere" in failed.output
    assert (installation.rows(), installation.files()) == before


def test_a_self_check_that_fails(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer(monkeypatch, tmp_path)
    check = Check(
        "failing",
        "failing",
        lambda _: iter([wrong("something %(what)s", "nothing", what="odd")]),
        of_books=True,
    )
    monkeypatch.setattr(doctor, "CHECKS", (*doctor.CHECKS, check))
    monkeypatch.setattr(doctor, "OF_BOOKS", doctor.OF_BOOKS | {"failing"})
    before = installation.rows(), installation.files()
    failed = installation.crm("upgrade")
    assert failed.exit_code == 2 and "恢复原样" in failed.output and "something odd" in failed.output
    assert installation.rows() == before[0]
    assert installation.files() == before[1]
    # Nothing of the new version is left, nor its rights missing: the program works.
    monkeypatch.undo()
    doctored = installation.crm("doctor")
    assert doctored.exit_code == 0, doctored.output


def test_no_upgrade_without_a_backup(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer(monkeypatch, tmp_path)
    before = installation.rows()
    failed = installation.crm("upgrade", "--backup", tmp_path / "no such folder" / "before.zip")
    assert failed.exit_code == 2 and "无法写入" in failed.output
    assert installation.rows() == before
