"""Names by which duplicates are looked for: kept up with every lead and enterprise, asked for those that are alike.

Whoever enters or renames one has it indexed at once; what an import brings waits with no key until `index_pending` has
come by. A name is kept once, however many have it, and stays when they are gone: it may come again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import bindparam, func, literal, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from crm import company_names
from crm.db import db
from crm.models import Enterprise, Lead, NameKey, NamePair

AT_ONCE = 2_000
"""Enterprises indexed in one transaction."""

SHORTEST = 3
"""Characters of a name that is compared with others; shorter ones are alike only where they are the same."""

COUNTED = 1_000
"""A pair that so many names have is common; how common is not asked."""

ASKED = 4_000
"""Names looked at for one question, those with the rarest pairs first."""

KEPT = 300
"""Of them so many, those that share most pairs, are compared."""


def index_lead(lead: Lead) -> None:
    """Gives a lead the keys of its name and investor as they are now, and has the name found; before or after a flush."""
    lead.name_key = company_names.key(lead.name)
    lead.investor_key = company_names.key(lead.investor or "")
    add([lead.name_key])


def index_enterprise(enterprise: Enterprise) -> None:
    """Gives an enterprise the key of its name as it is now, and has it found."""
    enterprise.name_key = company_names.key(enterprise.name)
    db.session.flush()
    add([enterprise.name_key])


def index_pending(limit: int = AT_ONCE) -> bool:
    """Indexes some of the enterprises that wait for it; whether there may be more. Whoever calls commits after each call."""
    query = select(Enterprise.id, Enterprise.name).where(Enterprise.name_key.is_(None))
    query = query.order_by(Enterprise.id).limit(limit).with_for_update(skip_locked=True, key_share=True)
    rows = db.session.execute(query).all()
    keys = {id_: company_names.key(name) for id_, name in rows}
    if keys:
        table: Any = Enterprise.__table__
        # what was worked out is no change that a form has to hear of: the version stays
        keyed = update(table).where(table.c.id == bindparam("row")).values(name_key=bindparam("key"))
        db.session.connection().execute(keyed, [{"row": id_, "key": key} for id_, key in keys.items()])
        add(keys.values())
    return len(rows) == limit


def add(keys: Iterable[str]) -> None:
    """Has these normalised names found from now on; those that are known already cost one statement."""
    wanted = sorted({key for key in keys if len(key) >= SHORTEST})
    known = set(db.session.scalars(select(NameKey.key).where(NameKey.key.in_(wanted)))) if wanted else set()
    new = [key for key in wanted if key not in known]
    if not new:
        return
    # in order, so that of two who add the same names neither waits for the other's
    _insert(NameKey, [{"key": key} for key in new])
    ids = db.session.execute(select(NameKey.key, NameKey.id).where(NameKey.key.in_(new))).all()
    _insert(NamePair, [{"pair": pair, "key_id": id_} for key, id_ in ids for pair in pairs(key)])


def alike(key: str, least: int) -> dict[str, int]:
    """The known names that are like this one by at least so many per cent, itself left out, with the per cent.

    By the longest characters in common, in their order, over the length of both (`fuzz.ratio`): every character
    counts once, whichever name is asked about, and a name inside a longer one is not the same. At most two statements.
    """
    if len(key) < SHORTEST:
        return {}
    candidates = _candidates(sorted(pairs(key)))
    found = process.extract(key, candidates, scorer=fuzz.ratio, score_cutoff=least, limit=None)
    # rounded down: 84.9 per cent are not 85
    return {name: int(score) for name, score, _ in found if name != key}


def similarity(one: str, other: str) -> int:
    """How alike two normalised names are, in whole per cent, rounded down; the same way `alike` says it."""
    return int(fuzz.ratio(one, other))


def pairs(key: str) -> set[int]:
    """Every two characters that stand side by side, as one number each."""
    return {(ord(one) << 21) | ord(other) for one, other in pairwise(key)}


def _candidates(wanted: Sequence[int]) -> Sequence[str]:
    """Names that share pairs with what is asked about: as many as ASKED, by the rarest pairs, and those with most."""
    counted = [
        select(literal(pair).label("pair"), func.count().label("names")).select_from(
            select(NamePair.key_id).where(NamePair.pair == pair).limit(COUNTED).subquery()
        )
        for pair in wanted
    ]
    often: dict[int, int] = {pair: names for pair, names in db.session.execute(union_all(*counted)) if names}
    asked: list[Any] = []
    left = ASKED
    for pair in sorted(often, key=lambda pair: (often[pair], pair)):
        if left <= 0:
            break
        asked.append(
            select(select(NamePair.key_id).where(NamePair.pair == pair).limit(left).subquery().c.key_id)
        )
        left -= often[pair]
    if not asked:
        return ()
    hits = union_all(*asked).subquery()
    best = (
        select(hits.c.key_id).group_by(hits.c.key_id).order_by(func.count().desc(), hits.c.key_id).limit(KEPT)
    ).subquery()
    return list(db.session.scalars(select(NameKey.key).join(best, best.c.key_id == NameKey.id)))


def _insert(model: type[NameKey] | type[NamePair], rows: Sequence[dict[str, Any]]) -> None:
    dialect: Any = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    # what somebody else adds in the same moment is there
    db.session.execute(dialect.insert(model.__table__).on_conflict_do_nothing(), rows)
