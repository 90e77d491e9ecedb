"""国民经济行业分类: the standard's codes and names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import case, insert, or_, select
from sqlalchemy.orm import aliased

from crm import chain
from crm.db import db
from crm.folding import fold
from crm.models import Industry, User
from crm.services import history


def industry(code: str) -> Industry | None:
    """The section, division, group or class with this code; none where the standard has none."""
    return db.session.get(Industry, code)


def class_named(name: str) -> Industry | None:
    """The class with exactly this name; none where no class or more than one has it."""
    found = list(db.session.scalars(select(Industry).where(Industry.level == 4, Industry.name == name)))
    return found[0] if len(found) == 1 else None


def search(text: str, *, limit: int) -> list[Industry]:
    """The classes that every word of the text names: by how their code begins, by characters of their name or of their
    group's, by pinyin (qiche), or by the first letters of it (qc). Those that begin so come first, then by code.
    """
    group = aliased(Industry)
    query = select(Industry).outerjoin(group, group.code == Industry.parent).where(Industry.level == 4)
    parts = fold(text).replace("ü", "v").split()
    for part in parts:
        named = [
            Industry.code.startswith(part, autoescape=True),
            Industry.name.icontains(part, autoescape=True),
            group.name.icontains(part, autoescape=True),
        ]
        if part.isascii() and part.isalpha():
            named += [Industry.pinyin.contains(part), Industry.initials.contains(part)]
        query = query.where(or_(*named))
    if parts:
        first = parts[0]
        begins = [
            column.startswith(first, autoescape=True)
            for column in (Industry.code, Industry.name, Industry.pinyin, Industry.initials)
        ]
        query = query.order_by(case((or_(*begins), 0), else_=1))
    return list(db.session.scalars(query.order_by(Industry.code).limit(limit)))


def spelt(name: str) -> tuple[str, str]:
    """A name in pinyin without tones and spaces, and the first letters of its characters; what is no character is left out."""
    # The dictionaries are large: they are read when a list is loaded, not when the program starts.
    from pypinyin import lazy_pinyin

    syllables = [syllable for syllable in lazy_pinyin(name, errors="ignore") if syllable]
    return "".join(syllables), "".join(syllable[0] for syllable in syllables)


def by_text(text: str) -> Industry | None:
    """The one with this code, or this name, or the only one whose name has the text in it; a code may lead a name."""
    code = text.split()[0].upper() if text.strip() else ""
    found = db.session.get(Industry, code)
    if found is None and text:
        query = select(Industry).where(Industry.name.contains(text, autoescape=True))
        named = list(db.session.scalars(query.order_by(Industry.level, Industry.code).limit(200)))
        exact = [one for one in named if one.name == text]
        found = exact[0] if exact else named[0] if len(named) == 1 else None
    return found


def upper_levels() -> list[Industry]:
    """Sections and divisions, by section."""
    query = select(Industry).where(Industry.level <= 2)
    return list(db.session.scalars(query.order_by(Industry.section, Industry.level, Industry.code)))


def names_of(codes: Iterable[str]) -> dict[str, str]:
    """Code → name, of those that the standard has."""
    wanted = sorted(set(codes))
    query = select(Industry.code, Industry.name).where(Industry.code.in_(wanted))
    return dict(db.session.execute(query).all()) if wanted else {}


def all_industries() -> list[Industry]:
    """The whole standard, by code."""
    return list(db.session.scalars(select(Industry).order_by(Industry.code)))


def load_industries(rows: Sequence[dict[str, object]], *, actor: User | None) -> int:
    """Adds rows of the standard (code, name, level, parent, section), parents first; returns how many."""
    if rows:
        named = [(row, spelt(str(row["name"]))) for row in rows]
        db.session.execute(
            insert(Industry), [{**row, "pinyin": whole, "initials": first} for row, (whole, first) in named]
        )
    rows_sha256 = chain.digest_of_rows(rows)
    history.record("industry.loaded", actor=actor, rows=len(rows), rows_sha256=rows_sha256)
    return len(rows)
