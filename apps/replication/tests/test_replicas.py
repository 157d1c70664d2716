"""Reads from real replicas, held back by pg_wal_replay_pause(): lag that a test can rely on."""

import threading
import time

import pytest
from django.db import connections

from apps.accounts import services as accounts
from apps.accounts.models import Profile
from apps.replication import positions, replicas, scopes, tokens
from apps.replication.tests.conftest import REPLICAS, pause, wait_for_replicas
from apps.replication.tokens import Position

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
    pytest.mark.usefixtures("caught_up"),
]


def name_of(account):
    return Profile.objects.get(id=account.pk).name


def rename(account, name):
    accounts.edit_profile(account_id=account.pk, name=name, bio="")


def test_outside_a_scope_every_read_is_the_primarys():
    assert replicas.choose("shard0") == "shard0"


def test_a_reader_who_has_seen_nothing_reads_from_a_replica():
    with scopes.scope():
        assert {replicas.choose("shard0") for _ in range(50)} == set(REPLICAS)


def test_a_writer_reads_its_own_write_in_the_same_request_and_in_the_next(make_account):
    account = make_account(shard="shard0")
    wait_for_replicas()
    pause(*REPLICAS)
    stale = 0
    for number in range(50):
        with scopes.scope() as scope:
            rename(account, f"name {number}")
            stale += name_of(account) != f"name {number}"
            positions.settle()
        with scopes.scope(scope.token):
            assert replicas.choose("shard0") == "shard0"
            stale += name_of(account) != f"name {number}"

    print(f"stale reads: {stale} of 100")
    assert stale == 0


def test_the_replica_that_is_far_enough_answers_while_the_other_is_paused(make_account):
    account = make_account(shard="shard0")
    wait_for_replicas()
    pause("shard0_replica1")
    with scopes.scope() as scope:
        rename(account, "new")
        positions.settle()
    while not positions.ask("shard0_replica0").covers(scope.token["shard0"]):
        time.sleep(0.01)

    with scopes.scope(scope.token):
        chosen = {replicas.choose("shard0") for _ in range(30)}
        assert name_of(account) == "new"

    assert chosen == {"shard0_replica0"}


def test_one_caught_up_replica_does_not_clear_the_token(make_account):
    account = make_account(shard="shard0")
    wait_for_replicas()
    pause("shard0_replica1")
    with scopes.scope() as scope:
        rename(account, "new")
        positions.settle()
    needed = scope.token["shard0"]

    for _ in range(20):
        with scopes.scope(scope.token) as scope:
            assert name_of(account) == "new"
        assert scope.token["shard0"] >= needed


def test_a_write_on_one_shard_does_not_pin_reads_of_another(make_account):
    account = make_account(shard="shard1")

    with scopes.scope():
        rename(account, "new")
        assert replicas.choose("shard1") == "shard1"
        assert replicas.choose("shard0") in REPLICAS


def test_a_reader_never_goes_back_in_time_between_two_replicas(make_account):
    account = make_account(shard="shard0")
    rename(account, "old")
    wait_for_replicas()
    pause("shard0_replica1")
    rename(account, "new")
    target = positions.ask("shard0")
    while positions.ask("shard0_replica0") < target:
        time.sleep(0.01)

    back = 0
    for _ in range(100):
        token: tokens.Token = {}
        seen = []
        for _ in range(3):
            with scopes.scope(token) as scope:
                seen.append(name_of(account))
            token = scope.token
        back += seen != sorted(seen, reverse=True)

    print(f"went back in time: {back} of 100")
    assert back == 0


def test_inside_a_transaction_reads_stay_on_the_primary():
    from django.db import transaction

    with scopes.scope(), transaction.atomic(using="shard0"):
        assert replicas.choose("shard0") == "shard0"


def test_a_read_brings_its_position_home_in_the_same_round_trip(make_account):
    account = make_account(shard="shard0")
    wait_for_replicas()
    with scopes.scope() as scope:
        name_of(account)

    assert scope.token["shard0"] > Position(1, 0)


def test_a_replica_that_refuses_connections_is_passed_over(settings):
    broken = dict(connections["shard0_replica0"].settings_dict, PORT="1")
    original = connections["shard0_replica0"].settings_dict
    connections["shard0_replica0"].close()
    connections["shard0_replica0"].settings_dict = broken
    try:
        with scopes.scope():
            assert {replicas.choose("shard0") for _ in range(20)} == {"shard0_replica1"}
    finally:
        connections["shard0_replica0"].settings_dict = original


def test_a_group_without_replicas_reads_from_its_primary(settings):
    settings.REPLICATION_GROUPS = {"default": (), "shard0": (), "shard1": ()}

    with scopes.scope():
        assert replicas.choose("shard0") == "shard0"


def test_a_scope_never_leaks_into_the_next_request_of_a_thread():
    seen = []

    def work():
        with pytest.raises(ZeroDivisionError), scopes.scope({"shard0": Position(0, 9)}):
            raise ZeroDivisionError
        seen.append(scopes.current())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert seen == [None]
    assert scopes.current() is None
