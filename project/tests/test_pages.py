"""Every page, as a visitor and as an account; refusals; admin over all shards."""

import pytest
from django.db import OperationalError

from apps.follows import services as follows
from apps.plugins.models import Fault
from apps.posts import services as posts
from apps.posts.models import Post

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def author(make_account):
    return make_account("ada", shard="shard1")


@pytest.fixture
def post(author):
    return posts.publish(author_id=author.pk, text="hello <b>world</b>")


@pytest.fixture
def admin(client, make_account):
    account = make_account("admin", is_staff=True, is_superuser=True)
    client.force_login(account)
    return client


def test_a_visitor_reads_everything_and_changes_nothing(client, author, post):
    for path in ("/", "/public", "/@ada", f"/@ada/{post.pk}"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "hello &lt;b&gt;world&lt;/b&gt;" in answer.text
    for path in ("like", "unlike", "repost", "unrepost", "delete"):
        answer = client.post(f"/posts/{post.pk}/{path}")
        assert answer.url.startswith("/accounts/sign-in")
    assert client.post("/posts/", {"text": "x"}).url.startswith("/accounts/sign-in")
    assert client.post("/@ada/follow").url.startswith("/accounts/sign-in")
    assert Post.objects.scatter().count() == 1


def test_writing_replying_liking_reposting_and_deleting(
    client, make_account, author, post, deliver
):
    client.force_login(make_account("wren"))
    client.post("/posts/", {"text": "a reply", "in_reply_to": post.pk})
    client.post(f"/posts/{post.pk}/like")
    client.post(f"/posts/{post.pk}/repost")
    deliver()
    page = client.get(f"/@ada/{post.pk}")
    card = page.context["post"]
    assert (card.likes, card.reposts, card.replies) == (1, 1, 1)
    assert "a reply" in page.text

    client.post(f"/posts/{post.pk}/unlike")
    client.post(f"/posts/{post.pk}/unrepost")
    assert (
        "Delete this post?"
        in client.get(f"/posts/{page.context['replies'].items[0].id}/delete").text
    )
    client.post(f"/posts/{page.context['replies'].items[0].id}/delete")
    deliver()

    card = client.get(f"/@ada/{post.pk}").context["post"]
    assert (card.likes, card.reposts, card.replies) == (0, 0, 0)


def test_with_htmx_the_changed_part_comes_back_alone(client, make_account, post):
    client.force_login(make_account("wren"))
    htmx = {"HX-Request": "true"}

    liked = client.post(f"/posts/{post.pk}/like", headers=htmx)
    followed = client.post("/@ada/follow", headers=htmx)

    assert liked.text.lstrip().startswith('<div class="actions"')
    assert 'aria-pressed="true"' in liked.text
    assert "Following" in followed.text
    assert "<html" not in liked.text + followed.text


def test_without_script_one_comes_back_to_where_one_was(client, make_account, post):
    client.force_login(make_account("wren"))

    here = client.post(f"/posts/{post.pk}/like", {"next": "/public?before=9"})
    elsewhere = client.post(f"/posts/{post.pk}/unlike", {"next": "https://evil.example/"})

    assert here.url == f"/public?before=9#post-{post.pk}"
    assert elsewhere.url == f"/@ada/{post.pk}"


def test_a_refused_post_comes_back_with_its_text(client, author):
    client.force_login(author)

    answer = client.post("/posts/", {"text": "x" * 501})

    assert answer.status_code == 422
    assert "at most 500 characters; this one has 501" in answer.text
    assert "x" * 501 in answer.text


def test_following_shows_on_both_profiles(client, make_account, author, deliver):
    wren = make_account("wren", shard="shard0")
    client.force_login(wren)
    client.post("/@ada/follow")
    client.post("/@ada/follow")
    deliver()

    assert client.get("/@ada").context["counts"]["followers"] == 1
    assert client.get("/@wren").context["counts"]["following"] == 1
    client.post("/@ada/unfollow")
    deliver()
    assert client.get("/@ada").context["counts"]["followers"] == 0


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/@nobody", 404),
        ("/@ada/1", 404),
        ("/posts/1", 404),
        ("/public?before=x", 404),
        ("/public?before=99999999999999999999999", 404),
        ("/no/such/page", 404),
        ("/@ada?before=1", 200),
        ("/posts/99999999999999999999999", 404),
        ("/@ADA", 302),
    ],
)
def test_wrong_addresses_get_clear_answers(client, author, path, status):
    assert client.get(path).status_code == status


def test_somebody_elses_post_is_not_deleted(client, make_account, post):
    client.force_login(make_account("wren"))

    answer = client.post(f"/posts/{post.pk}/delete")

    assert answer.status_code == 403
    assert Post.objects.filter(id=post.pk).exists()


def test_following_oneself_is_refused(client, author):
    client.force_login(author)

    assert client.post("/@ada/follow").status_code == 400


def test_with_a_database_away_a_draft_is_kept(client, author, monkeypatch):
    client.force_login(author)

    def away(**_):
        raise OperationalError("gone")

    monkeypatch.setattr("apps.posts.services.publish", away)
    answer = client.post("/posts/", {"text": "a thought worth keeping"})

    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"
    assert "a thought worth keeping" in answer.text


def test_live_asks_no_server_and_ready_asks_all(client, count_queries, monkeypatch):
    with count_queries() as queries:
        assert client.get("/health/live").status_code == 200
    assert queries == []
    assert client.get("/health/ready").json() == {
        "default": True,
        "shard0": True,
        "shard1": True,
    }


def test_admin_lists_rows_of_every_shard_and_pages_by_cursor(admin, make_account):
    authors = make_account(shard="shard0"), make_account(shard="shard1")
    written = [posts.publish(author_id=authors[n % 2].pk, text=f"post {n}").pk for n in range(60)]

    first = admin.get("/admin/posts/post/")
    second = admin.get("/admin/posts/post/" + first.context["cl"].next_link())

    found = [row.pk for page in (first, second) for row in page.context["cl"].result_list]
    assert found == written[::-1]


@pytest.mark.parametrize("term", ["needle", "@ada", "{id}"])
def test_admin_finds_posts_by_words_by_author_and_by_id(admin, make_account, author, term):
    wanted = posts.publish(author_id=author.pk, text="a needle in here").pk
    posts.publish(author_id=make_account(shard="shard0").pk, text="hay")

    page = admin.get("/admin/posts/post/", {"q": term.format(id=wanted)})

    assert [row.pk for row in page.context["cl"].result_list] == [wanted]


def test_admin_finds_and_changes_profiles_on_any_shard(admin, author, make_account):
    page = admin.get("/admin/accounts/profile/", {"q": "ada"})
    assert [row.username for row in page.context["cl"].result_list] == ["ada"]
    url = f"/admin/accounts/profile/{author.pk}/change/"
    assert admin.get(url).status_code == 200

    answer = admin.post(url, {"name": "Ada B", "bio": "x"})

    assert answer.status_code == 302
    assert "Ada B" in admin.get("/@ada").text


def test_admin_deletes_posts_one_and_many(admin, author, deliver):
    written = [posts.publish(author_id=author.pk, text=str(n)).pk for n in range(3)]
    url = f"/admin/posts/post/{written[0]}/delete/"
    assert admin.get(url).status_code == 200
    admin.post(url, {"post": "yes"})

    admin.post("/admin/posts/post/", {"action": "delete_posts", "_selected_action": written[1:]})

    assert not Post.objects.filter(author_id=author.pk).exists()


def test_admin_shows_the_bucket_map_and_accounts(admin, author):
    assert "bucket" in admin.get("/admin/sharding/bucket/", {"shard": "shard1"}).text
    assert admin.get(f"/admin/accounts/account/{author.pk}/change/").status_code == 200
    assert admin.get("/admin/accounts/account/", {"q": "ada"}).context["cl"].result_count == 1


def test_every_page_of_a_list_is_linked_without_script(client, author):
    for number in range(25):
        posts.publish(author_id=author.pk, text=str(number))

    first = client.get("/public")
    cursor = first.context["page"].next_cursor

    assert f'href="?before={cursor}"' in first.text
    assert len(client.get("/public", {"before": cursor}).context["page"].items) == 5


def test_a_home_timeline_shows_what_it_should(client, make_account, author, post, deliver):
    wren = make_account("wren", shard="shard0")
    follows.follow(follower_id=wren.pk, followed_id=author.pk)
    deliver()
    client.force_login(wren)

    assert "hello &lt;b&gt;world" in client.get("/").text
    assert client.get("/public").status_code == 200


def test_no_plugin_is_cut_off_where_nothing_is_cached(client, make_account, settings):
    settings.CACHING_ENABLED = False
    reader, authors = make_account("reader"), [make_account() for _ in range(4)]
    for author in authors:
        follows.follow(follower_id=reader.pk, followed_id=author.pk)
        for number in range(6):
            posts.publish(
                author_id=author.pk, text=f"{number} https://page.example/ #rooks @reader"
            )
    client.force_login(reader)

    for page in ("/", "/public", "/@reader", f"/@{authors[0].username}", "/tags/rooks"):
        assert client.get(page).status_code == 200, page

    assert list(Fault.objects.values_list("plugin", "hook", "error")) == []
