"""How often apps may ask."""

from apps.throttling import limits
from apps.throttling.limits import Away, By

API = limits.declare(
    "api",
    300,
    300,
    by=By.ACCOUNT,
    away=Away.LETS,
    about="requests of one account's apps to the API",
)
API_ADDRESS = limits.declare(
    "api-address",
    300,
    300,
    by=By.ADDRESS,
    away=Away.LETS,
    about="requests to the API from one address, with no account",
)
BAD_TOKEN = limits.declare(
    "bad-token",
    60,
    300,
    by=By.ADDRESS,
    away=Away.HERE,
    about="requests to the API from one address with tokens that are not valid",
)
NEW_APP = limits.declare(
    "new-app",
    30,
    600,
    by=By.ADDRESS,
    away=Away.HERE,
    about="apps registered, and tokens asked for, from one address",
)
