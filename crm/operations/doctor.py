"""The closed list of what can be wrong with an installation, and who looks for it."""

from __future__ import annotations

from collections.abc import Collection

from flask import Flask

from crm.db import db
from crm.messages import N_
from crm.operations import contents, machine, tables
from crm.operations.findings import Check, Finding, wrong

CHECKS = (
    Check("python", N_("Python 版本"), machine.python),
    Check("disk", N_("磁盘空间"), machine.disk),
    Check("folder", N_("实例目录的权限"), machine.folder),
    Check("secret-key", N_("密钥文件的权限"), machine.secret_key),
    Check("fonts", N_("字体"), machine.fonts),
    Check("time-zone", N_("时区"), machine.time_zone),
    Check("translations", N_("译文"), machine.translations),
    Check("port", N_("端口"), machine.port, slow=True),
    Check("database", N_("数据库连接"), tables.reachable, of_books=True),
    Check("writable", N_("数据库可写"), tables.writable, needs="database"),
    Check("journal", N_("数据库的日志模式与外键"), tables.journal, needs="database"),
    Check("schema", N_("数据库结构"), tables.schema, of_books=True, needs="database"),
    Check("integrity", N_("数据库完整性"), tables.integrity, of_books=True, slow=True, needs="database"),
    Check("reading", N_("每张表都能读"), tables.reading, of_books=True, slow=True, needs="schema"),
    Check("triggers", N_("历史不可改"), tables.triggers, of_books=True, needs="schema"),
    Check("roles", N_("数据库角色分设"), tables.roles, needs="database"),
    Check("clock", N_("时钟"), tables.clock, needs="schema"),
    Check("books", N_("账套"), contents.opened, needs="schema"),
    Check("log", N_("日志的链条"), contents.log_tail, of_books=True, needs="schema"),
    Check("contact-key", N_("联系方式的密钥"), contents.contact_key, needs="schema"),
    Check("standing", N_("当前归属"), contents.decided_today, needs="books"),
    Check("worker", N_("后台任务"), contents.worker, needs="schema"),
    Check("uploads", N_("上传的登记表"), contents.uploads, slow=True, needs="schema"),
    Check("attachments", N_("附件"), contents.attachments, slow=True, needs="schema"),
)
"""In the order they are asked, and told."""

OF_BOOKS = frozenset(check.code for check in CHECKS if check.of_books)
QUICK = frozenset(check.code for check in CHECKS if not check.slow)


def examine(app: Flask, codes: Collection[str] | None = None) -> list[tuple[Check, list[Finding]]]:
    """What each check (of these codes; None: all) found; those that could not be asked are left out.

    Call it outside a transaction; it reads, and ends what it began.
    """
    results: list[tuple[Check, list[Finding]]] = []
    unwell: set[str] = set()
    with app.app_context():
        for check in CHECKS:
            if check.needs in unwell:
                unwell.add(check.code)
            elif codes is None or check.code in codes:
                found = _look(app, check)
                if any(finding.serious for finding in found):
                    unwell.add(check.code)
                results.append((check, found))
    return results


def _look(app: Flask, check: Check) -> list[Finding]:
    try:
        return list(check.look(app))
    except Exception as error:
        app.logger.exception("doctor: the check %s failed", check.code)
        return [
            wrong(
                N_("检查没有完成：%(reason)s"),
                N_("把运行日志里的这一段交给维护人员"),
                reason=f"{type(error).__name__}: {error}".splitlines()[0],
            )
        ]
    finally:
        db.session.rollback()
