"""Books on a PostgreSQL server, by its own tools: pg_dump, and pg_restore into psql, all in one transaction."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from crm import config, guards
from crm.errors import Refused
from crm.messages import N_

MEMBER = "database.dump"

EMPTY = """
DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT format('DROP %s IF EXISTS %s CASCADE',
                      CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass)
        FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
          AND relowner = current_user::regrole
          AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype IN ('e', 'a', 'i'))
        UNION ALL
        SELECT format('DROP FUNCTION IF EXISTS %s CASCADE', oid::regprocedure)
        FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND proowner = current_user::regrole AND prokind = 'f'
          AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    LOOP
        EXECUTE statement;
    END LOOP;
END $$;
"""
"""Drops everything that the owner of the tables has in the schema."""


class Server:
    """The database that the settings name, as the owner of its tables."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        self.owner = make_url(str(settings["DATABASE_OWNER_URL"]))
        self.program = make_url(str(settings["SQLALCHEMY_DATABASE_URI"]))
        self.folder = str(settings["PG_BIN"])

    def tool(self, name: str) -> str:
        """Where one of PostgreSQL's own programs is. Raises Refused where it is not installed."""
        found = shutil.which(name, path=self.folder or None)
        if found is None:
            raise Refused(
                N_(
                    "找不到 %(name)s：请安装与服务器同版本的 PostgreSQL 客户端（postgresql-client），"
                    "或用 GUISHU_PG_BIN 指定它所在的目录"
                ),
                name=name,
            )
        return found

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection as the owner. Raises Refused where there is none to be had."""
        address = self.owner.set(drivername="postgresql")
        try:
            connection = psycopg.connect(address.render_as_string(hide_password=False), connect_timeout=10)
        except psycopg.Error as error:
            raise Refused(
                N_("无法打开数据库 %(url)s：%(reason)s"),
                url=self.owner.render_as_string(),
                reason=_first(str(error)),
            ) from error
        with connection:
            yield connection

    def snapshot(self, target: Path) -> dict[str, object]:
        """Dumps the books into a file as they are at one moment, and returns what they say of themselves."""
        tool = self.tool("pg_dump")
        with self.connected() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            about = _about(connection)
            moment = _one(connection, "SELECT pg_export_snapshot()")
            self._run(
                [
                    *(
                        tool,
                        "--no-password",
                        "--format=custom",
                        "--no-owner",
                        "--no-acl",
                        f"--snapshot={moment}",
                    ),
                    *(f"--file={target}", f"--dbname={address(self.owner)}"),
                ]
            )
        return {"database": "postgresql", **about}

    def is_empty(self) -> bool:
        """Are there no rows in any table of this database?"""
        with self.connected() as connection:
            return not any(
                connection.execute(
                    sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table))
                ).fetchone()
                for table in _tables(connection)
                if table != "alembic_version"
            )

    def refuse_company(self) -> None:
        """Raises Refused where anybody else is connected to this database."""
        with self.connected() as connection:
            others = _one(
                connection,
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND usesysid IS NOT NULL",
            )
        if others:
            raise Refused(
                N_("数据库 %(name)s 还有%(count)s个连接：请先停止网站和后台任务，再运行本命令"),
                name=self.owner.database,
                count=others,
            )

    def replace(self, dump: Path, statements: Iterable[str]) -> None:
        """Has the dump take the place of the books and runs the statements after it, all in one transaction.

        Raises Refused with what PostgreSQL said, and leaves everything as it was.
        """
        reader = [self.tool("pg_restore"), "--no-owner", "--no-acl", "--file=-", str(dump)]
        writer = [
            *(
                self.tool("psql"),
                "--no-psqlrc",
                "--no-password",
                "--quiet",
                "--set=ON_ERROR_STOP=1",
                f"--output={os.devnull}",
            ),
            f"--dbname={address(self.owner)}",
        ]
        last = "".join(f"{statement};\n" for statement in statements)
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as read_said:
            psql = subprocess.Popen(writer, stdin=subprocess.PIPE, stderr=said, env=self._environment())
            assert psql.stdin is not None
            try:
                psql.stdin.write(
                    f"BEGIN;\nSET LOCAL client_min_messages = error;\nSET LOCAL lock_timeout = '10s';\n{EMPTY}".encode()
                )
                psql.stdin.flush()
                restored = subprocess.run(reader, stdout=psql.stdin, stderr=read_said).returncode == 0
                if restored:
                    # Without this line psql ends with nothing kept, whatever became of us.
                    psql.stdin.write(f"\nSET LOCAL search_path = public;\n{last}COMMIT;\n".encode())
                psql.stdin.close()
            except BrokenPipeError:
                restored = False
            finally:
                psql.wait()
            if psql.returncode or not restored:
                raise Refused(
                    N_("%(tool)s 未成功：%(reason)s"),
                    tool="psql" if psql.returncode else "pg_restore",
                    reason=_read(said if psql.returncode else read_said),
                )

    def grants(self, tables: Iterable[str], history: Iterable[str]) -> list[str]:
        """What gives the program's role its rights, where it is not the owner's."""
        role = self.program.username
        if not role or role == self.owner.username:
            return []
        return guards.grants('"' + role.replace('"', '""') + '"', tables, history)

    def _run(self, command: list[str]) -> None:
        result = subprocess.run(command, env=self._environment(), capture_output=True, text=True)
        if result.returncode:
            raise Refused(
                N_("%(tool)s 未成功：%(reason)s"), tool=Path(command[0]).name, reason=_first(result.stderr)
            )

    def _environment(self) -> dict[str, str]:
        # A command line can be read by everybody on the machine.
        password = self.owner.password
        return config.child_environment(**({"PGPASSWORD": str(password)} if password else {}))


def address(url: URL) -> str:
    """The database's address as PostgreSQL's own programs read it, without the password."""
    return url.set(drivername="postgresql", password=None).render_as_string()


def _read(said: IO[bytes]) -> str:
    said.seek(0)
    return _first(said.read().decode("utf-8", "replace"))


def _first(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "?")


def _one(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    listed = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [row[0] for row in listed]


def _about(connection: psycopg.Connection[Any]) -> dict[str, object]:
    tables = _tables(connection)
    return {
        "tables": tables,
        "revision": _one(connection, "SELECT version_num FROM alembic_version")
        if "alembic_version" in tables
        else None,
        "books": _one(connection, "SELECT kind FROM books") if "books" in tables else None,
        "database_version": _one(connection, "SHOW server_version"),
    }
