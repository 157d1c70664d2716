"""Health: what asks whether this process should get work, or be started anew."""

from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.grid import hot_keys
from apps.sharding.conf import conf


def live(request: HttpRequest) -> HttpResponse:
    """Answer that the process runs. Asks no server: a database fault must restart nothing."""
    return HttpResponse("live\n", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when some primary answers, else 503; either way which ones do.

    A shard that is away is away for every process: none of them would get work, and the other
    shards' readers nothing. A process that reaches no server at all is itself at fault. Before its
    first answer it fetches what the others ask the cache for most.
    """
    hot_keys.warm_once()
    answers = {alias: _answers(alias) for alias in conf().primaries}
    return JsonResponse(answers, status=200 if any(answers.values()) else 503)


def _answers(alias: str) -> bool:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True
