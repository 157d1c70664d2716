"""How often one may ask for an archive."""

from apps.throttling import limits
from apps.throttling.limits import Away, By

EXPORTS = limits.declare(
    "archives",
    3,
    24 * 3600,
    by=By.ACCOUNT,
    away=Away.HERE,
    about="archives that one account asks for",
)
