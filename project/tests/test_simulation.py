"""The simulation behind docs/scaling.md: nothing is lost in it; less of what is full is slower."""

import subprocess
import sys

import pytest

from benchmarks.simulating.loop import Loop, Node
from benchmarks.simulating.plans import BadPlan, planned
from benchmarks.simulating.results import result
from benchmarks.simulating.site import Site
from benchmarks.simulating.times import TIMES, Draws
from project.testing import ROOT


def run(seed=1, scale=10, seconds=4, **numbers):
    site = Site(planned(scale).changed(seconds=seconds, **numbers), seed)
    site.run()
    return site


def test_each_request_is_answered_once_and_each_post_reaches_each_follower_once():
    site = run()

    people, facts = site.people, site.fan_out.facts
    posts = [fact for fact in facts if fact.is_post]
    assert len(site.times) == site.asked > 3000
    assert len(posts) > 20
    for post in posts:
        followers = [pk for ids in people.followers_by_shard(post.author).values() for pk in ids]
        assert len(set(followers)) == people.followers(post.author)
        assert sorted(post.reached) == sorted(followers)
        assert post.done > post.committed
    likes = [fact for fact in facts if not fact.is_post]
    assert likes
    assert all(len(like.reached) == 1 for like in likes)


def test_an_author_with_very_many_followers_is_merged_at_read(settings):
    settings.TIMELINES_MERGE_ABOVE = 100

    posts = [fact for fact in run().fan_out.facts if fact.is_post]

    merged = [post for post in posts if post.is_merged]
    assert merged
    assert len(merged) < len(posts)
    assert all(not post.reached for post in merged)
    assert max(len(post.reached) for post in posts) <= 100


def test_taking_a_server_from_a_part_that_is_full_makes_it_slower():
    enough, few = result(run(web=8)), result(run(web=2))
    fewer = result(run(web=1))

    assert enough.parts["web"] < 0.7 < few.parts["web"] < fewer.parts["web"]
    assert enough.p999 < few.p999 < fewer.p999
    assert fewer.first == "web"


def test_the_same_seed_makes_the_same_figures_and_another_one_others():
    assert result(run(seed=3)) == result(run(seed=3))
    assert result(run(seed=3)) != result(run(seed=4))


def test_a_reader_who_wrote_reads_nothing_older_than_that():
    site = run(seconds=1)
    servers, token = site.servers, {}
    for replica in servers.shards["shard0"].replicas.values():
        replica.send(float("inf"), servers.shards["shard0"].position)
    site.loop.start(servers.write(token, "shard0", "write, post"))
    site.loop.run()

    name, _, position = servers._chosen(servers.units[0], token, servers.shards["shard0"])

    assert name == "shard0"
    assert position.covers(token["shard0"])


def test_who_finds_all_cores_busy_waits_for_the_first():
    node = Node(cores=2)

    assert [node.take(0, seconds) for seconds in (3, 1, 1, 1)] == [3, 1, 2, 3]
    assert node.busy == 6


def test_times_are_drawn_around_the_mean_of_the_table():
    draws = Draws(run(seconds=1).rng)

    for name, time in TIMES.items():
        drawn = [draws.of(name) for _ in range(4000)]
        assert 1000 * sum(drawn) / len(drawn) == pytest.approx(time.ms, rel=0.15), name


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ({"shards": 0}, "shards is 0: give 1 or more"),
        ({"replicas": -1}, "replicas is -1: give 0 or more"),
        ({"shards": 1025}, "1024 buckets"),
    ],
)
def test_what_no_site_can_have_is_refused(numbers, says):
    with pytest.raises(BadPlan, match=says):
        planned(1).changed(**numbers)


def test_an_order_without_a_plan_is_refused_at_the_command_line():
    script = str(ROOT / "benchmarks/simulation.py")
    found = subprocess.run(
        [sys.executable, script, "--scale", "7"], capture_output=True, text=True, timeout=60
    )

    assert found.returncode == 2
    assert "give one of 1, 10, 100, 1000, 10000" in found.stderr


def test_processes_take_turns_in_simulated_time():
    loop, order = Loop(), []

    def steps(name, *waits):
        for wait in waits:
            yield None, wait
            order.append((name, loop.now))

    loop.start(steps("a", 1, 3))
    loop.start(steps("b", 2, 1))
    loop.run()

    assert order == [("a", 1), ("b", 2), ("b", 3), ("a", 4)]
