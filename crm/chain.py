"""The chain of the log: every entry carries the digest of the one before it, and its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

FIRST = "guishu-audit-1"
"""What stands before the first entry, where there is no digest yet."""


def plain(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The detail as the database gives it back: lists for tuples, texts for numbers that were names."""
    found: dict[str, Any] = json.loads(json.dumps(detail))
    return found


def digest(
    previous: str,
    *,
    at: datetime,
    business_day: date,
    actor_id: int | None,
    action: str,
    subject_type: str | None,
    subject_id: int | None,
    detail: Mapping[str, Any],
) -> str:
    """SHA-256 (hexadecimal) of the digest before it and of an entry's own fields, written in one way only.

    Every entry ever written was digested so: to change this is to break every chain there is.
    """
    fields = {
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "business_day": business_day.isoformat(),
        "actor": actor_id,
        "action": action,
        "subject": [subject_type, subject_id],
        "detail": detail,
    }
    return hashlib.sha256(f"{previous}\n{_canonical(fields)}".encode("ascii")).hexdigest()


def digest_of_rows(rows: Iterable[Any]) -> str:
    """SHA-256 (hexadecimal) of the rows of a batch in their order, for the one entry that stands for all of them."""
    found = hashlib.sha256()
    for row in rows:
        found.update(f"{_canonical(row)}\n".encode("ascii"))
    return found.hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str)
