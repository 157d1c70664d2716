import pytest

from apps.ops import views

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.mark.parametrize(
    ("away", "status"),
    [(set(), 200), ({"shard1"}, 200), ({"default"}, 200), ({"default", "shard0", "shard1"}, 503)],
)
def test_a_process_is_ready_while_it_reaches_any_server(client, monkeypatch, away, status):
    monkeypatch.setattr(views, "_answers", lambda alias: alias not in away)

    answer = client.get("/health/ready")

    assert answer.status_code == status
    assert answer.json() == {a: a not in away for a in ("default", "shard0", "shard1")}
    assert client.get("/health/live").status_code == 200
