import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def forget_hashtags(shard):
    with connections[shard].cursor() as cursor:
        cursor.execute("ALTER TABLE hashtags_taggedpost RENAME TO kept")
    MigrationRecorder(connections[shard]).record_unapplied("hashtags", "0001_tagged_posts")


def test_a_failure_half_way_says_which_shard_is_where_and_the_next_run_repairs(capsys):
    forget_hashtags("shard1")
    with connections["shard1"].cursor() as cursor:
        cursor.execute("CREATE VIEW hashtags_taggedpost AS SELECT 1 AS one")

    with pytest.raises(CommandError) as refusal:
        call_command("migrate_all")

    assert "shard1 failed" in str(refusal.value)
    assert "Up to date: default, shard0. Part of the way: shard1. Not begun: none." in str(
        refusal.value
    )
    with connections["shard1"].cursor() as cursor:
        cursor.execute("DROP VIEW hashtags_taggedpost")
        cursor.execute("DROP TABLE kept")

    call_command("migrate_all")

    assert "hashtags_taggedpost" in connections["shard1"].introspection.table_names()
    with connections["shard1"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'guard_insert'")
        assert cursor.fetchone()[0] >= 10


def test_running_again_changes_nothing(capsys):
    call_command("migrate_all")
    call_command("migrate_all")

    assert capsys.readouterr().out.count("up to date") == 6


def test_waiting_ends_when_all_is_migrated_and_changes_nothing_itself():
    forget_hashtags("shard1")
    try:
        with pytest.raises(CommandError, match="not the newest schema: shard1"):
            call_command("migrate_all", wait=0)
        assert "hashtags_taggedpost" not in connections["shard1"].introspection.table_names()
    finally:
        with connections["shard1"].cursor() as cursor:
            cursor.execute("ALTER TABLE kept RENAME TO hashtags_taggedpost")
        MigrationRecorder(connections["shard1"]).record_applied("hashtags", "0001_tagged_posts")

    call_command("migrate_all", wait=0)
