"""Triggers by which every write says which tags it touches, whoever wrote and however.

They add to a setting of the transaction, so a rolled-back savepoint takes its tags back with it.
`bulk_create`, `update()`, cascades, COPY and raw SQL are statements like any other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set

from django.db import connections, models
from django.db.transaction import TransactionManagementError

from apps.caching import tags
from apps.caching.tags import Family

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
        SELECT string_agg(tag, ' ') INTO touched FROM ({changed}) AS t;
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
# Those of `rows` that are not among `others`, by some columns. A set's difference takes as long as
# there are rows, also by a plan that was made when there was one.
DIFFERENT = """
(SELECT {told} FROM {rows} EXCEPT SELECT {told} FROM {others}) AS different
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
    declared: defaultdict[type[models.Model], list[Family]] = defaultdict(list)
    for family in tags.families():
        declared[family.model].append(family)
    with connections[alias].cursor() as cursor:
        tables = set(connections[alias].introspection.table_names(cursor))
        for model, families in declared.items():
            if model._meta.db_table in tables:
                cursor.execute(_statements(model, families))


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


def _statements(model: type[models.Model], families: Sequence[Family]) -> str:
    table = model._meta.db_table
    apart = {family.of for family in families} - {""}
    changed = [
        _touched(family, _changed(model, family, apart, rows, others))
        for family in families
        for rows, others in (("new_rows", "old_rows"), ("old_rows", "new_rows"))
    ]
    function = FUNCTION.format(
        table=table,
        new=_joined(_touched(family, "new_rows") for family in families),
        old=_joined(_touched(family, "old_rows") for family in families),
        changed=_joined(changed),
        families=" ".join(f"{family.name}:*" for family in families),
        touched=TOUCHED,
    )
    triggers = (TRIGGER.format(table=table, verb=verb, rows=rows) for verb, rows in ROWS.items())
    return function + "".join(triggers)


def _joined(selects: Iterable[str]) -> str:
    return " UNION ".join(selects)


def _touched(family: Family, rows: str) -> str:
    return TAGS.format(family=family.name, column=family.column, rows=rows, most=MOST)


def _changed(
    model: type[models.Model], family: Family, apart: Set[str], rows: str, others: str
) -> str:
    """Return the updated rows that touch a family: all, unless some columns are kept apart."""
    if not apart:
        return rows
    columns = [str(field.column) for field in model._meta.concrete_fields]
    named = {family.column, family.of} if family.of else set(columns) - apart
    told = ", ".join(name for name in columns if name in named)
    return DIFFERENT.format(rows=rows, others=others, told=told)
