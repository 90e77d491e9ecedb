"""`crm import`, in processes of its own where it may be killed or meet itself: what it says, how it ends, and what is left when it is killed."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from bench.registry import generate
from tests.importing import EXAMPLE, line, seed, seeded_sqlite, sheet
from tests.processes import CRM, ROOT, crm, environment, here

__all__ = ["seed", "seeded_sqlite"]


@pytest.fixture
def instance(seeded_sqlite: Path, tmp_path: Path) -> Path:
    """A folder with seeded books."""
    folder = tmp_path / "instance"
    folder.mkdir()
    (folder / "guishu.db").write_bytes(seeded_sqlite.read_bytes())
    return folder


def counted(instance: Path) -> dict[str, int]:
    """How many rows the tables have that an import enters."""
    tables = ("projects", "project_facts", "decisions", "enterprises", "staged_rows")
    with sqlite3.connect(instance / "guishu.db") as books:
        return {table: books.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}


def states(instance: Path) -> list[str]:
    """The states of all imports, oldest first."""
    with sqlite3.connect(instance / "guishu.db") as books:
        return [state for (state,) in books.execute("SELECT status FROM imports ORDER BY id")]


NOTHING = {"projects": 0, "project_facts": 0, "decisions": 0, "enterprises": 0, "staged_rows": 0}


def test_new_then_same_then_changed(instance: Path, tmp_path: Path) -> None:
    first = crm(instance, "import", str(EXAMPLE))
    assert first.returncode == 0, first.stderr
    assert "新增54个项目" in first.stdout and "已写入" in first.stderr
    before = counted(instance)
    again = here(instance, "import", str(EXAMPLE))
    assert again.returncode == 0 and "相同54个项目" in again.stdout and "新增0个项目" in again.stdout
    assert counted(instance) == before
    other = tmp_path / "b.csv"
    other.write_text(
        EXAMPLE.read_text(encoding="utf-8").replace("A01,精密模具基地", "A01,精密模具二期"), encoding="utf-8"
    )
    changed = here(instance, "import", str(other), "--effective", "2021-05-06")
    assert "更新1个项目" in changed.stdout and "项目名称：精密模具基地 → 精密模具二期" in changed.stdout


def test_a_trial_says_the_same_and_enters_nothing(instance: Path) -> None:
    trial = here(instance, "import", str(EXAMPLE), "--dry-run")
    assert trial.returncode == 0 and "新增54个项目" in trial.stdout
    assert counted(instance) == NOTHING
    assert states(instance) == ["abandoned"]


def test_every_error_with_its_row_and_column(instance: Path, tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.csv", [line("P1", 选址街道="不存在街"), line("P1", 建成投产日期="2020-08-01")])
    ended = here(instance, "import", str(path))
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "第2行 选址街道：没有名为“不存在街”的街道",
        "第3行 建成投产日期：2020-08-01早于签约日期2020-09-01",
        "第3行 项目编号：项目编号“P1”与第2行重复",
        "共3处错误；没有写入任何内容。",
    ]
    assert counted(instance) == NOTHING


@pytest.mark.parametrize(
    "arguments", [("--effective", "2021-02-30"), ("--effective", "2031-01-01"), ("missing.csv",)]
)
def test_what_cannot_be_asked_is_refused_in_a_line(instance: Path, arguments: tuple[str, ...]) -> None:
    ended = here(instance, "import", str(EXAMPLE), *arguments)
    assert ended.returncode == 2 and "Traceback" not in ended.stderr
    assert counted(instance) == NOTHING


def test_the_same_file_twice_at_once(instance: Path, tmp_path: Path) -> None:
    generate(tmp_path / "a.csv", 1000)
    command = [*CRM, "import", str(tmp_path / "a.csv")]
    pair = [
        subprocess.Popen(
            command, cwd=ROOT, env=environment(instance), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    ends = [process.communicate(timeout=120) for process in pair]
    assert [process.returncode for process in pair] == [0, 0], ends
    assert counted(instance)["projects"] == counted(instance)["project_facts"] == 1000
    assert states(instance) == ["applied", "applied"]


def killed(instance: Path, path: Path, seen: str) -> None:
    """Starts an import and kills it once its state has been seen and some rows are staged."""
    process = subprocess.Popen(
        [*CRM, "import", str(path)],
        cwd=ROOT,
        env=environment(instance),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        if counted(instance)["staged_rows"] and seen in states(instance):
            break
        time.sleep(0.02)
    assert process.poll() is None, "it ended before it could be killed"
    if seen == "checked":
        # it tells first, then applies: a moment later it is in the middle of that
        time.sleep(0.15)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("seen", ["staging", "checked"])
def test_killed_at_any_moment_it_is_all_or_nothing(instance: Path, tmp_path: Path, seen: str) -> None:
    generate(tmp_path / "a.csv", 3_000)
    killed(instance, tmp_path / "a.csv", seen)
    left = counted(instance)
    assert left["projects"] in (0, 3_000)
    if seen == "staging":
        assert left["projects"] == left["decisions"] == left["enterprises"] == 0
    else:
        assert left["project_facts"] == left["projects"]
    ended = crm(instance, "import", str(tmp_path / "a.csv"))
    assert ended.returncode == 0, ended.stderr
    assert counted(instance)["projects"] == counted(instance)["project_facts"] == 3_000
    assert states(instance)[-1] == "applied"
