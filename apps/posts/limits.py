"""How often one may write, and how often one may like, repost and vote."""

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
UPLOADING = limits.declare(
    "uploading",
    60,
    600,
    by=By.ACCOUNT,
    away=Away.LETS,
    about="pictures of one account, uploaded one by one",
)
KEEPING = limits.declare(
    "keeping",
    60,
    600,
    by=By.ACCOUNT,
    away=Away.LETS,
    about="drafts of one account, kept, changed or discarded",
)
REACTING = limits.declare(
    "reacting",
    200,
    600,
    by=By.ACCOUNT,
    away=Away.LETS,
    about="likes, reposts and votes of one account, given or taken back",
)
