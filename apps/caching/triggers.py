"""Triggers by which every write says which tags it touches, whoever wrote and however.

They add to a setting of the transaction, so a rolled-back savepoint takes its tags back with it.
`bulk_create`, `update()`, cascades, COPY and raw SQL are statements like any other.
"""

from collections import defaultdict
from collections.abc import Iterable

from django.db import connections, models
from django.db.transaction import TransactionManagementError

from apps.caching import tags

TOUCHED = "rookery.touched"
# A statement that touches more names the family instead.
MOST = 500

FUNCTION = """
CREATE OR REPLACE FUNCTION {table}_touch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched text;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        touched := '{families}';
    ELSIF TG_OP = 'INSERT' THEN
        SELECT string_agg(tag, ' ') INTO touched FROM ({new}) AS t;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT string_agg(tag, ' ') INTO touched FROM ({old}) AS t;
    ELSE
        SELECT string_agg(tag, ' ') INTO touched FROM ({new} UNION {old}) AS t;
    END IF;
    IF touched IS NOT NULL THEN
        PERFORM set_config('{touched}',
            concat_ws(' ', nullif(current_setting('{touched}', true), ''), touched), true);
    END IF;
    RETURN NULL;
END $$;
"""
TAGS = """
SELECT DISTINCT CASE WHEN (SELECT count(*) FROM {rows}) > {most} THEN '{family}:*'
    ELSE '{family}:' || {column} END AS tag FROM {rows}
"""
TOUCH = f"""
SELECT set_config('{TOUCHED}',
    concat_ws(' ', nullif(current_setting('{TOUCHED}', true), ''), %s::text), true)
"""
TRIGGER = """
CREATE OR REPLACE TRIGGER touch_{verb} AFTER {verb} ON {table}
{rows} FOR EACH STATEMENT EXECUTE FUNCTION {table}_touch();
"""
ROWS = {
    "INSERT": "REFERENCING NEW TABLE AS new_rows",
    "DELETE": "REFERENCING OLD TABLE AS old_rows",
    "UPDATE": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "TRUNCATE": "",
}


def install(alias: str) -> None:
    """Put the triggers on every table of a database that declares tags, anew where they are."""
    columns: defaultdict[type[models.Model], dict[str, str]] = defaultdict(dict)
    for family in tags.families():
        columns[family.model][family.name] = family.column
    with connections[alias].cursor() as cursor:
        tables = set(connections[alias].introspection.table_names(cursor))
        for model, named in columns.items():
            if model._meta.db_table in tables:
                cursor.execute(_statements(model._meta.db_table, named))


def touch(alias: str, named: Iterable[str]) -> None:
    """Have the transaction that is open on a primary touch tags that no trigger knows of.

    Raises TransactionManagementError outside of one: a touch belongs to the commit that it is for.
    """
    connection = connections[alias]
    if not connection.in_atomic_block:
        raise TransactionManagementError(
            f"touch() needs an open transaction on {alias}: use shards.atomic() or atomic_for()."
        )
    with connection.cursor() as cursor:
        cursor.execute(TOUCH, [" ".join(named)])


def _statements(table: str, named: dict[str, str]) -> str:
    new, old = (
        " UNION ".join(
            TAGS.format(family=family, column=column, rows=rows, most=MOST)
            for family, column in named.items()
        )
        for rows in ("new_rows", "old_rows")
    )
    families = " ".join(f"{family}:*" for family in named)
    function = FUNCTION.format(table=table, new=new, old=old, families=families, touched=TOUCHED)
    triggers = (TRIGGER.format(table=table, verb=verb, rows=rows) for verb, rows in ROWS.items())
    return function + "".join(triggers)
