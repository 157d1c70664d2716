"""Accounts on different shards, and who decides about them."""

import pytest


@pytest.fixture
def ada(make_account):
    return make_account("ada", shard="shard0")


@pytest.fixture
def wren(make_account):
    return make_account("wren", shard="shard1")


@pytest.fixture
def staff(make_account):
    return make_account("staff", is_staff=True, is_superuser=True)
