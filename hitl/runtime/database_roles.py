"""Two roles in the database: one owns the tables, the other serves (ADR 0048).

The service's role reads and writes rows. It owns nothing, so it can neither drop a table nor switch off the
triggers that keep what was recorded; and of the tables that only ever grow it may not update, delete or
truncate either. Migrations work as the owner, and grant the service's role anew whenever they have run. What
has to be made or dropped while the service runs, months of scores, functions of the owner's make and drop.
"""

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import sql

APPEND_ONLY = """
SELECT DISTINCT t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE p.proname = 'hitl_append_only' AND NOT t.tgisinternal AND (t.tgtype & 16) <> 0
"""
"""Tables that the database refuses to update, by the trigger that refuses it (bit 4: on update)."""

KEPT = """
SELECT DISTINCT t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE p.proname = 'hitl_append_only' AND NOT t.tgisinternal
"""
"""These, and those whose rows may change but stay."""

ALTERS = """
SELECT pg_has_role(current_user, c.relowner, 'USAGE'), has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')
FROM pg_class c WHERE c.oid = to_regclass('audit_entry')
"""


def grant_service(owner: BaseDatabaseWrapper, *, name: str, password: str) -> None:
    """Make the service's role if there is none, and give it exactly what the service needs.

    Works on the owner's connection, after every migration: a new table is granted, what was granted too much
    is taken back.

    Raises:
        ImproperlyConfigured: the role is the owner itself, or there is none and the owner may not make it.
    """
    if name == owner.settings_dict["USER"]:
        raise ImproperlyConfigured(
            "DATABASE_URL and HITL_OWNER_DATABASE_URL name the same role. Name another in DATABASE_URL."
        )
    role, database = sql.Identifier(name), sql.Identifier(owner.settings_dict["NAME"])
    with owner.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [name])
        if (found := cursor.fetchone()) is None:
            try:
                cursor.execute(
                    sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(password))
                )
            except DatabaseError as error:
                raise ImproperlyConfigured(
                    f"There is no role {name}, and the owner may not make it. Make it with the password of "
                    f"DATABASE_URL: CREATE ROLE {name} LOGIN PASSWORD '...'."
                ) from error
        elif found[0]:
            raise ImproperlyConfigured(f"{name} of DATABASE_URL is a superuser, whom nothing can be refused.")
        cursor.execute(APPEND_ONLY)
        append_only = [sql.SQL(row[0]) for row in cursor.fetchall()]
        cursor.execute(KEPT)
        kept = [sql.SQL(row[0]) for row in cursor.fetchall()]
        statements = [
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {d} TO {r}"),
            sql.SQL("GRANT USAGE ON SCHEMA public TO {r}"),
            sql.SQL("REVOKE CREATE ON SCHEMA public FROM {r}, PUBLIC"),
            sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {r}"),
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {r}"),
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {r}"),
            sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {r}"),
            sql.SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {r}"),
        ]
        statements += [sql.SQL(f"REVOKE UPDATE ON {t.string} FROM {{r}}") for t in append_only]
        statements += [sql.SQL(f"REVOKE DELETE ON {t.string} FROM {{r}}") for t in kept]
        for statement in statements:
            cursor.execute(statement.format(d=database, r=role))


def may_tamper(connection: BaseDatabaseWrapper) -> bool:
    """Tell whether the role of this connection could change or empty the audit log."""
    with connection.cursor() as cursor:
        cursor.execute(ALTERS)
        row = cursor.fetchone()
    return row is not None and any(row)
