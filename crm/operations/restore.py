"""An archive back into an installation: checked whole before anything is touched, then put in place at one moment."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import make_url

from crm import config, models
from crm.errors import Refused
from crm.messages import N_
from crm.operations import archive, places, sqlite_books
from crm.operations.archive import Manifest
from crm.operations.postgresql_books import MEMBER as DUMP
from crm.operations.postgresql_books import Server
from crm.operations.schema import head, is_known

SESSIONS = "user_sessions"
SESSIONS_END = f"UPDATE {SESSIONS} SET ended_at = CURRENT_TIMESTAMP WHERE ended_at IS NULL"


def restore(
    settings: Mapping[str, object],
    file: Path,
    *,
    replace: bool = False,
    older: bool = False,
    end_sessions: bool = True,
) -> Manifest:
    """Puts an archive's books, files and key in the place of what is there; returns its manifest.

    Call it alone with the books. Books with rows in them are replaced only where `replace` says so, a schema older
    than this code is taken only where `older` says so; whoever was signed in when the backup was made must sign in
    again. Until the database changes hands, in one step, the books are as they were; before it come only files whose
    names nobody else has, after it the key. Raises Refused otherwise.
    """
    manifest = archive.verify(file)
    refuse_schema(manifest, older=older)
    books = target(settings, manifest)
    if not replace and not (sqlite_books.is_empty(books) if books else Server(settings).is_empty()):
        raise Refused(
            N_("%(place)s 里已有账套，没有改动：确要用备份取代它，请加 --replace（建议先 crm backup）"),
            place=books or make_url(str(settings["SQLALCHEMY_DATABASE_URI"])).render_as_string(),
        )
    statements = [SESSIONS_END] if end_sessions and SESSIONS in manifest.tables else []
    with archive.opened(file) as (packed, _):
        try:
            if books:
                _into_file(settings, packed, manifest, books, statements)
            else:
                _into_server(settings, packed, manifest, statements)
        except OSError as error:
            raise archive.cannot_write(Path(error.filename or file), error) from error
    return manifest


def refuse_schema(manifest: Manifest, *, older: bool) -> None:
    """Raises Refused where the archive's tables are newer than this code, or older and nobody said to take them."""
    if manifest.revision is None or not is_known(manifest.revision):
        raise Refused(
            N_("备份的结构（%(found)s）比程序新：请先升级程序，再恢复"), found=manifest.revision or "—"
        )
    if manifest.revision != head() and not older:
        raise Refused(
            N_("备份的结构（%(found)s）比程序（%(head)s）旧：请加 --migrate，恢复后随即升级"),
            found=manifest.revision,
            head=head(),
        )


def target(settings: Mapping[str, object], manifest: Manifest) -> Path | None:
    """The file that the archive's books belong into; none for books on a server.

    Raises Refused where the settings name a database of the other kind, or real books would hide a demonstration.
    """
    url = make_url(str(settings["SQLALCHEMY_DATABASE_URI"]))
    kind = "sqlite" if url.drivername.startswith("sqlite") else "postgresql"
    if kind != manifest.database:
        raise Refused(
            N_("备份来自 %(found)s，而 DATABASE_URL 指向 %(kind)s：两种数据库之间不能用备份互换"),
            found=manifest.database,
            kind=kind,
        )
    if kind != "sqlite":
        return None
    opened = Path(str(url.database))
    instance = Path(str(settings["INSTANCE"]))
    if opened != config.default_database(instance):
        return opened
    real = config.real_database(instance)
    if manifest.books == "real":
        return real
    if manifest.books == "demonstration" and real.exists():
        raise Refused(
            N_("备份是演示账套，而这里已有正式账套 %(file)s：请用 GUISHU_INSTANCE 指定另一目录"), file=real
        )
    return opened


def _into_file(
    settings: Mapping[str, object],
    packed: zipfile.ZipFile,
    manifest: Manifest,
    books: Path,
    statements: list[str],
) -> None:
    books.parent.mkdir(parents=True, exist_ok=True)
    prepared = books.with_name(books.name + ".restoring")
    prepared.unlink(missing_ok=True)
    try:
        archive.unpack(packed, sqlite_books.MEMBER, prepared)
        sqlite_books.run(prepared, statements)
        sqlite_books.close(books)
        _place(settings, packed, manifest, in_folders=True)
        os.replace(prepared, books)
    finally:
        prepared.unlink(missing_ok=True)
    _place(settings, packed, manifest, in_folders=False)


def _into_server(
    settings: Mapping[str, object], packed: zipfile.ZipFile, manifest: Manifest, statements: list[str]
) -> None:
    server = Server(settings)
    server.refuse_company()
    prepared = Path(str(settings["INSTANCE"])) / ".restoring"
    prepared.unlink(missing_ok=True)
    try:
        archive.unpack(packed, DUMP, prepared)
        _place(settings, packed, manifest, in_folders=True)
        rights = server.grants(manifest.tables, models.insert_only_tables())
        server.replace(prepared, [*statements, *rights])
    finally:
        prepared.unlink(missing_ok=True)
    _place(settings, packed, manifest, in_folders=False)


def _place(
    settings: Mapping[str, object], packed: zipfile.ZipFile, manifest: Manifest, *, in_folders: bool
) -> None:
    for name in manifest.members:
        place = places.of(settings, name)
        if place is None or ("/" in name) != in_folders:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f".{place.name}.restoring")
        part.unlink(missing_ok=True)
        archive.unpack(packed, name, part)
        os.replace(part, place)
