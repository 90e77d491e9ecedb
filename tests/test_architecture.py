"""The house rules of docs/architecture.md, read off the code; a failure says what to do instead."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from crm.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 300

WEB = ("flask", "werkzeug", "flask_", "wtforms")
DATABASE = ("sqlalchemy", "alembic", "psycopg", "sqlite3", "crm.db", "crm.models")
EDGES = ("crm.web", "crm.api", "crm.cli", "crm.commands", "crm.work", "crm.seeds")

FORBIDDEN = {
    "crm/periods.py": ("crm",),
    "crm/money.py": ("crm",),
    "crm/rules/": (*WEB, *DATABASE, *EDGES, "crm.services", "crm.briefs", "crm.sheets"),
    "crm/scorecards.py": (*WEB, *DATABASE, *EDGES, "crm.services", "crm.briefs", "crm.sheets"),
    "crm/models/": ("flask", *EDGES, "crm.services", "crm.briefs", "crm.sheets"),
    "crm/briefs/": (*WEB, *DATABASE, *EDGES, "crm.services"),
    "crm/sheets/": (*WEB, *DATABASE, *EDGES, "crm.services"),
    "crm/services/": (*WEB, *EDGES),
    "crm/operations/": (*EDGES,),
    "crm/seeds/": ("crm.web", "crm.api", "crm.cli", "crm.commands", "crm.work"),
    "crm/work/": ("crm.web", "crm.api", "crm.cli", "crm.commands", "crm.seeds"),
    "crm/commands/": ("crm.web", "crm.api"),
}
"""Where → what must not be imported there; a name that ends in `_` stands for all that begin so."""

MAY_KEEP = ("crm/web/", "crm/api/", "crm/cli.py", "crm/commands/", "crm/work/", "crm/seeds/")
READS_ENVIRONMENT = "crm/config.py"
COMMITS = "crm/db.py"

# Written apart, so that this file does not contain what it looks for.
LEFT_OVER = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
MACHINE = re.compile(
    "|".join(
        (
            r"(?<![\w.])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me/\w+|opt/(?:py" + r"pi|whe" + r"els))/",
            r"py" + r"pi\.org|python" + r"hosted\.org|npm" + r"js\.(?:org|com)|deb\.deb" + r"ian\.org",
            r"(?<![\w.])/tmp/\w",
        )
    )
)
# Public documents and lists are kept as they were published.
QUOTED = ("seeds/", "LICENSE")
# A migration is written once and stands as it ran; catalogues are as long as the program has sentences.
LONG = ("migrations/versions/", "crm/translations/")


@cache
def tracked() -> tuple[str, ...]:
    """Every file that belongs to the project, deleted ones left out."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def sources(*places: str) -> Iterator[tuple[str, ast.Module]]:
    """Path and syntax tree of the Python files in these places."""
    for name in tracked():
        if name.endswith(".py") and name.startswith(places):
            yield name, ast.parse((ROOT / name).read_text(encoding="utf-8"))


def imports(name: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a module imports while it runs; what only types need is left out."""
    package = Path(name).with_suffix("").parts
    for node in running(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*package[: -node.level], node.module or ""]) if node.level else node.module or ""
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def running(node: ast.AST) -> Iterator[ast.AST]:
    """Every node but those under `if TYPE_CHECKING:`."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING"):
            yield from running(child)


def within(imported: str, names: Iterable[str]) -> bool:
    """Is this one of the names, or inside one of them?"""
    return any(
        imported == name or imported.startswith(name if name.endswith("_") else name + ".") for name in names
    )


KEEPS_NO_ROW = {"savepoint.commit", "file.commit"}
"""A savepoint's own end, and that of a file in the storage."""


def calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and last name of everything that is called; what keeps no row is left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) not in KEEPS_NO_ROW:
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            yield node.lineno, name


def refuse(found: Iterable[str], instead: str) -> None:
    """Fails with every place and with what to do instead."""
    places = list(found)
    assert not places, "\n" + "\n".join(f"  {place}" for place in places) + f"\n{instead}"


@pytest.mark.parametrize("place", FORBIDDEN)
def test_imports_go_one_way(place: str) -> None:
    refuse(
        (
            f"{name}:{line} imports {imported}"
            for name, tree in sources(place)
            for line, imported in imports(name, tree)
            if within(imported, FORBIDDEN[place])
        ),
        "Hand over what is needed as an argument, or move the code to where the import is allowed: "
        "see the picture in docs/architecture.md.",
    )


def test_there_is_one_commit() -> None:
    refuse(
        (
            f"{name}:{line} commits"
            for name, tree in sources("crm/", "wsgi.py")
            for line, called in calls(tree)
            if called == "commit" and name != COMMITS
        ),
        f"Only {COMMITS}:transaction() commits: change rows, flush if an id is needed, and leave the rest to the edge.",
    )


def test_only_edges_keep_what_was_changed() -> None:
    refuse(
        (
            f"{name}:{line} calls transaction()"
            for name, tree in sources("crm/")
            for line, called in calls(tree)
            if called == "transaction" and not name.startswith((*MAY_KEEP, COMMITS))
        ),
        "A service changes rows and returns; the view, command or seed that called it opens the transaction.",
    )


def test_the_environment_is_read_in_one_place() -> None:
    names = {"os.environ", "os.getenv", "os.environb"}
    refuse(
        (
            f"{name}:{node.lineno} reads the environment"
            for name, tree in sources("crm/", "wsgi.py")
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute | ast.ImportFrom)
            and (names & {ast.unparse(node)} or imports_environment(node))
            and name != READS_ENVIRONMENT
        ),
        f"Add a commented setting to {READS_ENVIRONMENT} and read it from the application's config.",
    )


def imports_environment(node: ast.AST) -> bool:
    """Is this `from os import environ` or the like?"""
    return (
        isinstance(node, ast.ImportFrom)
        and node.module == "os"
        and any(alias.name in {"environ", "getenv", "environb"} for alias in node.names)
    )


def test_files_are_short() -> None:
    refuse(
        (
            f"{name} has {lines} lines"
            for name in tracked()
            if name.endswith((".py", ".html", ".css", ".js")) and not name.startswith(LONG)
            if (lines := (ROOT / name).read_text(encoding="utf-8").count("\n")) >= LONGEST
        ),
        f"A file stays under {LONGEST} lines: give the part that can be named a file of its own.",
    )


def test_files_are_named_for_a_noun_or_a_task() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "base"}
    refuse(
        (name for name in tracked() if vague & set(re.split(r"[/._-]", name.lower())) - {"base"}),
        "Name the file for what it holds.",
    )


def test_nothing_is_put_off() -> None:
    refuse(
        left(LEFT_OVER),
        "Do it now, or write an issue; the code says what is, not what might come.",
    )


def test_no_machine_and_no_registry_is_named() -> None:
    refuse(
        left(MACHINE),
        "Use a path relative to the project or a setting; leave hosts to the user's own pip and apt settings.",
    )


def left(pattern: re.Pattern[str]) -> Iterator[str]:
    """File, line and words of everything in the project's own text that matches."""
    for name in tracked():
        if name.startswith(QUOTED):
            continue
        try:
            lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            if match := pattern.search(line):
                yield f"{name}:{number} {match.group()}"


def test_every_command_is_in_the_table_of_contents() -> None:
    files = {
        "crm.commands." + Path(name).stem
        for name in tracked()
        if name.startswith("crm/commands/") and not name.endswith("__init__.py")
    }
    assert files == set(COMMANDS.values()), (
        "crm/cli.py:COMMANDS and the files of crm/commands/ must name the same"
    )


def test_the_rules_here_see_what_they_forbid() -> None:
    """Each is tried on code that breaks it, for a rule that sees nothing would pass for ever."""
    tree = ast.parse(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from flask import Flask\n"
        "def verb():\n    import flask_login.utils\n    from .models import Unit\n    from os import environ\n"
        "    session.commit()\n"
    )
    found = [imported for _, imported in imports("crm/verbs.py", tree)]
    assert found == ["typing.TYPE_CHECKING", "flask_login.utils", "crm.models.Unit", "os.environ"]
    assert [name for name in found if within(name, (*WEB, *DATABASE))] == [
        "flask_login.utils",
        "crm.models.Unit",
    ]
    assert any(imports_environment(node) for node in ast.walk(tree))
    assert list(calls(tree)) == [(8, "commit")]
    assert LEFT_OVER.search("# TO" + "DO later")
    assert MACHINE.search("open('/wo" + "rk/main/seeds')")
