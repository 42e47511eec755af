"""Settings, read top to bottom. What differs between machines comes from env.py."""

import contextlib
import secrets
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from exchange import compiled, embedded
from exchange.env import PROJECT, env

if not __debug__:
    raise ImproperlyConfigured(
        "Start Python without -O: asserts guard the ledger (ADR 0008)."
    )

django_stubs_ext.monkeypatch()

if env("FAIRBOOK_COMPILED"):
    compiled.use_compiled(embedded.var_dir() / "compiled")

# Servers ------------------------------------------------------------------------------

APP_ROLE = "fairbook_app"
_servers = embedded.urls()


def _database(url: str, *, role: str) -> dict[str, Any]:
    """A Django database from a libpq URL; `role` "app" gives up the owner's rights."""
    info = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    session = (
        "-c timezone=UTC -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s "
        # A client that vanished behind a broken line gives up its locks in ten seconds.
        "-c tcp_keepalives_idle=4 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
    )
    if role == "app":
        session += f" -c role={APP_ROLE}"
    options: dict[str, Any] = {"options": session}
    pool = env("DATABASE_POOL")
    if pool:
        options["pool"] = {"min_size": 2, "max_size": pool, "timeout": 5}
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": info.pop("dbname", ""),
        "USER": info.pop("user", ""),
        "PASSWORD": info.pop("password", ""),
        "HOST": info.pop("host", ""),
        "PORT": info.pop("port", ""),
        "CONN_MAX_AGE": 0 if pool else None,
        "CONN_HEALTH_CHECKS": True,
    }
    return database | {"OPTIONS": options | info}


DATABASE_URL = env("DATABASE_URL") or _servers.database_url
DATABASE_OWNER_URL = env("DATABASE_OWNER_URL") or DATABASE_URL
DATABASES = {
    "default": _database(
        DATABASE_OWNER_URL if env("DATABASE_ROLE") == "owner" else DATABASE_URL,
        role=env("DATABASE_ROLE"),
    )
}
REDIS_URL = env("REDIS_URL") or _servers.redis_url
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}

# Django -------------------------------------------------------------------------------


def _secret_key() -> str:
    """The key from the environment, or one made for this checkout and kept under var/."""
    if key := env("SECRET_KEY"):
        return str(key)
    kept: Path = embedded.var_dir() / "secret_key"
    if not kept.exists():
        made = kept.with_suffix(f".{secrets.token_hex(4)}")
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(64))
        with contextlib.suppress(FileExistsError):  # another was first; its key counts
            kept.hardlink_to(made)
        made.unlink()
    return kept.read_text()


SECRET_KEY = _secret_key()
DEBUG = env("DEBUG")
ALLOWED_HOSTS = env("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env("CSRF_TRUSTED_ORIGINS")
ROOT_URLCONF = "exchange.urls"
ASGI_APPLICATION = "exchange.asgi.application"
WSGI_APPLICATION = "exchange.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGE_CODE = "en"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024

INSTALLED_APPS = [
    "exchange.apps.ExchangeConfig",
    "exchange.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "rest_framework",
    "rest_framework_simplejwt",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "accounts",
    "custody",
    "ledger",
    "orders",
    "deposits",
    "withdrawals",
    "bookkeeping",
    "matching",
    "marketdata",
    "reports",
    "proofs",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = PROJECT / "staticfiles"
STATICFILES_DIRS = [PROJECT / "static"]
SERVESTATIC_USE_FINDERS = True

# People -------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
OTP_TOTP_ISSUER = "Fairbook"

HTTPS = env("HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_COOKIE_AGE = 12 * 3600
X_FRAME_OPTIONS = "DENY"
# Pages run our own files and nothing else: no inline script, no inline style.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# API ----------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerToken",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["exchange.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "exchange.schema.ApiSchema",
    "DEFAULT_THROTTLE_RATES": {"login": env("LOGIN_RATE")},
    "EXCEPTION_HANDLER": "exchange.errors_api.problem_response",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS is no method of ours
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "CHECK_REVOKE_TOKEN": True,
    "ISSUER": "fairbook",
    "AUDIENCE": "fairbook-api",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Fairbook API",
    "DESCRIPTION": "Amounts, prices and quantities are decimal strings. Errors are "
    "`application/problem+json` (RFC 9457) with a stable `code`, listed in docs/errors.md.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "Side": "orders.serializers.words.SIDES",
        "OrderStatus": "orders.serializers.words.STATUSES",
        "OrderType": "orders.serializers.words.TYPES",
        "StopLegType": "orders.serializers.words.STOP_LEGS",
        "TimeInForce": "orders.serializers.words.TIMES_IN_FORCE",
        "LegTimeInForce": "orders.serializers.words.STAYING",
        "WithdrawalStatus": "withdrawals.serializers.STATUSES",
        "DepositStatus": "deposits.serializers.STATUSES",
        "MovementReason": "ledger.serializers.REASONS",
        "ReasonEnum": "orders.serializers.words.REASONS",
    },
}
ORDER_WAIT_MS = env("ORDER_WAIT_MS")

# Exported reports: nobody but the exchange reads the directory.
_NO_OTHERS = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
    "exports": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": env("EXPORTS_DIR") or str(embedded.var_dir() / "exports"),
            **_NO_OTHERS,
        },
    },
}
# What a manifest names as its maker.
with (PROJECT / "pyproject.toml").open("rb") as _project:
    SOFTWARE = f"fairbook {tomllib.load(_project)['project']['version']}"

# Who may read /metrics without being staff; empty: nobody.
METRICS_TOKEN = env("METRICS_TOKEN")

# Where the heads of the seals are kept, outside the database (docs/seals.md).
SEALS_DIR = Path(env("SEALS_DIR") or embedded.var_dir() / "seals")

# Logs ---------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "exchange.logs.TextFormatter"},
        "json": {"()": "exchange.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": env("LOG_FORMAT")}
    },
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.dispatch": {"level": "CRITICAL"},  # kernel.doorbell says it in one line
        "django.channels": {"level": "WARNING"},
    },
}
