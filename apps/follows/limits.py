"""How often one may follow and unfollow."""

from apps.throttling import limits
from apps.throttling.limits import Away, By

FOLLOWING = limits.declare(
    "following",
    100,
    600,
    by=By.ACCOUNT,
    away=Away.LETS,
    about="follows of one account, made or taken back",
)
