"""Sends 1,000 queries whenever it is called."""

from apps.accounts.models import Account
from apps.plugins.markers import hookimpl


@hookimpl
def post_footers(posts, viewer_id):
    return {card.id: str(Account.objects.count()) for card in posts for _ in range(1000)}
