"""Gives the tests a cluster of their own, up before Django reads its settings.

It is made under .rookery-tests, two shards with two replicas each, and goes down with the run
unless ROOKERY_TEST_CLUSTER_KEEP=1. Two runs at once would share it, so the second one stops.
"""

import fcntl
import os
from pathlib import Path
from typing import IO

import pytest

from apps.cluster.embedded import Cluster
from apps.cluster.errors import ClusterError
from apps.cluster.plan import Shape

HOME = Path(__file__).resolve().parents[2] / ".rookery-tests"
SHAPE = Shape(shards=2, replicas=2, directory_replicas=1)
# The machine may lose power during a test run: then the run is lost, not anybody's posts.
FAST = {"fsync": "off", "full_page_writes": "off"}
# What pytest does with these needs no servers.
SERVERLESS = {
    "--help",
    "-h",
    "--version",
    "-V",
    "--collect-only",
    "--co",
    "--fixtures",
    "--markers",
}

_held: list[IO[str]] = []
_started: list[Cluster] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Bring the cluster up."""
    if os.environ.get("ROOKERY_TOPOLOGY") or SERVERLESS & set(args):
        return
    HOME.mkdir(parents=True, exist_ok=True)
    lock = (HOME / "run-lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise pytest.UsageError(
            "Another test run uses the test cluster. Wait for its end."
        ) from None
    _held.append(lock)
    os.environ["ROOKERY_HOME"] = str(HOME)
    cluster = Cluster(HOME, lambda _: None, FAST)
    try:
        cluster.up(SHAPE)
    except ClusterError as error:
        raise pytest.UsageError(str(error)) from error
    _started.append(cluster)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the cluster down."""
    if os.environ.get("ROOKERY_TEST_CLUSTER_KEEP") != "1":
        while _started:
            _started.pop().down()
    while _held:
        _held.pop().close()


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The running test cluster."""
    return _started[-1]
