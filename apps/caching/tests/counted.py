from apps.caching.queries import cached
from apps.posts.models import Tally


@cached("test.counted", tags=lambda owner_id: [f"posts.tally:{owner_id}"])
def likes(owner_id):
    """The likes of an owner; over a table of the site, so the site's triggers are under test."""
    return sum(Tally.objects.filter(owner_id=owner_id).values_list("likes", flat=True)) or None
