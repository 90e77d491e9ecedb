"""Finding projects by any characters of name, investor and number: kept up with every change, asked for ids.

A project entered or changed by itself is indexed at once. What an import brings waits in `search_pending`, where it is
found by looking through it, until `index_pending` has indexed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    column,
    delete,
    exists,
    func,
    literal,
    literal_column,
    select,
    table,
    text,
    union_all,
)

from crm.db import db
from crm.folding import asked, fold, folded, tokens
from crm.models import Project, ProjectText, SearchPending

AT_ONCE = 2_000
"""Projects indexed in one transaction."""

MOST_FOUND = 5_000
"""What is found more often than this is looked for in the order of the list, not by its ids."""

WINDOW, OFTEN = 1_000, 20
"""Where so many of the newest projects have the words, they are counted among the newest DEEP and not by the index, which
would list all that do."""

DEEP, ENOUGH = 50_000, 1_000
"""Nobody needs to know more exactly than that there are more than ENOUGH, in books with more projects than DEEP."""


# `rowid` is SQLite's name for what PostgreSQL has as a column.
_INDEX = {
    "sqlite": table("project_index", column("rowid")),
    "postgresql": table("project_index", column("project_id"), column("text")),
}


@dataclass(frozen=True)
class Found:
    """How many were found, and whether there are more than were counted."""

    number: int
    more: bool


@dataclass(frozen=True)
class Words:
    """What is looked for: words that all must occur, in any order and any field."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, given: str) -> Words:
        """The words of what a person typed."""
        return cls(tuple(dict.fromkeys(fold(given).split())))

    def __bool__(self) -> bool:
        return bool(self.words)

    @property
    def exact(self) -> bool:
        """Does the index alone tell which texts have the words? Of longer ones it knows the pairs only."""
        return all(len(word) <= 2 for word in self.words)

    def within(self, column: Any) -> ColumnElement[bool]:
        """The condition that a folded text has all words."""
        return and_(*(column.contains(word, autoescape=True) for word in self.words))

    @property
    def query(self) -> str:
        """The words in the language of the database's index."""
        wanted = sorted({token for word in self.words for token in asked(word)})
        mark, joined = ("'", " & ") if _on_postgresql() else ('"', " AND ")
        return joined.join(f"{mark}{token}{mark}" for token in wanted)


def found(words: Words) -> Select[Any]:
    """The ids of all projects that have the words, by the index, as a query; in no order."""
    index = _INDEX[db.session.get_bind().dialect.name]
    key, *texts = index.c
    matches = "tokens @@ CAST(:words AS tsquery)" if _on_postgresql() else "project_index MATCH :words"
    query = (
        select(key)
        .where(text(matches).bindparams(words=words.query))
        .where(~exists().where(SearchPending.project_id == key))
    )
    if not words.exact:
        # PostgreSQL has the text beside the tokens: looking it up elsewhere for thousands takes longer than finding them
        within = exists().where(ProjectText.project_id == key, words.within(ProjectText.text))
        query = query.where(words.within(texts[0]) if texts else within)
    waiting = select(SearchPending.project_id).join(
        ProjectText, ProjectText.project_id == SearchPending.project_id
    )
    both = union_all(query, waiting.where(words.within(ProjectText.text))).subquery()
    return select(both.c[0].label("id"))


def having(words: Words) -> ColumnElement[bool]:
    """The same as a condition on Project, for a query that goes through them in some order."""
    return exists().where(ProjectText.project_id == Project.id, words.within(ProjectText.text))


def folding(field: Any) -> ColumnElement[str]:
    """A column folded by the database: for texts of the past, which nothing keeps folded."""
    if _on_postgresql():
        return func.lower(func.normalize(field, literal_column("NFKC")))
    return func.folded(field)


def count(words: Words) -> Found:
    """How many projects have the words, up to MOST_FOUND; in large books, where many do, up to ENOUGH."""
    if _often(words) and _newest_having(words, DEEP, ENOUGH) == ENOUGH:
        return Found(ENOUGH, True)
    counted = found(words).limit(MOST_FOUND + 1).subquery()
    number = db.session.scalar(select(func.count()).select_from(counted)) or 0
    return Found(min(number, MOST_FOUND), number > MOST_FOUND)


def _often(words: Words) -> bool:
    return _newest() > DEEP and _newest_having(words, WINDOW, OFTEN) == OFTEN


def _newest() -> int:
    return db.session.scalar(select(func.max(ProjectText.project_id))) or 0


def _newest_having(words: Words, window: int, most: int) -> int:
    """How many of so many newest projects have the words, counted no further than `most`."""
    newest = select(ProjectText.text).order_by(ProjectText.project_id.desc()).limit(window).subquery()
    having = select(literal(1)).select_from(newest).where(words.within(newest.c.text)).limit(most).subquery()
    return db.session.scalar(select(func.count()).select_from(having)) or 0


def is_common(found: Found, *, alone: bool, rows: int) -> bool:
    """Does a page of so many rows come sooner by going through the projects in order than by all that were found?

    `alone`: is the list narrowed by the words and nothing else, which would make them rarer in it?
    """
    return found.more or (alone and found.number**2 > rows * _newest())


def index(project: Project) -> None:
    """Indexes a project as it is now, in the transaction of the change."""
    wanted = folded(project.name, project.investor, project.number)
    kept = db.session.get(ProjectText, project.id, with_for_update=True)
    if kept is not None and kept.text == wanted:
        return
    waiting = db.session.get(SearchPending, project.id, with_for_update=True)
    before = waiting.indexed if waiting else kept.text if kept else None
    if waiting:
        db.session.delete(waiting)
    if kept is None:
        db.session.add(ProjectText(project_id=project.id, text=wanted))
    else:
        kept.text = wanted
    db.session.flush()
    write([(project.id, before, wanted)])


def index_pending(limit: int = AT_ONCE) -> bool:
    """Indexes some of the projects that wait for it; whether there may be more. Whoever calls commits after each call."""
    query = (
        select(SearchPending.project_id, SearchPending.indexed, ProjectText.text)
        .join(ProjectText, ProjectText.project_id == SearchPending.project_id)
        .order_by(SearchPending.project_id)
        .limit(limit)
        .with_for_update(of=SearchPending, skip_locked=True)
    )
    rows = [(key, old, new) for key, old, new in db.session.execute(query)]
    if rows:
        write(rows)
        ids = [row[0] for row in rows]
        statement = delete(SearchPending).where(SearchPending.project_id.in_(ids))
        db.session.execute(statement, execution_options={"synchronize_session": False})
    return len(rows) == limit


def write(rows: Sequence[tuple[int, str | None, str]]) -> None:
    """Writes texts into the index: project, the text it has of it so far (none: none), the new one."""
    if _on_postgresql():
        db.session.execute(
            text(
                "INSERT INTO project_index (project_id, tokens, text) "
                "VALUES (:id, array_to_tsvector(CAST(:tokens AS text[])), :text) "
                "ON CONFLICT (project_id) DO UPDATE SET tokens = excluded.tokens, text = excluded.text"
            ),
            [{"id": key, "tokens": sorted(tokens(new)), "text": new} for key, _, new in rows],
        )
        return
    old = [{"id": key, "tokens": _line(was)} for key, was, _ in rows if was is not None]
    if old:
        # an index without content of its own forgets only what it is told again
        forget = "INSERT INTO project_index (project_index, rowid, tokens) VALUES ('delete', :id, :tokens)"
        db.session.execute(text(forget), old)
    db.session.execute(
        text("INSERT INTO project_index (rowid, tokens) VALUES (:id, :tokens)"),
        [{"id": key, "tokens": _line(new)} for key, _, new in rows],
    )


def _line(folded_text: str) -> str:
    return " ".join(sorted(tokens(folded_text)))


def _on_postgresql() -> bool:
    return db.session.get_bind().dialect.name == "postgresql"
