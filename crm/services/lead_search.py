"""Finding leads by any characters of name, investor and number: kept up with every change, asked for ids."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, Select, column, exists, func, literal, select, table, text

from crm.db import db
from crm.folding import folded, tokens
from crm.models import Lead, LeadText
from crm.services.search import OFTEN, WINDOW, Words

MOST_FOUND = 5_000
"""Counting those found stops here."""

BY_ID = 1_000
"""What is found more often than this is looked for in the order of the list, not by its ids."""

NUMBER = re.compile(r"xs\d*")

# `rowid` is SQLite's name for what PostgreSQL has as a column.
_INDEX = {
    "sqlite": table("lead_index", column("rowid")),
    "postgresql": table("lead_index", column("lead_id"), column("text")),
}


def is_number(words: Words) -> bool:
    """Is it a lead's number that is looked for, or how one begins? That tells nothing of a lead's contents."""
    return bool(words) and all(NUMBER.fullmatch(word) for word in words.words)


def found(words: Words) -> Select[Any]:
    """The ids of all leads that have the words, by the index, as a query; in no order."""
    key, *texts = _INDEX[db.session.get_bind().dialect.name].c
    matches = "tokens @@ CAST(:words AS tsquery)" if _on_postgresql() else "lead_index MATCH :words"
    query = select(key.label("id")).where(text(matches).bindparams(words=words.query))
    if words.exact:
        return query
    within = exists().where(LeadText.lead_id == key, words.within(LeadText.text))
    return query.where(words.within(texts[0]) if texts else within)


def having(words: Words) -> ColumnElement[bool]:
    """The same as a condition on Lead, for a query that goes through them in some order."""
    return exists().where(LeadText.lead_id == Lead.id, words.within(LeadText.text))


def count(words: Words) -> int:
    """How many leads have the words; one more than MOST_FOUND where there are more."""
    counted: Any = found(words)
    if _on_postgresql() and _often(words):
        # its index lists all that have them before any is counted
        counted = select(literal(1)).where(words.within(LeadText.text)).select_from(LeadText)
    return db.session.scalar(select(func.count()).select_from(counted.limit(MOST_FOUND + 1).subquery())) or 0


def index(lead: Lead) -> None:
    """Indexes a lead as it is now, in the transaction of the change; flush it first."""
    wanted = folded(lead.name, lead.investor, lead.number)
    kept = db.session.get(LeadText, lead.id)
    if kept is not None and kept.text == wanted:
        return
    before = kept.text if kept else None
    if kept is None:
        db.session.add(LeadText(lead_id=lead.id, text=wanted))
    else:
        kept.text = wanted
    if _on_postgresql():
        db.session.execute(
            text(
                "INSERT INTO lead_index (lead_id, tokens, text) "
                "VALUES (:id, array_to_tsvector(CAST(:tokens AS text[])), :text) "
                "ON CONFLICT (lead_id) DO UPDATE SET tokens = excluded.tokens, text = excluded.text"
            ),
            {"id": lead.id, "tokens": sorted(tokens(wanted)), "text": wanted},
        )
        return
    if before is not None:
        # an index without content of its own forgets only what it is told again
        forget = "INSERT INTO lead_index (lead_index, rowid, tokens) VALUES ('delete', :id, :tokens)"
        db.session.execute(text(forget), {"id": lead.id, "tokens": _line(before)})
    entry = "INSERT INTO lead_index (rowid, tokens) VALUES (:id, :tokens)"
    db.session.execute(text(entry), {"id": lead.id, "tokens": _line(wanted)})


def _often(words: Words) -> bool:
    newest = select(LeadText.text).order_by(LeadText.lead_id.desc()).limit(WINDOW).subquery()
    hits = select(func.count()).select_from(newest).where(words.within(newest.c.text))
    return (db.session.scalar(hits) or 0) >= OFTEN


def _line(folded_text: str) -> str:
    return " ".join(sorted(tokens(folded_text)))


def _on_postgresql() -> bool:
    return db.session.get_bind().dialect.name == "postgresql"
