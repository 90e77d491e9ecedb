"""Which revisions of the tables this code knows."""

from __future__ import annotations

from alembic.script import ScriptDirectory

from crm import db


def head() -> str | None:
    """The revision of this code."""
    return _scripts().get_current_head()


def is_known(revision: str) -> bool:
    """Is this revision of this code or older?"""
    return revision in {script.revision for script in _scripts().walk_revisions()}


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(db.migration_scripts())
