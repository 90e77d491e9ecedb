"""Settings: where the books are, the installation's own secret, and one clear line where it cannot be
kept.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from crm import config
from crm.errors import Refused


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "GUISHU_INSTANCE", "GUISHU_HTTPS"):
        monkeypatch.delenv(name, raising=False)


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = config.settings({"GUISHU_INSTANCE": tmp_path})["SECRET_KEY"]
    assert config.settings({"GUISHU_INSTANCE": tmp_path})["SECRET_KEY"] == first
    assert len(str(first)) == 64
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret_key"]


def test_the_real_books_win_over_the_demonstration(tmp_path: Path) -> None:
    given = {"GUISHU_INSTANCE": tmp_path}
    assert config.settings(given)["SQLALCHEMY_DATABASE_URI"] == f"sqlite:///{tmp_path}/demonstration.db"
    (tmp_path / "guishu.db").touch()
    assert config.settings(given)["SQLALCHEMY_DATABASE_URI"] == f"sqlite:///{tmp_path}/guishu.db"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_may_be_written_any_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://program@db/guishu")
    monkeypatch.setenv("GUISHU_INSTANCE", str(tmp_path))
    found = config.settings()
    assert found["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://program@db/guishu"
    assert found["DATABASE_OWNER_URL"] == found["SQLALCHEMY_DATABASE_URI"]


def test_cookies_come_back_over_plain_http_and_are_secure_over_https(tmp_path: Path) -> None:
    given = {"GUISHU_INSTANCE": tmp_path}
    assert config.settings(given)["SESSION_COOKIE_SECURE"] is False
    assert config.settings(given | {"GUISHU_HTTPS": "1"})["SESSION_COOKIE_SECURE"] is True


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="不可写") as refused:
        config.settings({"GUISHU_INSTANCE": tmp_path / "file" / "instance"})
    assert str(tmp_path) in str(refused.value)
    assert "\n" not in str(refused.value)
