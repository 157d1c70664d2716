"""What is counted, and when a promise is broken: known samples, known answers."""

from collections import Counter

import pytest

from apps.drills import samples as met
from apps.drills import verdict
from apps.drills.catalogue import DRILLS
from apps.drills.drill import Drill, nothing
from apps.drills.ledger import Ledger, _backwards
from apps.drills.samples import ERROR, OK, READ, STALE, WRITE, Sample
from apps.drills.verdict import Times

CLEAN = Ledger(lost=0, doubled=0, backwards=0, undelivered=0, dead=0)
TIMES = Times(begun=0, harmed=10, healed=20, ended=30)
PLAIN = Drill("any", "harm", "promise", "heal", harm=nothing, gap=3, gap_ha=5, spares=True)


def write(due, took=0.01, *, shard="shard0", outcome=OK, why=""):
    return Sample(shard, WRITE, outcome, due, due + took, f"{shard} {due}", why)


def steady(shard, *, took=0.01, leave_out=()):
    dues = [tick / 2 for tick in range(60)]
    return [write(due, took, shard=shard) for due in dues if due not in leave_out]


def judged(samples, *, drill=PLAIN, ledger=CLEAN, is_ha=False):
    return verdict.broken(drill, verdict.figures(samples, TIMES, ledger, "shard0"), is_ha=is_ha)


def test_the_quantile_is_a_value_that_was_measured():
    assert met.quantile(range(1, 1001), 0.999) == 999
    assert met.quantile([5.0], 0.999) == 5.0
    assert met.quantile([], 0.999) == 0


def test_what_had_to_wait_before_it_was_sent_has_waited():
    assert Sample("shard0", WRITE, OK, due=1.0, done=4.5).took == 3.5


def test_the_gap_begins_with_the_last_write_before_the_harm_and_may_last_to_the_end():
    done = [write(9.0, 0.5), write(10.5, 0.5), write(14.0, 1.0)]

    assert met.longest_gap(done, 10, 16) == 4.0
    assert met.longest_gap(done, 10, 30) == 15.0
    assert met.longest_gap([], 10, 30) == 20


def test_a_quiet_drill_keeps_its_promise():
    assert judged(steady("shard0") + steady("shard1")) == []


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("lost", "1 acknowledged and lost"),
        ("doubled", "1 doubled"),
        ("backwards", "1 with an id that goes back"),
        ("undelivered", "1 missing in timelines"),
        ("dead", "1 dead letters"),
    ],
)
def test_each_fault_of_the_books_breaks_it(field, said):
    ledger = Ledger(**{**vars(CLEAN), field: 1})

    assert judged(steady("shard0"), ledger=ledger) == [said]


def test_a_stale_read_breaks_it():
    stale = Sample("shard1", READ, STALE, 12, 12.1, why="missing")

    assert judged([*steady("shard0"), stale]) == ["1 stale reads"]


def test_a_gap_is_held_against_what_the_form_of_the_cluster_promises():
    samples = steady("shard0", leave_out={n / 2 for n in range(21, 29)})

    assert judged(samples) == ["4.5 s without a write, 3 s promised"]
    assert judged(samples, is_ha=True) == []


def test_other_shards_may_slow_down_to_twice_and_no_further():
    def others(during):
        return [
            s._replace(done=s.due + (during if 10 <= s.due < 20 else 0.2)) for s in steady("shard1")
        ]

    assert judged(steady("shard0") + others(0.39)) == []
    assert judged(steady("shard0") + others(0.41)) == ["other shards from p99.9 200 ms to 410 ms"]


def test_errors_are_counted_by_kind_and_break_only_what_is_flawless():
    failed = [write(12, outcome=ERROR, why="503"), write(12.2, outcome=ERROR, why="503")]
    found = verdict.figures([*steady("shard0"), *failed], TIMES, CLEAN, "shard0")

    assert found.errors == Counter({"503": 2})
    assert found.acknowledged == 60
    assert verdict.broken(PLAIN, found, is_ha=False) == []
    flawless = DRILLS["rolling-restart"]
    assert verdict.broken(flawless, found, is_ha=False) == ["2 failed requests"]


def test_a_site_that_took_no_write_kept_no_promise():
    assert "no write was acknowledged at all" in judged([write(1, outcome=ERROR, why="503")])


def test_ids_of_one_author_rise_in_the_order_of_acknowledgement():
    ids, authors = {"a": 1, "b": 3, "c": 2, "d": 1}, {"a": 7, "b": 7, "c": 7, "d": 8}

    assert _backwards(ids, authors, ["a", "b", "c", "d", "lost"]) == 1
