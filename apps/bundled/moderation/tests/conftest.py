"""Accounts on different shards, and who decides about them."""

import pytest
from django.core.cache import cache


@pytest.fixture
def ada(make_account):
    return make_account("ada", shard="shard0")


@pytest.fixture
def wren(make_account):
    return make_account("wren", shard="shard1")


@pytest.fixture
def staff(make_account):
    return make_account("staff", is_staff=True, is_superuser=True)


@pytest.fixture(autouse=True)
def _nobody_has_reported_yet():
    cache.clear()
