"""How much a browser may send. Pure."""

from dataclasses import dataclass

LARGEST_MESSAGE = 4096
MOST_SUBSCRIPTIONS = 100
BURST = 20.0
PER_SECOND = 2.0


@dataclass
class Allowance:
    """A bucket of tokens: full at first, filled by PER_SECOND up to BURST."""

    at: float
    left: float = BURST

    def take(self, now: float) -> bool:
        """Take one token at time `now` (seconds); tells whether there was one."""
        self.left = min(BURST, self.left + (now - self.at) * PER_SECOND)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True
