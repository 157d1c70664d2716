from apps.replication.history import History
from apps.replication.tokens import Position


def climbing(*steps):
    history = History()
    for now, position in steps:
        history.saw(Position(1, position), now)
    return history


def test_a_replica_that_has_all_is_not_behind_however_long_nothing_is_written():
    history = climbing((0, 100))

    assert history.seconds_behind(Position(1, 100), 3600) == 0
    assert history.bytes_behind(Position(1, 100)) == 0


def test_a_replica_is_behind_since_the_primary_passed_it():
    history = climbing((0, 100), (10, 200), (20, 300))

    assert history.seconds_behind(Position(1, 150), 25) == 15
    assert history.seconds_behind(Position(1, 50), 25) == 25
    assert history.bytes_behind(Position(1, 150)) == 150


def test_a_write_after_a_long_silence_is_no_lag():
    history = climbing((0, 100), (3600, 200))

    assert history.seconds_behind(Position(1, 100), 3600.1) < 1


def test_positions_that_were_lost_with_a_primary_are_nobodys_aim():
    history = climbing((0, 100), (10, 900))

    history.saw(Position(2, 500), 20, is_primary=True)
    history.saw(Position(1, 900), 21)

    assert history.seconds_behind(Position(2, 500), 500) == 0
    assert history.latest == Position(2, 500)
