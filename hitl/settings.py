"""Settings of the Django project.

What differs per deployment comes from the environment; what differs per customer is a column.
`manage.py` fills DATABASE_URL, REDIS_URL and HITL_SECRET_KEY for the local mode (see `hitl.runtime`).
"""

import os
import sys
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from kombu.entity import Queue
from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn

from hitl import __version__, sizes
from hitl.schedule import QUEUES, ROUTES, SCHEDULE
from hitl.shared.store_address import file_stores

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("HITL_DATA_DIR") or BASE_DIR / ".run").expanduser()


MIN_SECRET = 32  # characters


def _required(name: str, why: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"Set {name}: {why}. `python3 manage.py` sets it for the local mode.")
    return value


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def _networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return the networks that a variable lists, separated by commas."""
    try:
        return [ip_network(each.strip()) for each in os.environ.get(name, "").split(",") if each.strip()]
    except ValueError as problem:
        raise ImproperlyConfigured(f"{name}: {problem}. Name networks like 10.1.0.0/16.") from problem


def _mail_server(url: str) -> dict[str, Any]:
    """Read smtp://, smtps:// or smtp+tls://user:password@host:port; nothing where none is set."""
    if not url:
        return {}
    parts = urlsplit(url)
    ports = {"smtp": 25, "smtps": 465, "smtp+tls": 587}
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ports or not parts.hostname or port == -1:
        raise ImproperlyConfigured(
            "HITL_MAIL_URL cannot be read: write smtp://, smtps:// or smtp+tls://user:password@host:port."
        )
    return {
        "host": parts.hostname,
        "port": port or ports[parts.scheme],
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "is_ssl": parts.scheme == "smtps",
        "is_tls": parts.scheme == "smtp+tls",
    }


# And the server notices a machine of ours that is gone: whatever its sessions had locked, the relay's turn
# among it, would else stay locked for two hours.
_NOTICED = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "tcp_keepalives_idle": 10,
        "tcp_keepalives_interval": 5,
        "tcp_keepalives_count": 3,
        **({"tcp_user_timeout": 30_000} if sys.platform == "linux" else {}),
    }.items()
)


def _database(url: str) -> dict[str, object]:
    """Turn a postgresql:// URL, as libpq reads it, into Django's dictionary."""
    scheme = url.partition(":")[0]
    if scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"DATABASE_URL must begin with postgresql://, not {scheme}://.")
    try:
        parts = parse_dsn(url)
    except ProgrammingError as problem:
        words = str(problem).strip().replace(url, "the address")
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {words}.") from None
    named = {name: parts.pop(name, "") for name in ("dbname", "user", "password", "host", "port")}
    asked = parts.pop("options", "")
    if not named["dbname"]:
        raise ImproperlyConfigured("DATABASE_URL names no database: end it with /name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": named["dbname"],
        "USER": named["user"],
        "PASSWORD": named["password"],
        "HOST": named["host"],
        "PORT": named["port"],
        # A connection for each request would cost 4 ms of CPU: keep them.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # Whatever else the address says (sslmode, sslrootcert, target_session_attrs, ...) goes to libpq as
        # it is. A server that is gone without a word is noticed within half a minute.
        "OPTIONS": {
            "connect_timeout": "5",
            "application_name": "hitl",
            "keepalives_idle": "10",
            "keepalives_interval": "5",
            "keepalives_count": "3",
            "tcp_user_timeout": "30000",
            "options": f"{_NOTICED} {asked}".strip(),
            **parts,
        },
    }


DEBUG = _flag("HITL_DEBUG")
SECRET_KEY = _required("HITL_SECRET_KEY", "a long random string that signs sessions, audits and artifacts")
if len(SECRET_KEY) < MIN_SECRET:
    raise ImproperlyConfigured(
        f"HITL_SECRET_KEY has {len(SECRET_KEY)} characters and can be guessed: set at least {MIN_SECRET}, "
        "for example with `openssl rand -hex 32`."
    )
SECRET_KEY_FALLBACKS = os.environ.get("HITL_OLD_SECRET_KEYS", "").split()  # sign nothing, still believed
ALLOWED_HOSTS = [h for h in os.environ.get("HITL_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if h]
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("HITL_TRUSTED_ORIGINS", "").split(",") if o]

DATABASES = {
    "default": _database(
        _required("DATABASE_URL", "postgresql://user:password@host:5432/name of PostgreSQL 15+")
    )
}
# Who may change tables: `migrate` alone works as this role, and grants the role above what the service needs.
_owner = os.environ.get("HITL_OWNER_DATABASE_URL", "")
OWNER_DATABASE = _database(_owner) if _owner else None
# A file to which each signed head of the audit log is appended, best on a disk of somebody else.
_mail = _mail_server(os.environ.get("HITL_MAIL_URL", ""))
MAIL_IS_ON = bool(_mail)
EMAIL_HOST, EMAIL_PORT = _mail.get("host", "localhost"), _mail.get("port", 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("user", ""), _mail.get("password", "")
EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.get("is_ssl", False), _mail.get("is_tls", False)
EMAIL_TIMEOUT = 10
MAIL_FROM = os.environ.get("HITL_MAIL_FROM", "hitl@localhost")

AUDIT_HEADS_FILE = os.environ.get("HITL_AUDIT_HEADS_FILE", "")
REDIS_URL = _required("REDIS_URL", "redis://:password@host:6379/0 of the broker")

INSTALLED_APPS = [
    "hitl",
    "hitl.accounts",
    "hitl.audit",
    "hitl.outbox",
    "hitl.stop",
    "hitl.web",
    "cases",
    "models_store",
    "policy",
    "reviews",
    "monitoring",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_celery_beat",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

# Pages carry sessions, CSRF and a content policy. The API carries none of them and has a stack of its own:
# seven middleware cost more than scoring a case does (`hitl.wsgi` sends each path to its stack).
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hitl.web.middleware.ContentPolicy",
    "hitl.web.middleware.BodyGuard",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "hitl.web.persons_language.PersonsLanguage",
    "hitl.web.middleware.ErrorPages",
]
API_MIDDLEWARE = ["hitl.api.middleware.ApiGuard"]

ROOT_URLCONF = "hitl.urls"
WSGI_APPLICATION = "hitl.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["hitl.accounts.hashing.OneAtATime"]
AUTHENTICATION_BACKENDS = ["hitl.accounts.sessions.People"]
SESSION_ENGINE = "hitl.accounts.sessions"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hitl.web.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "hitl.web.templatetags.ui",
                "hitl.web.templatetags.values",
            ],
        },
    }
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
USE_I18N = True
# Those whose catalogues are complete, each named in its own language; a test compares.
LANGUAGES = [("en", "English")]
if (
    DEBUG
):  # English made longer, from left to right and from right to left: what is untranslated, what too tight
    LANGUAGES += [("en-xa", "⟦Éñğĺíšĥ⟧"), ("ar-xb", "⟦Éñğĺíšĥ, right to left⟧")]
LOCALE_PATHS = [DATA_DIR / "locale"]  # compiled there by `collectstatic`
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    **file_stores(os.environ.get("HITL_OBJECT_STORE", ""), DATA_DIR),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Cookies and transport: secure unless the service is reached over plain loopback HTTP (the local mode).
SECURE_COOKIES = _flag("HITL_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_COOKIES else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _flag("HITL_BEHIND_PROXY") else None
# Networks of the proxies whose X-Forwarded-For is believed ("172.20.0.0/16"); `up` names its own front.
TRUSTED_PROXIES = _networks("HITL_TRUSTED_PROXIES")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["hitl.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["hitl.api.permissions.HasKey"],
    "DEFAULT_RENDERER_CLASSES": ["hitl.api.renderers.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "hitl.api.problems.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "hitl",
    "DESCRIPTION": "Submit cases, read decisions, manage workflows.",
    "VERSION": __version__,
    "OAS_VERSION": "3.1.1",
    "POSTPROCESSING_HOOKS": [],  # enumerations stay where they are used
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": False,
}

# A case is a few kilobytes, a batch at most 32 MB; anything above is refused before it is read.
MAX_CASE_BYTES, MAX_MEDIA_BYTES = sizes.MAX_CASE_BYTES, sizes.MAX_MEDIA_BYTES
MAX_BATCH_BYTES, MAX_UPLOAD_BYTES = sizes.MAX_BATCH_BYTES, sizes.MAX_UPLOAD_BYTES
MAX_BATCH_CASES = 10_000
MEDIA_QUOTA_BYTES = int(float(os.environ.get("HITL_MEDIA_QUOTA_GB", "50")) * 1_000_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BATCH_BYTES
KEY_REQUESTS_PER_MINUTE = int(os.environ.get("HITL_KEY_REQUESTS_PER_MINUTE", "120000"))
WEB_WORKERS = int(os.environ.get("HITL_WEB_WORKERS", "2"))  # each hands out its share of the requests

# Who may read /metrics: whoever holds this, or where none is set, callers on this machine.
# Optional libraries that training may use as well: "lightgbm", "sentences" (science/pipelines/extras.py).
EXTRA_MODELS = tuple(name for name in os.environ.get("HITL_EXTRA_MODELS", "").split(",") if name)

# What words mean, for short texts: made by `manage.py vectors` or the build of the image.
WORD_VECTORS = os.environ.get("HITL_WORD_VECTORS") or str(DATA_DIR / "word-vectors.bin")

# What runs uploaded ONNX files, for workers: made by `manage.py onnx`.
ONNX_PYTHON = os.environ.get("HITL_ONNX_PYTHON") or str(DATA_DIR / "onnx-environment" / "bin" / "python")

METRICS_TOKEN = os.environ.get("HITL_METRICS_TOKEN", "")

# Webhooks go to public addresses, and to those of the networks named here ("10.1.0.0/16,127.0.0.0/8").
WEBHOOK_NETWORKS = _networks("HITL_WEBHOOK_NETWORKS")

# How long events are kept once their subscribers have them: those about cases, and the rare others.
CASE_EVENT_DAYS = int(os.environ.get("HITL_CASE_EVENT_DAYS", "30"))
EVENT_DAYS = int(os.environ.get("HITL_EVENT_DAYS", "365"))

# After how long the images and recordings of withdrawn cases are erased.
WITHDRAWN_MEDIA_DAYS = int(os.environ.get("HITL_WITHDRAWN_MEDIA_DAYS", "30"))

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_DEFAULT_QUEUE = "safety"
CELERY_TASK_QUEUES = [Queue(name) for name in QUEUES]  # type: ignore[no-untyped-call]
CELERY_TASK_ROUTES = {job: {"queue": queue} for job, queue in ROUTES.items()}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 3600
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 2 * 3600,  # above the longest job, else Redis hands it out twice
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    # A request that rings for work must not wait for a broker that is gone: Kombu's own retries take 6 s.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False  # the database row is the truth: a lost bell is found by a sweeper
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": seconds, "options": {"expires": 2 * seconds}}
    for name, (task, seconds) in SCHEDULE.items()
}
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
CELERY_TIMEZONE = "UTC"

# Full months for which the scores of models in shadow are kept; what open evidence rests on stays longer.
SHADOW_SCORE_MONTHS = int(os.environ.get("HITL_SHADOW_SCORE_MONTHS", "6"))
COUNTS_DAYS = int(os.environ.get("HITL_COUNTS_DAYS", "400"))

# How long an answer may be taken back before webhooks go out and `GET` calls it final.
UNDO_SECONDS = 10

# Seconds of CPU that the learning curve of a model may cost.
CURVE_SECONDS = float(os.environ.get("HITL_CURVE_SECONDS", "20"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "hitl.shared.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("HITL_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "CRITICAL"},  # answered with 400, and anybody can cause it
        "django.security.csrf": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
