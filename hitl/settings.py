"""Settings of the Django project.

What differs per deployment comes from the environment; what differs per customer is a column.
`manage.py` fills DATABASE_URL, REDIS_URL and HITL_SECRET_KEY for the local mode (see `hitl.runtime`).
"""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from kombu.entity import Queue

from hitl import __version__, sizes
from hitl.schedule import QUEUES, ROUTES, SCHEDULE
from hitl.shared.deployment import (
    database,
    flag,
    mail_server,
    names,
    networks,
    number,
    required,
    whole_number,
)
from hitl.shared.store_address import file_stores

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("HITL_DATA_DIR") or BASE_DIR / ".run").expanduser()


MIN_SECRET = 32  # characters

DEBUG = flag("HITL_DEBUG")
SECRET_KEY = required("HITL_SECRET_KEY", "a long random string that signs sessions, audits and artifacts")
if len(SECRET_KEY) < MIN_SECRET:
    raise ImproperlyConfigured(
        f"HITL_SECRET_KEY has {len(SECRET_KEY)} characters and can be guessed: set at least {MIN_SECRET}, "
        "for example with `openssl rand -hex 32`."
    )
SECRET_KEY_FALLBACKS = os.environ.get("HITL_OLD_SECRET_KEYS", "").split()  # sign nothing, still believed
ALLOWED_HOSTS = names("HITL_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = names("HITL_TRUSTED_ORIGINS")

DATABASES = {
    "default": database(
        required("DATABASE_URL", "postgresql://user:password@host:5432/name of PostgreSQL 15+")
    )
}
# Who may change tables: `migrate` alone works as this role, and grants the role above what the service needs.
_owner = os.environ.get("HITL_OWNER_DATABASE_URL", "")
OWNER_DATABASE = database(_owner) if _owner else None

_mail = mail_server(os.environ.get("HITL_MAIL_URL", ""))
MAIL_IS_ON = bool(_mail)
EMAIL_HOST, EMAIL_PORT = _mail.get("host", "localhost"), _mail.get("port", 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("user", ""), _mail.get("password", "")
EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.get("is_ssl", False), _mail.get("is_tls", False)
EMAIL_TIMEOUT = 10
MAIL_FROM = os.environ.get("HITL_MAIL_FROM", "hitl@localhost")

# A file to which each signed head of the audit log is appended, best on a disk of somebody else.
AUDIT_HEADS_FILE = os.environ.get("HITL_AUDIT_HEADS_FILE", "")
REDIS_URL = required("REDIS_URL", "redis://:password@host:6379/0 of the broker")

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
                "hitl.web.templatetags.reader",
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
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
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
SECURE_COOKIES = flag("HITL_HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_COOKIES else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("HITL_BEHIND_PROXY") else None
# Networks of the proxies whose X-Forwarded-For is believed ("172.20.0.0/16"); `up` names its own front.
TRUSTED_PROXIES = networks("HITL_TRUSTED_PROXIES")
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
MEDIA_QUOTA_BYTES = int(number("HITL_MEDIA_QUOTA_GB", 50, least=0) * 1_000_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BATCH_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # the form of a workflow: five a field, four a label, and more room
KEY_REQUESTS_PER_MINUTE = whole_number("HITL_KEY_REQUESTS_PER_MINUTE", 120_000, least=1)
WEB_WORKERS = whole_number("HITL_WEB_WORKERS", 2, least=1)  # each hands out its share of the requests

# Optional libraries that training may use as well: "lightgbm", "sentences" (science/pipelines/extras.py).
EXTRA_MODELS = tuple(names("HITL_EXTRA_MODELS"))

# What words mean, for short texts: made by `manage.py vectors` or the build of the image.
WORD_VECTORS = os.environ.get("HITL_WORD_VECTORS") or str(DATA_DIR / "word-vectors.bin")

# What runs uploaded ONNX files, for workers: made by `manage.py onnx`.
ONNX_PYTHON = os.environ.get("HITL_ONNX_PYTHON") or str(DATA_DIR / "onnx-environment" / "bin" / "python")

# Who may read /metrics: whoever holds this, or where none is set, callers on this machine.
METRICS_TOKEN = os.environ.get("HITL_METRICS_TOKEN", "")

# Webhooks go to public addresses, and to those of the networks named here ("10.1.0.0/16,127.0.0.0/8").
WEBHOOK_NETWORKS = networks("HITL_WEBHOOK_NETWORKS")

# How long events are kept once their subscribers have them: those about cases, and the rare others.
CASE_EVENT_DAYS = whole_number("HITL_CASE_EVENT_DAYS", 30, least=1)
EVENT_DAYS = whole_number("HITL_EVENT_DAYS", 365, least=1)

# After how long the images and recordings of withdrawn cases are erased.
WITHDRAWN_MEDIA_DAYS = whole_number("HITL_WITHDRAWN_MEDIA_DAYS", 30, least=1)

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
SHADOW_SCORE_MONTHS = whole_number("HITL_SHADOW_SCORE_MONTHS", 6, least=1)
COUNTS_DAYS = whole_number("HITL_COUNTS_DAYS", 400, least=1)

# How long an answer may be taken back before webhooks go out and `GET` calls it final.
UNDO_SECONDS = 10

# Seconds of CPU that the learning curve of a model may cost.
CURVE_SECONDS = number("HITL_CURVE_SECONDS", 20, least=0)

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
