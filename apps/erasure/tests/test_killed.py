"""A worker of a deletion is killed (SIGKILL) in every step; the next one goes on with it."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from apps.erasure import services
from apps.erasure.models import Deletion, Step
from apps.erasure.tests.sweep import found_in, kept
from apps.follows import services as follows
from apps.posts import services as posts
from apps.posts.imports import Draft, import_posts
from project.testing import kill

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]
SECRET = "xyzzyplugh"
KILLS = 8


def test_a_deletion_survives_the_death_of_its_workers(make_account, start_process, deliver):
    ada = make_account("adalovelace", shard="shard0")
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    import_posts(
        author_id=ada.pk,
        drafts=[Draft(f"{n}", f"{SECRET} {n}", begin + timedelta(hours=n)) for n in range(600)],
    )
    for number in range(30):
        other = make_account(f"other{number}", shard="shard1")
        follows.follow(follower_id=other.pk, followed_id=ada.pk)
        posts.like(account_id=ada.pk, post_id=posts.publish(author_id=other.pk, text="x").pk)
    deliver()
    deletion = services.ask(username="adalovelace")
    needles = [str(ada.pk), SECRET]
    code = f"from apps.erasure import services; services.work({deletion.pk})"

    killed_in = []
    while deletion.step != Step.DONE and len(killed_in) < KILLS:
        before = progress(deletion)
        worker = start_process("manage", "shell", "-c", code)
        while worker.poll() is None and progress(deletion) == before:
            time.sleep(0.002)
        if worker.poll() is None:
            kill(worker)
            killed_in.append(deletion.step)
        deliver()
        Deletion.objects.filter(ended_at=None).update(held_until=None)
        deletion.refresh_from_db()
    while not services.work(deletion.pk):
        deliver()

    assert len(killed_in) >= 3
    assert found_in(needles) - kept() == set()
    assert Deletion.objects.get().counts["posts_post"] >= 500


def progress(deletion):
    deletion.refresh_from_db()
    return deletion.step, dict(deletion.begun), dict(deletion.counts)
