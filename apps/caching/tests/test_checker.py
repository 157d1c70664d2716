"""Writers and readers in two processes, while replay is held back and Valkey is killed."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.db import connections

from apps.caching import debts, stats
from apps.caching.tests.counted import likes
from apps.caching.tests.reader import Board, read_for
from apps.posts.models import Tally
from apps.replication import positions
from apps.sharding import shards
from project.testing import ROOT

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]

SECONDS = 20
OWNERS = 8


def write_for(board, owners, seconds):
    """Count up, owner after owner, and post what is committed."""
    end, counts, number = time.monotonic() + seconds, [0] * len(owners), 0
    while time.monotonic() < end:
        number = (number + 1) % len(owners)
        with shards.atomic_for(owners[number]):
            Tally.add(owners[number], by=number, likes=1)
        counts[number] += 1
        board.post(number, counts[number], positions.ask("shard0").lsn)
        time.sleep(0.005)
    connections.close_all()
    return counts


def trouble_for(cluster, aliases, seconds, rng):
    """Hold replay back and let it go, kill Valkey and start it again, at random."""
    end, done = time.monotonic() + seconds, []
    while time.monotonic() < end:
        time.sleep(rng.uniform(0.2, 1.0))
        what = rng.choice(["pause", "resume", "resume", "valkey"])
        done.append(what)
        if what == "valkey":
            os.kill(cluster.valkey().process.pid, signal.SIGKILL)
            time.sleep(rng.uniform(0, 0.5))
            cluster.up()
        else:
            tell(aliases, f"SELECT pg_wal_replay_{what}()")
    tell(aliases, "SELECT pg_wal_replay_resume()")
    connections.close_all()
    return done


def tell(aliases, sql):
    for alias in aliases:
        with connections[alias].cursor() as cursor:
            cursor.execute(sql)


def test_no_reader_gets_what_is_older_than_its_token(
    make_account, cluster, topology, tmp_path, settings
):
    owners = [make_account(shard="shard0").pk for _ in range(OWNERS)]
    board = Board(tmp_path / "board", OWNERS)
    seed = random.randrange(2**32)
    environ = {
        **os.environ,
        "ROOKERY_TOPOLOGY": topology,
        "ROOKERY_SECRET_KEY": settings.SECRET_KEY,
        "ROOKERY_HOME": str(settings.HOME),
    }
    command = [sys.executable, "-m", "apps.caching.tests.reader", str(tmp_path / "board")]
    arguments = [str(SECONDS), *map(str, owners)]
    with subprocess.Popen(
        [*command, *arguments], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    ) as other:
        results = {}
        work = {
            "counts": lambda: write_for(board, owners, SECONDS),
            "here": lambda: read_for(board, owners, SECONDS),
            "trouble": lambda: trouble_for(
                cluster, settings.REPLICATION_GROUPS["shard0"], SECONDS, random.Random(seed)
            ),
        }
        threads = [
            threading.Thread(target=lambda n=name, do=do: results.update({n: do()}))
            for name, do in work.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        there = json.loads(other.communicate(timeout=60)[0].splitlines()[-1])

    reads = results["here"]["reads"] + there["reads"]
    stale = results["here"]["stale"] + there["stale"]
    debts.pay()
    truth = [sum(Tally.objects.filter(owner_id=o).values_list("likes", flat=True)) for o in owners]
    after = [likes(owner) or 0 for owner in owners]
    print(
        f"seed {seed}; {len(results['trouble'])} troubles; {sum(results['counts'])} commits; "
        f"stale: {stale} of {reads:,} reads in two processes; "
        f"stale afterwards: {sum(a != t for a, t in zip(after, truth, strict=True))} of {OWNERS}; "
        f"here {stats.of_process()['test.counted']}, there {there['stats']['test.counted']}"
    )
    assert stale == 0
    assert after == truth == results["counts"]
    assert reads > 1000
    assert results["here"]["errors"] + there["errors"] == 0
    assert there["stats"]["test.counted"]["hit"] > 0
