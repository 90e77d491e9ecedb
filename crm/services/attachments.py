"""附件: files of a record; a new version never takes the old one's place, and what was removed can be put back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from crm import clock, permissions
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refused, Stale
from crm.messages import N_
from crm.models import (
    OPEN_TRANSFERS,
    Attachment,
    AttachmentVersion,
    Lead,
    Project,
    Transfer,
    TransferFile,
    TransferItem,
    User,
)
from crm.permissions import leads_read_by, own_transfers, transfers_read_by, visible_to
from crm.services import history
from crm.storage import Storage, Stored

LONGEST_TITLE = 120
MOST = 200
"""Attachments of one record."""


@dataclass(frozen=True)
class Upload:
    """A file that is in the storage already, with the name and kind it came with."""

    file_name: str
    media_type: str
    stored: Stored


@dataclass(frozen=True)
class Subject:
    """A kind of record that can have attachments: its table, and which of them a person may see."""

    model: type[Any]
    visible: Callable[[User | None], Any]


SUBJECTS: dict[str, Subject] = {
    "projects": Subject(Project, visible_to),
    "leads": Subject(Lead, leads_read_by),
    "transfers": Subject(Transfer, transfers_read_by),
}
"""Table → its kind; a record that is to have attachments gets a line here and the panel on its page."""


def subject(kind: str, key: int, user: User | None, *, change: bool = False) -> Any:
    """The record, where the person may read its files, or with `change` add to them.

    Raises NotFound where there is no such record that the person may see, NotAllowed where its files are not for them.
    """
    if kind not in SUBJECTS:
        raise NotFound()
    found = SUBJECTS[kind]
    row = db.session.scalar(select(found.model).where(found.model.id == key, found.visible(user)))
    if row is None:
        raise NotFound()
    if not may(user, row, change=change):
        raise NotAllowed(N_("附件只对承办单位和审核、领导开放"))
    return row


def may(user: User | None, row: Project | Lead | Transfer, *, change: bool = False) -> bool:
    """May the person read the files of this record, or with `change` add to them? A transfer's list is closed with it."""
    if change and isinstance(row, Transfer) and not row.is_open:
        return False
    return permissions.may(user, "attachment:add" if change else "attachment:read", row)


def of(row: Any) -> list[Attachment]:
    """A record's attachments with all their versions, newest first, removed ones too: two statements."""
    query = select(Attachment).where(
        Attachment.subject_type == row.__tablename__,
        Attachment.subject_id == row.id,
    )
    query = query.options(selectinload(Attachment.versions).joinedload(AttachmentVersion.actor))
    return list(db.session.scalars(query.order_by(Attachment.id.desc())))


def there(row: Any) -> list[Attachment]:
    """A record's attachments that were not removed, newest first: one statement."""
    query = select(Attachment).where(
        Attachment.subject_type == row.__tablename__, Attachment.subject_id == row.id, ~Attachment.removed
    )
    query = query.options(joinedload(Attachment.versions).joinedload(AttachmentVersion.actor))
    return list(db.session.scalars(query.order_by(Attachment.id.desc())).unique())


def by_id(key: int, user: User | None, *, change: bool = False) -> tuple[Attachment, Any]:
    """An attachment and its record; raises NotFound or NotAllowed as subject() does."""
    found = db.session.get(Attachment, key)
    if found is None:
        raise NotFound()
    if not change and handed_over(found, user):
        return found, db.session.get(SUBJECTS[found.subject_type].model, found.subject_id)
    return found, subject(found.subject_type, found.subject_id, user, change=change)


def handed_over(attachment: Attachment, user: User | None) -> bool:
    """Is the file on the handover list of a transfer to or from the person's unit, open or confirmed? One statement."""
    query = (
        select(Transfer.id)
        .join(TransferItem, TransferItem.transfer_id == Transfer.id)
        .join(TransferFile, TransferFile.item_id == TransferItem.id)
        .where(TransferFile.attachment_id == attachment.id, ~TransferItem.removed)
        .where(Transfer.state.in_((*OPEN_TRANSFERS, "confirmed")))
        .where(own_transfers(user), transfers_read_by(user))
    )
    return permissions.allowed(user, "attachment:read") and db.session.scalar(query.limit(1)) is not None


def version(attachment: Attachment, number: int) -> AttachmentVersion:
    """One version of an attachment; raises NotFound."""
    for one in attachment.versions:
        if one.number == number:
            return one
    raise NotFound()


def add(row: Any, uploads: Sequence[Upload], *, title: str, actor: User | None) -> list[Attachment]:
    """Attaches files to a record, each under its name, or a single one under `title`.

    Raises Refused where the same content is attached already, and where the record has too many.
    """
    there = [one for one in of(row) if not one.removed]
    if len(there) + len(uploads) > MOST:
        raise Refused(N_("一条记录最多%(most)s个附件"), field="file", most=MOST)
    known = {one.newest.sha256: one for one in there}
    for upload in uploads:
        if same := known.get(upload.stored.sha256):
            raise Refused(
                N_("“%(file)s”与附件“%(title)s”内容相同，没有重复保存"),
                field="file",
                file=upload.file_name,
                title=same.title,
            )
        known[upload.stored.sha256] = Attachment(title=upload.file_name)
    added = []
    for upload in uploads:
        attachment = Attachment(
            subject_type=row.__tablename__,
            subject_id=row.id,
            title=_title(title if len(uploads) == 1 and title else upload.file_name),
            removed=False,
        )
        db.session.add(attachment)
        db.session.flush()
        _add_version(attachment, 1, upload, actor)
        _record("attachment.added", attachment, row, actor, sha256=upload.stored.sha256)
        added.append(attachment)
    return added


def renew(attachment: Attachment, row: Any, upload: Upload, *, seen: int, actor: User | None) -> None:
    """Adds a version; `seen` is the attachment's version the person saw. Raises Stale, and Refused for the same content."""
    _check(attachment, seen)
    if attachment.newest.sha256 == upload.stored.sha256:
        raise Refused(N_("内容与现有版本相同，没有保存新版本"), field="file")
    number = attachment.newest.number + 1
    _add_version(attachment, number, upload, actor)
    # so that whoever saw the version before is told
    attachment.version = attachment.version + 1
    _record("attachment.renewed", attachment, row, actor, number=number, sha256=upload.stored.sha256)


def rename(attachment: Attachment, row: Any, title: str, *, seen: int, actor: User | None) -> None:
    """Gives an attachment another title. Raises Stale and Refused."""
    _check(attachment, seen)
    attachment.title = _title(title)
    _record("attachment.renamed", attachment, row, actor)


def remove(attachment: Attachment, row: Any, *, seen: int, actor: User | None) -> None:
    """Takes an attachment off its record; its versions are kept. Raises Stale."""
    _check(attachment, seen)
    attachment.removed = True
    _record("attachment.removed", attachment, row, actor)


def restore(attachment: Attachment, row: Any, *, seen: int, actor: User | None) -> None:
    """Puts a removed attachment back. Raises Stale."""
    _check(attachment, seen, removed=True)
    attachment.removed = False
    _record("attachment.restored", attachment, row, actor)


def sweep(storage: Storage, *, most: int = 1_000) -> int:
    """Deletes files that no version names, left by uploads that were cut off more than a day ago; returns how many."""
    horizon = clock.real_now() - timedelta(days=1)
    old = [name for name, changed in storage.names() if changed is not None and _before(changed, horizon)]
    deleted = 0
    for start in range(0, len(old), most):
        part = old[start : start + most]
        query = select(AttachmentVersion.stored_as).where(AttachmentVersion.stored_as.in_(part))
        for name in sorted(set(part) - set(db.session.scalars(query))):
            storage.delete(name)
            deleted += 1
    return deleted


def _before(changed: Any, horizon: Any) -> bool:
    return (changed if isinstance(changed, (int, float)) else changed.timestamp()) < horizon.timestamp()


def _check(attachment: Attachment, seen: int, *, removed: bool = False) -> None:
    if attachment.version != seen or attachment.removed != removed:
        raise Stale(N_("这个附件刚被他人更新，请看过现在的版本再操作"))


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not title:
        raise Refused(N_("请填写附件名称"), field="title")
    if len(title) > LONGEST_TITLE:
        raise Refused(N_("附件名称最多%(most)s个字符"), field="title", most=LONGEST_TITLE)
    return title


def _add_version(attachment: Attachment, number: int, upload: Upload, actor: User | None) -> None:
    db.session.add(
        AttachmentVersion(
            attachment_id=attachment.id,
            number=number,
            file_name=upload.file_name,
            media_type=upload.media_type,
            size=upload.stored.size,
            sha256=upload.stored.sha256,
            stored_as=upload.stored.name,
            actor_id=actor.id if actor else None,
        )
    )
    db.session.flush()


def _record(action: str, attachment: Attachment, row: Any, actor: User | None, **detail: object) -> None:
    history.record(action, row, actor=actor, attachment=attachment.id, name=attachment.title, **detail)


def names_in_use() -> Iterable[str]:
    """The storage name of every version, for those who copy or check the storage."""
    return db.session.scalars(select(AttachmentVersion.stored_as).execution_options(yield_per=1_000))
