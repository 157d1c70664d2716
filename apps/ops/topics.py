"""What operators hear of in their browsers."""

from collections.abc import Sequence

from django.contrib.auth import get_user_model

from apps.events.announcements import Announced
from apps.ops.sampling import TOPIC
from apps.ops.topology import PERMISSION
from apps.push.topics import EVERY, Data, register
from apps.push.topics import Topic as Base


class Topology(Base):
    """That there is a new snapshot of the topology."""

    name = TOPIC
    about = "The operators' page has something new to show."
    audience = "operators: whoever may look at the bucket map"
    events = {}
    needs_account = True
    latest_only = True

    def may(self, account_id: int) -> bool:
        """Tell whether it is an operator's account, by the directory."""
        account = get_user_model().objects.filter(pk=account_id, is_active=True).first()
        return account is not None and account.has_perm(PERMISSION)

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """All there is."""
        return [EVERY]

    def messages(self, told: Sequence[Announced]) -> dict[int, Data]:
        """Nothing is in the log: a snapshot is true for two seconds."""
        return {}


register(Topology())
