"""Every setting, read once from the environment. The same code everywhere: only variables differ.

With no variable set this is the embedded site on loopback. docs/settings.md lists them all.
"""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from apps.cluster import topology as topologies
from apps.kernel import addresses, env
from apps.kernel.errors import Misconfigured
from apps.plugins import discovery
from apps.throttling import pace
from apps.tracing import logs
from project import identity, keys, media, policy

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("ROOKERY_HOME") or BASE_DIR / ".rookery").resolve()
EMBEDDED = not os.environ.get("ROOKERY_TOPOLOGY")

TOPOLOGY = topologies.load(os.environ, HOME)

# --- Where the site is -----------------------------------------------------------------------
SITE_URL = os.environ.get("ROOKERY_SITE_URL", "http://127.0.0.1:8000").rstrip("/")
SITE_NAME = os.environ.get("ROOKERY_SITE_NAME", "Rookery")
_site = urlsplit(SITE_URL)
if _site.scheme not in ("http", "https") or not _site.hostname:
    raise Misconfigured("ROOKERY_SITE_URL", "an http or https address", SITE_URL)
HTTPS = _site.scheme == "https"
LOOPBACK = _site.hostname in ("127.0.0.1", "localhost", "::1")
ALLOWED_HOSTS = env.words(os.environ, "ROOKERY_ALLOWED_HOSTS") or (
    ["127.0.0.1", "localhost", "[::1]"] if LOOPBACK else [_site.hostname]
)
CSRF_TRUSTED_ORIGINS = [SITE_URL] if HTTPS else []
DEBUG = env.flag(os.environ, "ROOKERY_DEBUG", False)

# --- Secrets ---------------------------------------------------------------------------------
SECRET_KEY = keys.secret_key(os.environ, HOME, embedded=EMBEDDED)
# Those from before: what they have signed or encrypted is still taken.
SECRET_KEY_FALLBACKS = env.words(os.environ, "ROOKERY_SECRET_KEY_FALLBACKS")
# Whoever sends it may read /metrics without signing in; empty, only the staff may.
METRICS_TOKEN = os.environ.get("ROOKERY_METRICS_TOKEN", "")
if not LOOPBACK:
    keys.refuse_examples(TOPOLOGY, SECRET_KEY, METRICS_TOKEN)

# --- Servers ---------------------------------------------------------------------------------
# WSGI threads keep their connections; under ASGI that runs out of them, so push has a pool. Its
# four threads may each hold a connection while a plugin, on a thread beside it, asks for another
# one, and four of a plugin's calls may be left behind.
POOL = env.flag(os.environ, "ROOKERY_DB_POOL", False)
POOL_SIZE = 12
DATABASES = topologies.databases(
    TOPOLOGY,
    options={
        "CONN_MAX_AGE": 0 if POOL else None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"pool": {"min_size": 0, "max_size": POOL_SIZE, "timeout": 5}} if POOL else {},
    },
)
for _alias in ("default", *TOPOLOGY.shards):
    DATABASES[_alias]["ENGINE"] = "apps.caching.postgresql"
DATABASE_ROUTERS = ["project.routers.Router"]
REPLICATION_GROUPS = topologies.groups(TOPOLOGY)
REPLICATION_COOKIE = "rookery_seen"
# Written by the page's script with what it was told; live.js has the same name.
REPLICATION_TOLD_COOKIE = "rookery_told"
# A replica further behind is left out, and tried again after a growing pause.
REPLICATION_MAX_LAG_SECONDS = env.integer(os.environ, "ROOKERY_REPLICA_MAX_LAG", 60, 1, 3600)
# How long a replica may take to say how far it is; ten times what a busy one needs.
REPLICATION_ANSWER_SECONDS = 1.0
# How long a read on a replica may take before it runs again on the primary.
REPLICATION_READ_SECONDS = 10.0
# How long a statement of a request or a task may take on a primary: fan-out to very many is long.
REPLICATION_WRITE_SECONDS = 30.0
# Threads of a process that may wait for one server: two of a web process are left for the others.
REPLICATION_SLOTS = max(2, env.integer(os.environ, "ROOKERY_WEB_THREADS", 8, 1, 64) - 2)
# How long a request that lost its primary, and committed nothing, waits for the next one.
_led = any("," in DATABASES[alias]["HOST"] for alias in REPLICATION_GROUPS)
REPLICATION_FAILOVER_SECONDS = env.integer(
    os.environ, "ROOKERY_FAILOVER_SECONDS", 5 if _led else 0, 0, 60
)
SHARDING_SHARDS = list(TOPOLOGY.shards)
# How long a process may go on with a bucket map that has changed.
SHARDING_MAP_SECONDS = 1.0
CACHES = {
    "default": {
        "BACKEND": "apps.grid.backend.NearCache",
        "LOCATION": TOPOLOGY.cache,
        # One second: a cache that is slower than its database is away.
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 1, "SOCKET_TIMEOUT": 1},
    }
}
# Off, every cached query asks the database; commits go on to touch tags, so it may be on again.
CACHING_ENABLED = env.flag(os.environ, "ROOKERY_QUERY_CACHE", True)
# Units meet at this server, and each keeps so much of the cache in its own memory.
GRID_URL = TOPOLOGY.cache
GRID_NEAR_BYTES = env.integer(os.environ, "ROOKERY_NEAR_CACHE_MB", 64, 0, 65_536) * 2**20
# Each web process keeps so much of whole pages, and answers them before Django.
EDGE_BYTES = env.integer(os.environ, "ROOKERY_EDGE_MB", 64, 0, 65_536) * 2**20
# What `units` shows; empty, it is what git says of the checkout.
GRID_VERSION = os.environ.get("ROOKERY_VERSION", "")
# Units take turns in noting how all servers are, for the operators' page and /metrics.
OPS_SAMPLES = True
DJANGO_REDIS_IGNORE_EXCEPTIONS = True
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = False

# --- Celery ----------------------------------------------------------------------------------
CELERY_BROKER_URL = TOPOLOGY.broker
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A worker waits for a broker that is away for as long as it takes.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 5}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
# Workers keep their connections, and hold them to what threads of web are held to: project.celery.
CELERY_DB_REUSE_MAX = sys.maxsize
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "apps.ops.pulse:Scheduler"
# The file whose time a worker and beat keep new, for whoever watches them.
PULSE_FILE = os.environ.get("ROOKERY_PULSE_FILE", "")
CELERY_BEAT_SCHEDULE = {
    "events-sweep": {"task": "events.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "timelines-arrivals": {
        "task": "timelines.confirm-arrivals",
        "schedule": 1.0,
        "options": {"expires": 1},
    },
    "caching-debts": {"task": "caching.pay-debts", "schedule": 5.0, "options": {"expires": 5}},
    "events-fragments": {"task": "events.fragments", "schedule": 6 * 3600.0},
    "posts-keys": {"task": "posts.forget-keys", "schedule": 3600.0, "options": {"expires": 3600}},
    "archives-tend": {"task": "archives.tend", "schedule": 60.0, "options": {"expires": 60}},
    "erasure-tend": {"task": "erasure.tend", "schedule": 30.0, "options": {"expires": 30}},
    "pictures-sweep": {"task": "pictures.sweep", "schedule": 3600.0, "options": {"expires": 3600}},
    "api-forget": {"task": "api.forget", "schedule": 24 * 3600.0},
    "timelines-review": {"task": "timelines.review", "schedule": 600.0},
    "timelines-trim": {"task": "timelines.trim", "schedule": 3600.0, "options": {"expires": 3600}},
}
# How long the event log is kept: what a browser missed or a new subscriber needs comes from it.
EVENTS_KEEP_WEEKS = env.integer(os.environ, "ROOKERY_EVENT_WEEKS", 12, 1, 520)

# --- Timelines -------------------------------------------------------------------------------
# Followers above which a post is not written to each of them but merged by who reads; below half
# of it, it is written again.
TIMELINES_MERGE_ABOVE = env.integer(
    os.environ, "ROOKERY_MERGE_ABOVE_FOLLOWERS", 10_000, 1, 1_000_000_000
)
# Entries kept for each account; what is older is merged by who scrolls there.
TIMELINES_KEEP = env.integer(os.environ, "ROOKERY_TIMELINE_KEEP", 1000, 20, 1_000_000)

# --- Push ------------------------------------------------------------------------------------
# Publish and subscribe: nothing is kept for push processes that are gone. What is lost on the
# way, each finds in the event log.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            # A listening connection waits without end: with a time-out an idle one dies.
            # A connection that broke while it was idle is opened again, once.
            "hosts": [
                {
                    "address": TOPOLOGY.channels,
                    "socket_timeout": None,
                    "retry": Retry(NoBackoff(), 1),
                }
            ],
        },
    }
}
# Where browsers find the push process; empty where it shares the site's address.
PUSH_URL = os.environ.get("ROOKERY_PUSH_URL", "").rstrip("/")

# --- Plugins ---------------------------------------------------------------------------------
PLUGINS = discovery.find(BASE_DIR / "apps" / "bundled", "apps.bundled")
# Starts without any: to switch off one that keeps the program from starting.
PLUGINS_SAFE_MODE = env.flag(os.environ, "ROOKERY_SAFE_MODE", False)
# Where units hear that a plugin was switched on or off; without, each asks once.
PLUGINS_HINTS = TOPOLOGY.cache

# --- Outgoing requests -----------------------------------------------------------------------
# Says who asks: whoever is bothered by it finds us there.
OUTGOING_AGENT = f"Rookery/0.1 (+{SITE_URL})"

# --- The program -----------------------------------------------------------------------------
INSTALLED_APPS = [
    "apps.cluster",
    "apps.edge",
    "apps.grid",
    "apps.plugins",
    "apps.throttling",
    "apps.tracing",
    "apps.replication",
    "apps.sharding",
    "apps.indexing",
    "apps.caching",
    "apps.events",
    "apps.moves",
    "apps.push",
    # Before accounts, which takes their tables out of admin.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    *identity.providers(os.environ),
    "apps.pictures",
    "apps.accounts",
    "apps.posts",
    "apps.follows",
    "apps.timelines",
    "apps.notifications",
    "apps.archives",
    "apps.erasure",
    "oauth2_provider",
    "apps.api",
    *(() if PLUGINS_SAFE_MODE else (plugin.package for plugin in PLUGINS)),
    "apps.demo",
    "apps.loadtest",
    "apps.drills",
    "apps.ops",
    "apps.plugins.apps.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "csp",
]
MIDDLEWARE = [
    "apps.tracing.middleware.Traced",
    "apps.edge.middleware.KeptPages",
    "apps.ops.measuring.Measured",
    "apps.grid.middleware.InFlight",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "project.policy.Browsers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.api.middleware.OpenToOthers",
    "project.refusals.Refusals",
    "apps.replication.middleware.FreshReads",
    "project.preferences.Preferred",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.languages.Spoken",
    "allauth.account.middleware.AccountMiddleware",
    "apps.accounts.sight.KeptSight",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
ASGI_APPLICATION = "project.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "project" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["project.once"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "project.context.site",
                "project.context.reader",
                "project.context.seen",
                "project.context.faults",
                "project.context.frame",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "project" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# --- Signing in ------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.Backend"]
# The username is unique whatever its case, by a constraint on lower(username).
# W008: programs listen on their own machine by http; any other such address is refused.
# W010: most apps of this protocol send no challenge.
SILENCED_SYSTEM_CHECKS = ["auth.E003", "auth.W004", "oauth2_provider.W008", "oauth2_provider.W010"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "timelines:home"
LOGOUT_REDIRECT_URL = "timelines:home"
# E-mail, second factors, and the doors of others: all that django-allauth reads.
_identity = identity.settings(
    os.environ, home=HOME, embedded=EMBEDDED, site_url=SITE_URL, site_name=SITE_NAME
)
# What addresses are for: off, optional or required.
ACCOUNTS_EMAIL: str = _identity.pop("ACCOUNTS_EMAIL")
globals().update(_identity)
# Kept in the directory, read from the cache: a page of a signed-in account asks for no session.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_NAME = "rookery_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

# --- Apps ------------------------------------------------------------------------------------
OAUTH2_PROVIDER_APPLICATION_MODEL = "api.Application"
OAUTH2_PROVIDER = {
    "OAUTH2_VALIDATOR_CLASS": "apps.api.oauth.Validator",
    "OAUTH2_BACKEND_CLASS": "apps.api.oauth.Core",
    "SCOPES_BACKEND_CLASS": "apps.api.scopes.Scopes",
    "ACCESS_TOKEN_GENERATOR": "apps.api.bearers.generate",
    # Apps of this protocol never ask for a new token; a new password ends them all.
    "ACCESS_TOKEN_EXPIRE_SECONDS": 10 * 365 * 24 * 3600,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 600,
    # Most of them send no challenge; where one is sent it must be met.
    "PKCE_REQUIRED": False,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    # Of tokens only digests are stored.
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
}

# --- Limits ----------------------------------------------------------------------------------
# Who is believed about whom it asks for (X-Forwarded-For) and about a request's id.
TRUSTED_PROXIES = addresses.networks(
    "ROOKERY_TRUSTED_PROXIES", env.words(os.environ, "ROOKERY_TRUSTED_PROXIES")
)
THROTTLING_URL = TOPOLOGY.cache
THROTTLING_LIMITS = pace.parsed("ROOKERY_LIMITS", env.words(os.environ, "ROOKERY_LIMITS"))

# --- Over the wire ---------------------------------------------------------------------------
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": policy.directives(
        SITE_URL, PUSH_URL, identity.doors(os.environ), media.origins(os.environ)
    )
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20

# --- Files -----------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "project" / "static"]
# The production image collects files once and names them by content; elsewhere they are found
# in their places.
COLLECTED = bool(os.environ.get("ROOKERY_STATIC_ROOT"))
STATIC_ROOT = Path(os.environ.get("ROOKERY_STATIC_ROOT") or HOME / "static")
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not COLLECTED
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(os.environ.get("ROOKERY_MEDIA_ROOT") or HOME / "media")
_STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
_HASHED = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "pictures": media.storage(os.environ),
    "staticfiles": {"BACKEND": _HASHED if COLLECTED else _STATIC},
    # What accounts have exported: no address leads there, and nobody else may read the files.
    "archives": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": Path(os.environ.get("ROOKERY_ARCHIVES_DIR") or HOME / "archives"),
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
}

# --- Logs ------------------------------------------------------------------------------------
LOGGING = logs.configuration(
    logs.form("ROOKERY_LOG_FORMAT", os.environ.get("ROOKERY_LOG_FORMAT", "line"))
)
