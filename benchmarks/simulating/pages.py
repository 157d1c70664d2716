"""How often a page is still there from before, worked out from the rates of a plan.

A page that is asked for `asked` times a second where it is kept, and that ends `ended` times a
second, is there with the probability asked / (asked + ended): both come at random. So a short
simulated time begins as warm as a long one would be.
"""

from benchmarks.simulating.plans import Plan
from locustfiles import mix

# Threads and profiles that are asked for belong to the posts on the first public page.
SHOWN = 20
# How many requests a second one member makes.
EACH = 1 / mix.PERIOD


def shares() -> dict[tuple[str, bool], float]:
    """Return the part that each kind of request has of all; True with it: by who is signed in."""
    people = mix.READERS + mix.MEMBERS
    found = {}
    for is_member, share, kinds in (
        (False, mix.READERS, mix.READER),
        (True, mix.MEMBERS, mix.MEMBER),
    ):
        whole = sum(kinds.values())
        found |= {(kind, is_member): share / people * n / whole for kind, n in kinds.items()}
    return found


class Chances:
    """Of a plan: `entries` is how many entries a second an account's home timeline gets."""

    def __init__(self, plan: Plan, entries: float) -> None:
        self.plan = plan
        self.rates = {kind: share * plan.requests for kind, share in shares().items()}
        self.posts = self.rates["post", True] + self.rates["reply", True]
        self._entries = entries

    def at_proxy(self, kind: str) -> float:
        """Return the chance that a proxy has a visitor's page."""
        if not self.plan.proxy_seconds:
            return 0.0
        return self._there(kind, self.plan.proxies, 1 / self.plan.proxy_seconds)

    def in_process(self, kind: str, is_member: bool) -> float:
        """Return the chance that a web process has a page, for whoever asks."""
        if not is_member:
            return self._there(kind, self.plan.web, 0, 1 - self.at_proxy(kind))
        if kind != "home":
            return 0.0
        asked = EACH * mix.MEMBER["home"] / sum(mix.MEMBER.values()) / self.plan.web
        return asked / (asked + self._entries)

    def in_grid(self, kind: str) -> float:
        """Return the chance that what a page shows is in the cache that all processes share."""
        if kind == "home":
            asked = EACH * mix.MEMBER["home"] / sum(mix.MEMBER.values())
            return asked / (asked + self._entries)
        return self._there(kind, 1, 0)

    def list_is_held(self, *, by_all: bool) -> float:
        """Return the chance that a process, or all together, has a shard's list of public posts."""
        made = sum(
            self.rates[kind, False] * (1 - self.at_proxy(kind)) * (1 - self.in_process(kind, False))
            for kind in ("public", "older")
        )
        asked = made if by_all else made / self.plan.web
        return asked / (asked + self.posts / self.plan.shards) if asked else 0.0

    def _there(self, kind: str, keepers: int, ended: float, left: float = 1) -> float:
        is_list = kind in ("public", "older")
        asked = self.rates[kind, False] * left / keepers / (1 if is_list else SHOWN)
        changes = self.posts if is_list else self.posts / SHOWN
        # A proxy does not hear of changes: only its time ends a list; a thread goes out of sight.
        ended = ended or changes if is_list else changes + ended
        return asked / (asked + ended) if asked else 0.0
