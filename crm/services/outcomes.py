"""Outcomes as stored: what was decided and seen, once for all projects that stand in the same relations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from crm.db import db
from crm.models import Outcome
from crm.rules import duties
from crm.rules.language import Role, Seen, Status, Verdict

AT_ONCE = 500
"""Digests asked for in one statement."""


def store(decided: Iterable[duties.Outcome]) -> dict[duties.Outcome, int]:
    """The ids of outcomes, stored where they were not: two sessions that decide the same share one row."""
    bodies = {outcome: body(outcome) for outcome in decided}
    digests = {outcome: digest(found) for outcome, found in bodies.items()}
    # in one order for everybody: two sessions that store the same never wait for each other in a ring
    rows = dict(sorted((digests[outcome], found) for outcome, found in bodies.items()))
    ids: dict[str, int] = {}
    for start in range(0, len(rows), AT_ONCE):
        part = list(rows)[start : start + AT_ONCE]
        known = _ids(part)
        _insert({found: rows[found] for found in part if found not in known})
        ids |= _ids(part)
    return {outcome: ids[digests[outcome]] for outcome in bodies}


def _ids(digests: list[str]) -> dict[str, int]:
    query = select(Outcome.digest, Outcome.id).where(Outcome.digest.in_(digests))
    return dict(db.session.execute(query).all())


def _insert(rows: dict[str, dict[str, Any]]) -> None:
    if not rows:
        return
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Outcome).on_conflict_do_nothing(index_elements=["digest"])
    db.session.execute(
        statement,
        [{"digest": key, "rulebook": found["notice"], "body": found} for key, found in rows.items()],
    )


def body(outcome: duties.Outcome) -> dict[str, Any]:
    """An outcome as data: message ids and roles, never finished sentences or names."""
    return {
        "notice": outcome.notice,
        "rule": outcome.rule,
        "duties": [
            None
            if duty is None
            else {
                "lead": duty.lead,
                "assists": list(duty.assists),
                "status": duty.status,
                "rule": duty.rule,
                "suggestion": duty.suggestion,
            }
            for duty in outcome.duties
        ],
        "walk": [
            {
                "rule": verdict.rule,
                "reference": verdict.reference,
                "seen": [[seen.message, seen.holds, list(seen.facts)] for seen in verdict.seen],
                "applies": verdict.applies,
                "overruled_by": verdict.overruled_by,
            }
            for verdict in outcome.verdicts
        ],
    }


def load(found: dict[str, Any]) -> duties.Outcome:
    """An outcome from its stored body."""
    return duties.Outcome(
        found["notice"],
        found["rule"],
        tuple(
            Verdict(
                walked["rule"],
                walked["reference"],
                tuple(Seen(message, holds, tuple(facts)) for message, holds, facts in walked["seen"]),
                walked["applies"],
                walked["overruled_by"],
            )
            for walked in found["walk"]
        ),
        tuple(
            None
            if duty is None
            else duties.Duty(
                Role(duty["lead"]),
                tuple(Role(role) for role in duty["assists"]),
                Status(duty["status"]),
                duty["rule"],
                Role(duty["suggestion"]) if duty["suggestion"] else None,
            )
            for duty in found["duties"]
        ),
    )


def digest(found: dict[str, Any]) -> str:
    """SHA-256 of an outcome's body, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(found, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
