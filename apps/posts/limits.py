"""How often one may write, and how often one may like and repost."""

from apps.throttling import limits
from apps.throttling.limits import Away, By

POSTING = limits.declare(
    "posting",
    30,
    600,
    by=By.ACCOUNT,
    away=Away.LETS,
    about="posts and replies of one account",
)
POSTING_ADDRESS = limits.declare(
    "posting-address",
    300,
    600,
    by=By.ADDRESS,
    away=Away.LETS,
    about="posts and replies from one address, of any account",
)
REACTING = limits.declare(
    "reacting",
    200,
    600,
    by=By.ACCOUNT,
    away=Away.LETS,
    about="likes and reposts of one account, given or taken back",
)
