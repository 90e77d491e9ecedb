"""docs/operations: every command in it exists with those options, every setting is read, every file is named."""

from __future__ import annotations

import re
import shlex
from configparser import RawConfigParser
from pathlib import Path

import click
import pytest

from crm.cli import COMMANDS, main

DOCS = Path(__file__).parents[2] / "docs" / "operations"
TEXT = (DOCS / "README.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(re.findall(r"```\w+\n(.*?)```", TEXT, re.DOTALL))

NAMES = "|".join(COMMANDS)
MENTIONED = sorted(
    set(re.findall(rf"\bcrm ((?:{NAMES})\b[^\n;&|'#>`]*)", BLOCKS))
    | set(re.findall(rf"`crm ((?:{NAMES})\b[^`]*)`", TEXT))
)


@pytest.mark.parametrize("line", MENTIONED)
def test_every_command_exists(line: str) -> None:
    name, *arguments = shlex.split(line.split("  ")[0])
    command: click.Command | None = main.get_command(click.Context(main), name)  # type: ignore[attr-defined]
    while isinstance(command, click.Group):
        command = command.get_command(click.Context(command), arguments.pop(0))
    assert command is not None, line
    options = {option for parameter in command.params for option in parameter.opts}
    assert all(argument in options for argument in arguments if argument.startswith("--")), line


def test_the_commands_that_matter_are_explained() -> None:
    assert {line.split()[0] for line in MENTIONED} >= {"backup", "restore", "upgrade", "doctor", "run"}


def test_every_setting_is_read() -> None:
    read = (DOCS.parents[1] / "crm" / "config.py").read_text(encoding="utf-8")
    named = "".join(file.read_text(encoding="utf-8") for file in DOCS.iterdir())
    for setting in set(re.findall(r"\b(GUISHU_[A-Z_]+|DATABASE_(?:OWNER_)?URL|HOST|PORT)\b", named)):
        assert f'"{setting}"' in read, setting


def test_every_file_is_named_and_there() -> None:
    named = set(re.findall(r"\]\(([\w.-]+)\)", TEXT))
    assert named == {file.name for file in DOCS.iterdir()} - {"README.md"}


@pytest.mark.parametrize("name", ["guishu.service", "guishu-worker.service"])
def test_the_units_differ_in_what_they_run(name: str) -> None:
    unit = RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DOCS / name, encoding="utf-8")
    command = "worker" if "worker" in name else "run"
    assert unit["Service"]["ExecStart"].endswith(f"/crm {command}")
    assert unit["Service"]["ProtectSystem"] == "strict"
    assert unit["Service"]["User"] == "guishu"
