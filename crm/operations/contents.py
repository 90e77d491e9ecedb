"""Checks of what is in the books, and of the files that they name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from crm import chain, clock, running, secrecy
from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import AttachmentVersion, AuditEvent, Import
from crm.operations.findings import Finding, remark, wrong
from crm.services import books, contacts, jobs, standing
from crm.storage import Storage

SHOWN = 3
"""Names in one sentence."""

TAIL = 200
"""Entries of the log that are looked at; `crm audit verify` looks at all."""

OPEN = ("staging", "checked")
"""States of an import that still needs its file."""


def opened(app: Flask) -> Iterator[Finding]:
    """Have the books been opened?"""
    if books.books() is None:
        yield wrong(N_("账套尚未启用"), N_("运行 crm seed 启用正式账套，或用 crm restore 恢复备份"))


def uploads(app: Flask) -> Iterator[Finding]:
    """Is every uploaded sheet there that the books name?"""
    folder = Path(str(app.config["UPLOADS"]))
    present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    named = db.session.execute(select(Import.sha256, Import.file_name, Import.status)).all()
    missing = [(name, status) for sha256, name, status in named if sha256 not in present]
    if missing:
        # What was applied is in the books; only the sheet it came from can no longer be shown.
        found = wrong if any(status in OPEN for _, status in missing) else remark
        yield found(
            N_("%(count)s个上传的登记表不在 %(folder)s 里：%(names)s"),
            N_("从备份找回 uploads 目录；还没有写入账套的，请重新上传"),
            count=len(missing),
            folder=folder,
            names="、".join(name for name, _ in missing[:SHOWN]),
        )


def attachments(app: Flask) -> Iterator[Finding]:
    """Is every attached file there that the books name?"""
    present = {name for name, _ in Storage(str(app.config["FILES"])).names()}
    named = db.session.execute(select(AttachmentVersion.stored_as, AttachmentVersion.file_name)).all()
    missing = [file_name for stored_as, file_name in named if stored_as not in present]
    if missing:
        yield wrong(
            N_("%(count)s个附件不在 %(folder)s 里：%(names)s"),
            N_("从备份找回附件目录（files）；再检查磁盘和 GUISHU_FILES 的设置"),
            count=len(missing),
            folder=app.config["FILES"],
            names="、".join(missing[:SHOWN]),
        )


def contact_key(app: Flask) -> Iterator[Finding]:
    """Is the key of telephone numbers and mail addresses there, the right one, and nobody else's to read?"""
    path = Path(str(app.config["CONTACT_KEY_FILE"]))
    if os.name != "nt" and path.exists() and path.stat().st_mode & 0o077:
        yield wrong(
            N_("其他用户可以读取密钥 %(file)s"),
            N_("收紧权限：chmod 600 文件；若可能已泄露，按运维手册更换联系方式的密钥"),
            file=path,
        )
    try:
        if secrecy.has_key():
            secrecy.conceal("0")
        for _key, text in contacts.concealed():
            secrecy.reveal(text)
    except Refused:
        yield wrong(
            N_("联系方式无法解密：密钥 %(file)s 缺失、无效，或不是登记时的那一个"),
            N_(
                "从备份找回它，或核对 GUISHU_CONTACT_KEYS；不要另造新密钥代替，账里的电话和邮箱只有原来的密钥能读"
            ),
            file=path,
        )


def worker(app: Flask) -> Iterator[Finding]:
    """Does anybody do the work that is queued?"""
    if jobs.workers_alive():
        return
    if running.is_served(app.config["INSTANCE"]):
        yield wrong(
            N_("后台任务没有在运行：导入和每日结转都不会进行"),
            N_("启动它：systemctl start guishu-worker，或重新启动 crm run"),
        )
    else:
        yield remark(N_("程序没有在运行"), N_("启动它：systemctl start guishu guishu-worker，或 crm run"))


def decided_today(_app: Flask) -> Iterator[Finding]:
    """Does what stands beside the projects hold today?"""
    today = clock.today()
    if not standing.is_of(today):
        yield wrong(
            N_("项目的当前归属还没有结转到 %(day)s"),
            N_("后台任务每天自动结转：先让它运行几分钟再检查"),
            day=today.isoformat(),
        )


def log_tail(_app: Flask) -> Iterator[Finding]:
    """Does each of the last entries of the log follow the one before it?"""
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(TAIL)
    later: str | None = None
    for event in db.session.scalars(query):
        own = chain.digest(
            event.previous,
            at=event.at,
            business_day=event.business_day,
            actor_id=event.actor_id,
            action=event.action,
            subject_type=event.subject_type,
            subject_id=event.subject_id,
            detail=event.detail,
        )
        if own != event.digest or later not in (None, event.digest):
            yield wrong(
                N_("日志从第%(id)s条起与记录时不符"),
                N_("有人改动过数据库：保留现状以备查，运行 crm audit verify 找出第一条，再用之前的备份恢复"),
                id=event.id,
            )
            return
        later = event.previous
