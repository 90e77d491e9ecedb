"""Which revisions of the tables this code knows."""

from __future__ import annotations

from functools import cache

from alembic.script import ScriptDirectory

from crm import db


def head() -> str | None:
    """The revision of this code."""
    return _scripts().get_current_head()


def is_known(revision: str) -> bool:
    """Is this revision of this code or older?"""
    return revision in {script.revision for script in _scripts().walk_revisions()}


def _scripts() -> ScriptDirectory:
    settings = db.migration_scripts()
    return _read(settings.get_main_option("script_location") or "")


@cache
def _read(folder: str) -> ScriptDirectory:
    # The revisions of a running program do not change, and reading them all is slow.
    return ScriptDirectory(folder.replace("%%", "%"))
