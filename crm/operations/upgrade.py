"""The tables brought up to this code: backed up before, looked at after, and put back where anything went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flask import Flask

from crm import db
from crm.errors import Refusals, Refused
from crm.messages import N_
from crm.operations import doctor
from crm.operations.backup import back_up
from crm.operations.restore import restore


def upgrade(app: Flask, file: Path) -> None:
    """Backs up into `file`, migrates, and looks the books over.

    Call it alone with the books. Raises Refused, or Refusals, where the migration failed or something serious was found: the
    books are then as they were.
    """
    close(app)
    back_up(app.config, file)
    try:
        db.upgrade(app)
        self_check(app)
    except BaseException as error:
        close(app)
        _put_back(app.config, file, error)
        if isinstance(error, Refused):
            raise Refusals((Refused(N_("升级未成功，账套已恢复原样：")), error)) from error
        raise Refused(N_("升级未成功，账套已恢复原样：%(reason)s"), reason=_reason(error)) from error


def self_check(app: Flask) -> None:
    """Raises Refused where the doctor finds anything serious in the books."""
    findings = [finding for _, found in doctor.examine(app, doctor.OF_BOOKS) for finding in found]
    close(app)
    serious = [finding for finding in findings if finding.serious]
    if serious:
        raise Refused(serious[0].message, None, **serious[0].values)


def close(app: Flask) -> None:
    """Leaves no connection of ours open, which would be one that somebody else seems to have."""
    with app.app_context():
        db.db.session.remove()
        db.db.engine.dispose()


def _put_back(settings: Mapping[str, object], file: Path, error: BaseException) -> None:
    try:
        restore(settings, file, replace=True, older=True, end_sessions=False)
    except Exception as second:
        raise Refused(
            N_(
                "升级未成功（%(reason)s），也未能自动恢复（%(second)s）：请运行 crm restore --replace --migrate %(file)s"
            ),
            reason=_reason(error),
            second=_reason(second),
            file=file,
        ) from second


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
