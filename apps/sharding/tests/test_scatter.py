import random

import pytest

from apps.posts.models import Post
from apps.sharding import ids

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.mark.parametrize("skew", [0.0, 0.05, 0.5, 1.0])
def test_pages_over_shards_are_exact_whatever_the_skew(make_account, skew):
    authors = make_account(shard="shard0"), make_account(shard="shard1")
    rng = random.Random(7)
    rows = []
    for number in range(120):
        author = authors[rng.random() < skew]
        # Three posts share each millisecond: equal times, different ids.
        tick = (10**9 + number // 3) * 4096 + number % 3
        value = ids.compose(tick, ids.bucket_of(author.pk))
        rows.append(Post(id=value, author_id=author.pk, text=str(number)))
    Post.objects.bulk_create(rows)

    found, before = [], None
    while True:
        page = Post.objects.scatter().page(limit=7, before=before)
        found += [row.pk for row in page.items]
        if page.next_cursor is None:
            break
        before = int(page.next_cursor)

    assert found == sorted((row.pk for row in rows), reverse=True)


def test_oldest_first_pages_go_the_other_way(make_account):
    authors = make_account(shard="shard0"), make_account(shard="shard1")
    values = [ids.compose(10**12 + n * 4096, ids.bucket_of(authors[n % 2].pk)) for n in range(10)]
    Post.objects.bulk_create(Post(id=v, author_id=authors[n % 2].pk) for n, v in enumerate(values))

    page = Post.objects.scatter().page(limit=4, after=values[1])

    assert [row.pk for row in page.items] == sorted(values)[2:6]
    assert page.next_cursor == str(sorted(values)[5])
    assert Post.objects.scatter().count() == 10
