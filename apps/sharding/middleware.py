"""Every page says which share of the shards it comes from; none that lacks some is kept."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.kernel import dependencies
from apps.replication import scopes
from apps.sharding import harvest

SAFE = ("GET", "HEAD")


class Harvested:
    """Lets pages that are only read do without shards that are away; goes inside FreshReads.

    What must be certain reads from primaries and is refused where one is away; what writes does
    so by itself where it has to.

    `Harvest: 3/4` says how many shards were asked and answered; `Aged: shard1=40` that a replica
    stood in for a primary, with how many seconds old its rows may be.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def must_be_certain(self, request: HttpRequest) -> bool:
        """Tell whether the answer decides something; a project says which."""
        return False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        if self.must_be_certain(request):
            with scopes.primary():
                return self.get_response(request)
        if request.method not in SAFE:
            return self.get_response(request)
        with harvest.kept() as found:
            response = self.get_response(request)
        scope = scopes.current()
        aged = scope.aged if scope else {}
        if found.asked:
            response["Harvest"] = str(found)
        if aged:
            response["Aged"] = ", ".join(f"{g}={s:.0f}" for g, s in sorted(aged.items()))
        if aged or not found.is_whole:
            dependencies.passing("a part was away")
            response["Cache-Control"] = "no-store"
            response.headers.pop("ETag", None)
        return response
