"""What the database itself refuses, whoever asks: the SQL of triggers and grants, for migrations."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, inspect, text

PREPARE = {
    "sqlite": (),
    "postgresql": (
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME;
        END $$
        """,
    ),
}
"""What must exist before the first insert_only()."""

UNPREPARE = {"sqlite": (), "postgresql": ("DROP FUNCTION refuse_change()",)}


def insert_only(dialect: str, table: str) -> tuple[str, ...]:
    """The statements that have a table refuse UPDATE, DELETE and, where there is one, TRUNCATE."""
    if dialect == "sqlite":
        return tuple(
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
            for verb in ("update", "delete")
        )
    return (
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    )


MONTHS_IN_ORDER = {
    "sqlite": (
        """
        CREATE TRIGGER month_closes_last_day BEFORE INSERT ON month_closes
        WHEN NEW.last_day IS NOT date(NEW.month || '-01', '+1 month', '-1 day')
        BEGIN SELECT RAISE(ABORT, 'month_closes: not the last day of the month'); END
        """,
        """
        CREATE TRIGGER month_closes_in_order BEFORE INSERT ON month_closes
        WHEN NEW.month <> (SELECT strftime('%Y-%m', max(month) || '-01', '+1 month') FROM month_closes)
        BEGIN SELECT RAISE(ABORT, 'month_closes: does not follow the last closed month'); END
        """,
    ),
    "postgresql": (
        """
        CREATE FUNCTION check_month_close() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            first_day date := to_date(NEW.month || '-01', 'YYYY-MM-DD');
            previous text;
        BEGIN
            -- One close at a time: whoever waits here sees the other's month.
            PERFORM pg_advisory_xact_lock('month_closes'::regclass::oid::bigint);
            IF to_char(first_day, 'YYYY-MM') <> NEW.month
               OR NEW.last_day <> (first_day + interval '1 month - 1 day')::date THEN
                RAISE EXCEPTION 'month_closes: not the last day of the month';
            END IF;
            SELECT max(month) INTO previous FROM month_closes;
            IF first_day <> to_date(previous || '-01', 'YYYY-MM-DD') + interval '1 month' THEN
                RAISE EXCEPTION 'month_closes: does not follow the last closed month';
            END IF;
            RETURN NEW;
        END $$
        """,
        "CREATE TRIGGER month_closes_in_order BEFORE INSERT ON month_closes "
        "FOR EACH ROW EXECUTE FUNCTION check_month_close()",
    ),
}
"""Has month_closes refuse a month that does not follow the last one, and a wrong last day."""

MONTHS_IN_NO_ORDER = {
    "sqlite": ("DROP TRIGGER month_closes_in_order", "DROP TRIGGER month_closes_last_day"),
    "postgresql": (
        "DROP TRIGGER month_closes_in_order ON month_closes",
        "DROP FUNCTION check_month_close()",
    ),
}


def grants(role: str, tables: Iterable[str], insert_only_tables: Iterable[str]) -> list[str]:
    """The statements that give the program's role (quoted where it must be) what it needs on PostgreSQL and no
    more: history it can read and add to, never change.
    """
    statements = [f"GRANT USAGE ON SCHEMA public TO {role}"]
    history = set(insert_only_tables)
    for table in sorted(tables):
        if table == "alembic_version":
            rights = "SELECT"
        elif table in history:
            rights = "SELECT, INSERT"
        else:
            rights = "SELECT, INSERT, UPDATE, DELETE"
        statements.append(f"REVOKE ALL ON {table} FROM {role}")
        statements.append(f"GRANT {rights} ON {table} TO {role}")
    return [*statements, f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"]


def grant(connection: Connection, role: str, insert_only_tables: Iterable[str]) -> None:
    """Gives the program's role its rights to the tables that there are."""
    quoted = connection.dialect.identifier_preparer.quote(role)
    for statement in grants(quoted, inspect(connection).get_table_names(), insert_only_tables):
        connection.execute(text(statement))
