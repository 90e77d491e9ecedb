"""A sheet on its way into the books: read once, understood, compared with the books, a short transaction a chunk.

An edge drives it: `begin`, then `stage` for each of `chunks`, then `finish`, each but `chunks` in a transaction of its own.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select, update

from crm import clock
from crm.db import db, insert_rows
from crm.errors import Stale
from crm.folding import folded
from crm.messages import N_
from crm.models import Import, Industry, StagedDecision, StagedFacts, StagedRow
from crm.periods import ALWAYS
from crm.rules.language import RulesConflict
from crm.rules.timeline import Stretch, stretches
from crm.services import attribution, projects
from crm.services.attribution import COLUMNS, Rulebook, rulebook
from crm.services.comparing import Known, digest_of, known_projects
from crm.services.projects import VERSIONED, Revision
from crm.sheets import limits
from crm.sheets.registry import Registry, RegistryRow
from crm.sheets.tables import CellError
from crm.sheets.vocabulary import Vocabulary

CHUNK = 2000
"""Rows staged in one transaction: a few tenths of a second."""

SHOWN = 200
"""Characters of a cell that are kept beside its error; the file itself has the rest."""

UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
NO_FACTS = dict.fromkeys(VERSIONED) | {"name": "", "above_scale_industrial": False}

in_order = itemgetter(*VERSIONED)
ROW = ("import_id", "row_number", "number", "action", "errors", "before", "project_id", "books_rows", "relinks",
       "introduces", "search_text", *VERSIONED)  # fmt: skip
FACTS_ROW = ("import_id", "row_number", "valid_from", "adds", "newest", *VERSIONED)
DECISION_ROW = ("import_id", "row_number", "from_day", *COLUMNS)

Line = tuple[Any, ...]
"""A row of a working table, its values in the order above."""

Decided = tuple[int, list[Stretch], list[tuple[date, attribution.Row]]]
"""A row's number, the timeline of its project, and what is stored of it from which day on."""


class Superseded(Stale):
    """The import was abandoned or started again meanwhile: whoever still works on it stops."""


class Chunk(NamedTuple):
    """Some rows in file order, each with its cells, what it says where nothing is wrong, and its errors."""

    rows: list[tuple[int, list[str], RegistryRow | None]]
    errors: dict[int, list[CellError]]


@dataclass
class Staging:
    """One attempt to stage an import. `named`: the enterprises that rows name, by code or else by name."""

    import_id: int
    attempt: int
    effective_from: date
    book: Rulebook
    registry: Registry
    head: list[str] = field(default_factory=list)
    problems: list[CellError] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    digest: Any = field(default_factory=hashlib.sha256)
    investors: dict[str, tuple[int, str]] = field(default_factory=dict)
    named: set[tuple[Any, Any]] = field(default_factory=set)

    def chunks(self, path: Path) -> Iterator[Chunk]:
        """The file's rows, some thousand at a time; asks the database nothing."""
        rows: list[tuple[int, list[str], RegistryRow | None]] = []
        for found in self.registry.read_all(self._with_head(limits.read(path))):
            rows.append(found)
            if len(rows) == CHUNK:
                yield self._chunk(rows)
                rows = []
        last = self._chunk(rows)
        if rows:
            yield last

    def _with_head(self, table: Iterable[list[str]]) -> Iterator[list[str]]:
        for row in table:
            if not self.head:
                self.head = [clean(cell) for cell in row]
            yield row

    def _chunk(self, rows: list[tuple[int, list[str], RegistryRow | None]]) -> Chunk:
        numbers = {number for number, _, _ in rows}
        errors: dict[int, list[CellError]] = {}
        for error in self.registry.errors:
            if error.row in numbers:
                errors.setdefault(error.row, []).append(error)
            else:
                self.problems.append(error)
        self.registry.errors = []
        return Chunk(rows, errors)

    def stage(self, chunk: Chunk) -> None:
        """Compares rows with the books and stages them. Raises Superseded."""
        known = known_projects([row.number for _, _, row in chunk.rows if row is not None])
        staged: list[Line] = []
        versions: list[Line] = []
        timelines: list[Decided] = []
        for number, cells, row in chunk.rows:
            errors = chunk.errors.get(number, [])
            if row is not None:
                errors += self._wrong_together(row)
            if row is None or errors:
                staged.append(self._wrong(number, cells, errors))
                continue
            try:
                staged.append(self._understood(row, known.get(row.number), versions, timelines))
            except RulesConflict as conflict:
                error = CellError(
                    number, "项目编号", N_("规则相互冲突：%(rules)s"), {"rules": "、".join(conflict.rules)}
                )
                staged.append(self._wrong(number, cells, [error]))
        self.counts.update(line[ROW.index("action")] for line in staged)
        self.report(
            staged_rows=self.counts.total(),
            **{f"{action}_rows": count for action, count in self.counts.items()},
        )
        insert_rows(StagedRow.__table__, ROW, staged)
        insert_rows(StagedFacts.__table__, FACTS_ROW, versions)
        insert_rows(StagedDecision.__table__, DECISION_ROW, self._decisions(timelines))

    def report(self, **values: Any) -> None:
        """Says that this attempt is alive and how far it is. Raises Superseded."""
        statement = update(Import).where(
            Import.id == self.import_id, Import.attempt == self.attempt, Import.status == "staging"
        )
        values["heartbeat_at"] = clock.real_now()
        done: Any = db.session.execute(
            statement.values(values), execution_options={"synchronize_session": False}
        )
        if done.rowcount != 1:
            raise Superseded(N_("本次导入已被放弃或已重新核对"))

    def _wrong_together(self, row: RegistryRow) -> list[CellError]:
        """What is wrong with a row that is right by itself: a name it cannot keep, an investor that another row contradicts."""
        found = []
        texts = {"项目编号": row.number, "项目名称": row.name, "投资企业": row.investor}
        # quick to ask, and true of nearly every row
        if not "".join(texts.values()).isprintable():
            for column, text in texts.items():
                if UNPRINTABLE.search(text):
                    found.append(CellError(row.row, column, N_("含有不可见的控制字符；请删除后重填"), {}))
        if row.credit_code and row.investor:
            first, name = self.investors.setdefault(row.credit_code, (row.row, row.investor))
            if name != row.investor and same_name(name) != same_name(row.investor):
                message = N_(
                    "与第%(first)s行是同一个统一社会信用代码，投资企业却是“%(other)s”；请统一企业名称，或核对信用代码"
                )
                found.append(CellError(row.row, "投资企业", message, {"first": str(first), "other": name}))
        return found

    def _wrong(self, number: int, cells: Sequence[str], errors: Iterable[CellError]) -> Line:
        named = {column.strip(): clean(cell) for column, cell in zip(self.head, cells, strict=False)}
        facts = NO_FACTS | {"name": named.get("项目名称") or ""}
        said = [stored(error, named.get(error.column, "")) for error in errors]
        place = (self.import_id, number, named.get("项目编号"))
        return (*place, "error", said, None, None, 0, False, False, None, *in_order(facts))

    def _understood(
        self,
        row: RegistryRow,
        known: Known | None,
        versions: list[Line],
        timelines: list[Decided],
    ) -> Line:
        """A row of the sheet as it is staged; what it does to later days and to decisions is added to the lists."""
        values = projects.values_of(row, self.book)
        values["credit_code"] = row.credit_code
        texts = (*row[1:6], row.total_investment_fen, *row.facts)
        self.digest.update(
            "\x1f".join(["" if text is None else str(text) for text in texts]).encode() + b"\x1e"
        )
        place, said = (self.import_id, row.row, row.number), in_order(values)
        if known is None:
            timelines.append((row.row, stretches([(ALWAYS, row.facts)], self.book.grounds), []))
            found_by = folded(row.name, row.investor, row.number)
            return (*place, "new", None, None, None, 0, True, self._introduces(values), found_by, *said)
        revision = projects.revise(known.versions, values, self.effective_from)
        in_books = (known.project_id, known.books_rows)
        if not revision.before:
            return (*place, "same", None, None, *in_books, False, False, None, *said)
        self._revised(row, known, revision, versions, timelines)
        before = {column: plain(value) for column, value in revision.before.items()}
        relinks = projects.names_another_enterprise(revision.newest, known.versions[-1])
        first = relinks and self._introduces(revision.newest)
        found_by = folded(revision.newest["name"], revision.newest["investor"], row.number)
        return (*place, "changed", None, before, *in_books, relinks, first, found_by, *said)

    def _introduces(self, values: dict[str, Any]) -> bool:
        """Is the enterprise that the facts name, if they do, named for the first time?"""
        code, name = values["credit_code"], values["investor"]
        named = (code, None if code else name)
        first = any(named) and named not in self.named
        self.named.add(named)
        return first

    def _revised(
        self,
        row: RegistryRow,
        known: Known,
        revision: Revision,
        versions: list[Line],
        timelines: list[Decided],
    ) -> None:
        """What a changed row makes of later days, and what is decided then."""
        facts = {version.valid_from: self.book.facts(version) for version in known.versions}
        facts[self.effective_from] = row.facts
        later = dict(revision.added[1:])
        for day, values in later.items():
            facts[day] = self.book.facts(StagedFacts(**values))
        last = known.versions[-1].valid_from
        if last > self.effective_from:
            for day, values in (later | {last: revision.newest}).items():
                place = (self.import_id, row.row, day)
                versions.append((*place, day in later, day == last, *in_order(values)))
        timeline = stretches(sorted(facts.items()), self.book.grounds)
        timelines.append((row.row, timeline, known.decisions))

    def _decisions(self, timelines: Sequence[Decided]) -> list[Line]:
        """What is to be added to the decisions that are stored; outcomes met for the first time are stored together."""
        self.book.remember(stretch.outcome for _, timeline, _ in timelines for stretch in timeline)
        return [
            (self.import_id, row_number, day, *row)
            for row_number, timeline, stored in timelines
            for day, row in attribution.missing(stored, self.book.decided(timeline))
        ]


def begin(import_: Import) -> Staging:
    """What an attempt needs to know of the books: their names and the rulebook."""
    book = rulebook()
    for named in (*book.units.values(), *book.areas.values()):
        # they are asked in every transaction to come, and what a commit expires is read again
        db.session.expunge(named)
    registry = Registry(vocabulary(book), for_books=True)
    staging = Staging(import_.id, import_.attempt, import_.effective_from, book, registry)
    staging.report(ground=digest_of(book))
    return staging


def vocabulary(book: Rulebook) -> Vocabulary:
    """The names the books know."""
    divisions = db.session.scalars(select(Industry.code).where(Industry.level == 2))
    units = (
        (unit.code, unit.kind, unit.name, [unit.full_name, *unit.aliases]) for unit in book.units.values()
    )
    return Vocabulary.of(units, (area.name for area in book.areas.values()), divisions)


def clean(text: str) -> str:
    """A cell's text as it can be stored and shown."""
    text = UNPRINTABLE.sub("\ufffd", text.strip())
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def stored(error: CellError, cell: str = "") -> dict[str, Any]:
    """An error as data: message and values, never a finished sentence."""
    values = {name: clean(value) for name, value in error.values.items()}
    return {
        "row": error.row,
        "column": clean(error.column),
        "cell": cell,
        "message": error.message,
        "values": values,
    }


def same_name(name: str) -> str:
    """A name without what people type differently: widths, spaces, capitals."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def plain(value: object) -> object:
    """A fact as JSON has it."""
    return value.isoformat() if isinstance(value, date) else value
