"""Checks of the database and its tables. Each reads; none writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from crm import models
from crm.db import Base, db
from crm.messages import N_
from crm.operations.findings import Finding, wrong
from crm.operations.schema import head

DRIFT = timedelta(minutes=1)
SHOWN = 5
"""Names in one sentence."""


def is_sqlite() -> bool:
    """Are the books in a file?"""
    return db.engine.dialect.name == "sqlite"


def reachable(app: Flask) -> Iterator[Finding]:
    """Does the database answer?"""
    try:
        db.session.execute(text("SELECT 1"))
    except DBAPIError as error:
        yield wrong(
            N_("无法打开数据库 %(url)s：%(reason)s"),
            N_("检查 DATABASE_URL，数据库是否启动，密码与网络是否正确"),
            url=db.engine.url.render_as_string(hide_password=True),
            reason=first_line(error),
        )


def can_write() -> bool:
    """May rows be written, as far as that can be told without writing any?"""
    if not is_sqlite():
        asked = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean"
        return not db.session.execute(text(asked)).scalar_one()
    file = Path(str(db.engine.url.database))
    return os.access(file, os.W_OK) and os.access(file.parent, os.W_OK | os.X_OK)


def writable(app: Flask) -> Iterator[Finding]:
    """May rows be written?"""
    if not can_write():
        yield wrong(
            N_("数据库只能读，不能写"),
            N_("SQLite：把文件和它所在的目录交给运行本程序的用户；PostgreSQL：连到主库，取消只读设置"),
        )


def journal(app: Flask) -> Iterator[Finding]:
    """Do readers and the writer keep out of each other's way, and are references checked?"""
    if not is_sqlite():
        return
    mode = str(db.session.execute(text("PRAGMA journal_mode")).scalar_one())
    if mode != "wal":
        yield wrong(
            N_("数据库的日志模式是 %(mode)s，不是 WAL：有人写入时别人打不开页面"),
            N_("把数据库放在本机磁盘上（网络盘不支持 WAL），再重新启动"),
            mode=mode,
        )
    if not db.session.execute(text("PRAGMA foreign_keys")).scalar_one():
        yield wrong(N_("外键检查没有打开"), N_("换用带外键支持的 SQLite（Python 官方安装包即可）"))


def integrity(app: Flask) -> Iterator[Finding]:
    """Is the file sound, and does every reference lead somewhere?"""
    if not is_sqlite():
        return
    remedy = N_("停止程序，用最近一次完好的备份恢复：crm restore --replace 文件")
    said = db.session.execute(text("PRAGMA quick_check(3)")).scalars().all()
    if said != ["ok"]:
        yield wrong(N_("数据库文件有损坏：%(reason)s"), remedy, reason="; ".join(said))
        return
    broken = db.session.execute(text("PRAGMA foreign_key_check")).fetchmany(SHOWN)
    if broken:
        yield wrong(
            N_("有指向空处的引用：%(tables)s"),
            remedy,
            tables=", ".join(sorted({f"{row[0]} → {row[2]}" for row in broken})),
        )


def schema(app: Flask) -> Iterator[Finding]:
    """Are the tables those of this code?"""
    try:
        found = db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    except DBAPIError:
        db.session.rollback()
        found = None
    if found != head():
        yield wrong(
            N_("数据库结构是 %(found)s，程序要 %(head)s"),
            N_("停止程序，运行 crm upgrade；若结构比程序新，请安装更新的程序"),
            found=found or "—",
            head=head(),
        )


def reading(app: Flask) -> Iterator[Finding]:
    """Can every table be read with the columns that this code knows?"""
    for mapper in sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__):
        try:
            db.session.execute(select(mapper.local_table).limit(1)).first()
        except DBAPIError as error:
            db.session.rollback()
            yield wrong(
                N_("读不出表 %(table)s：%(reason)s"),
                N_("运行 crm upgrade；PostgreSQL 还请检查程序所用角色的权限（crm migrate 会重新授权）"),
                table=str(mapper.local_table),
                reason=first_line(error),
            )


def triggers(app: Flask) -> Iterator[Finding]:
    """Does the database itself refuse to change history?"""
    if is_sqlite():
        verbs, asked = ("update", "delete"), "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        verbs = ("change", "truncate")
        asked = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    present = set(db.session.execute(text(asked)).scalars())
    missing = [
        table
        for table in sorted(models.insert_only_tables())
        if any(f"{table}_no_{verb}" not in present for verb in verbs)
    ]
    if missing:
        yield wrong(
            N_("历史表缺少禁止修改的触发器：%(tables)s"),
            N_("有人改动过数据库：保留现状以备查，再用改动之前的备份恢复"),
            tables=", ".join(missing),
        )


def roles(app: Flask) -> Iterator[Finding]:
    """On a server: may the role of the program neither change history nor switch its triggers off?"""
    if is_sqlite():
        return
    owned = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user"
    powerful = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    if (
        db.session.execute(text(owned)).scalar_one()
        or db.session.execute(text(powerful)).scalar_one_or_none()
    ):
        yield wrong(
            N_("程序所用的角色 %(role)s 拥有数据表或是超级用户，能够改写历史"),
            N_("分设两个角色：DATABASE_OWNER_URL 拥有表，DATABASE_URL 只供程序使用，再运行 crm migrate"),
            role=db.engine.url.username,
        )


def clock(app: Flask) -> Iterator[Finding]:
    """Has the clock not gone back since the last entry, and does it agree with the server's?"""
    now = datetime.now(UTC)
    last = db.session.scalar(select(func.max(models.AuditEvent.at)))
    if last is not None and last > now + DRIFT:
        yield wrong(
            N_("本机时钟（%(now)s）早于账里最后一笔记录（%(last)s）"),
            N_("校准时钟（timedatectl set-ntp true），再启动程序"),
            now=f"{now:%Y-%m-%d %H:%M}Z",
            last=f"{last:%Y-%m-%d %H:%M}Z",
        )
    if not is_sqlite():
        there = db.session.execute(text("SELECT clock_timestamp()")).scalar_one()
        if abs(there - now) > DRIFT:
            yield wrong(
                N_("本机与数据库服务器的时钟相差%(seconds)s秒"),
                N_("两台机器都校准时钟：timedatectl set-ntp true"),
                seconds=round(abs(there - now).total_seconds()),
            )


def first_line(error: DBAPIError) -> str:
    """What the database said, in one line."""
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__
