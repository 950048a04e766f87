"""All settings, driven by the environment; README.md has the table of variables."""

import sys
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path

import bootstrap_wrapper
import environ
import structlog
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from mpp_portal import embedded
from mpp_portal.sidebar import UNFOLD  # noqa: F401 - the admin's frame

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")
embedded.ensure_environment()

# -- who runs this ---------------------------------------------------------------------------------
PRODUCTION = env.bool("PRODUCTION", default=False)
DEMO = env.bool("MPP_DEMO", default=False)
DEBUG = False
DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / ".data"))).resolve()
SECRET_KEY = env("SECRET_KEY", default="" if PRODUCTION else "development-only-not-secret")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BASE_URL = env("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
LIVE_URL = env("LIVE_URL", default="").rstrip("/")  # empty: /langsung/ of the same host

# -- privacy: 32 random bytes each, urlsafe base64; the first key writes, the others still read ----
FIELD_KEYS = env.list(
    "FIELD_KEYS", default=[] if PRODUCTION else ["ZGV2ZWxvcG1lbnQtb25seS1maWVsZC1rZXktMzJieXQ="]
)
BLIND_INDEX_KEY = env(
    "BLIND_INDEX_KEY",
    default="" if PRODUCTION else "ZGV2ZWxvcG1lbnQtb25seS1ibGluZC1pbmRleC1rZXk=",
)
RETENTION_VISIT_DAYS = env.int("RETENTION_VISIT_DAYS", default=30)
RETENTION_MESSAGE_DAYS = env.int("RETENTION_MESSAGE_DAYS", default=7)
RETENTION_CASE_DAYS = env.int("RETENTION_CASE_DAYS", default=730)
# By which ways people also complain; the desk writes those cases down. code=name, in this order.
COMPLAINT_CHANNELS = env.dict(
    "COMPLAINT_CHANNELS",
    default={
        "face_to_face": "Tatap muka",
        "whatsapp": "WhatsApp",
        "instagram": "Instagram",
        "facebook": "Facebook",
        "x": "X",
        "sms": "SMS",
        "email": "Surel",
        "phone": "Telepon",
        "letter": "Surat",
        "lapor": "SP4N-LAPOR!",
    },
)
# A hall puts many people behind one address; 0: no limit.
COMPLAINTS_PER_ADDRESS_AND_HOUR = env.int("COMPLAINTS_PER_ADDRESS_AND_HOUR", default=60)
COMPLAINTS_PER_CONTACT_AND_DAY = env.int("COMPLAINTS_PER_CONTACT_AND_DAY", default=5)
COMPLAINTS_WRONG_PINS_PER_ADDRESS_AND_HOUR = env.int(
    "COMPLAINTS_WRONG_PINS_PER_ADDRESS_AND_HOUR", default=60
)
RETENTION_SURVEY_DAYS = env.int("RETENTION_SURVEY_DAYS", default=365)
SURVEY_OPEN_DAYS = env.int("SURVEY_OPEN_DAYS", default=14)  # after the visit
# The operator's own statements on integrity (IPAK/SPAK), a JSON list; empty: none are asked.
SURVEY_INTEGRITY_QUESTIONS = env.json("SURVEY_INTEGRITY_QUESTIONS", default=[])
CONTACT_TICKETS_PER_DAY = env.int("CONTACT_TICKETS_PER_DAY", default=3)
HELPER_TICKETS_PER_DAY = env.int("HELPER_TICKETS_PER_DAY", default=20)
RETENTION_LOG_DAYS = env.int("RETENTION_LOG_DAYS", default=365)
NOTICE_VERSION = "2026-11"  # of the notice of purpose shown when a number is booked

# -- rooms -----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "modeltranslation",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "mpp_portal.apps.HistoryConfig",  # django-auditlog
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "crispy_forms",
    "crispy_bootstrap5",
    "bootstrap_wrapper",
    "django_htmx",
    "import_export",
    "ninja",
    "privacy",
    "accounts",
    "notifications",
    "services",
    "surveys",
    "queueing",
    "complaints",
    "mpp_portal",
]
MIDDLEWARE = [
    "mpp_portal.edge.access_log",
    "mpp_portal.edge.compressed",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "mpp_portal.edge.policy",
    "mpp_portal.api_errors.json_errors",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "mpp_portal.bodies.bodies",
    "django.middleware.csrf.CsrfViewMiddleware",
    "mpp_portal.edge.maintenance",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "mpp_portal.sign_in.admission",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "mpp_portal.history.acting",
    "mpp_portal.edge.refusals",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "mpp_portal.urls"
WSGI_APPLICATION = "mpp_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = ["bootstrap5"]
CRISPY_TEMPLATE_PACK = "bootstrap5"

# -- PostgreSQL: the only database -----------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"]["options"] = (
    "-c lock_timeout=3000 -c idle_in_transaction_session_timeout=60000 -c jit=off -c timezone=UTC"
    " -c plan_cache_mode=force_generic_plan"  # what is prepared is planned once
)
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Redis or Valkey: nothing in it that cannot be rebuilt ----------------------------------------
REDIS_URL = env("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    },
    "near": {  # in this process, for seconds: see services/near.py
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 2000},
    },
}
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_TIMEZONE = "UTC"

# -- people ----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.PasswordBackend",
]
PASSWORD_HASHERS = [  # the first writes; what another wrote is written anew at the next sign-in
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "queueing:arrival"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the page says until when, and means it
AXES_CLIENT_IP_CALLABLE = "accounts.addresses.client_address"
AXES_LOCKOUT_CALLABLE = "mpp_portal.errors.locked_out"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # its pages are not the portal's; attempts expire by retention
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# Offices whose holders sign in with a second factor, and "superuser"; others may.
SECOND_FACTOR_ROLES = env.list(
    "SECOND_FACTOR_ROLES",
    default=["superuser", "mall_manager", "agency_head", "complaints_desk"] if PRODUCTION else [],
)
OTP_TOTP_ISSUER = "Portal MPP"
# Our own reverse proxies in front of the portal, each of which appends to X-Forwarded-For.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=1 if PRODUCTION else 0)

# -- history of changes: explicit models only (mpp_portal/history.py), no addresses of machines ----
AUDITLOG_DISABLE_REMOTE_ADDR = True
AUDITLOG_CID_HEADER = None
AUDITLOG_STORE_JSON_CHANGES = True
AUDITLOG_USE_FK_STRING_REPRESENTATION = True

# -- language, time --------------------------------------------------------------------------------
LANGUAGE_CODE = "id"
LANGUAGES = [("id", _("Bahasa Indonesia")), ("en", _("English"))]
MODELTRANSLATION_DEFAULT_LANGUAGE = "id"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("id",)
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Asia/Jakarta"  # each mall has its own; this one is the admin's
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = False

# -- files -----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static", ("bootstrap", bootstrap_wrapper.get_bootstrap_css_dir())]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MANIFEST_STRICT = False
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [
    *["jpg", "jpeg", "png", "gif", "webp", "zip", "gz", "br", "woff", "woff2", "wav", "ogg", "mp3"],
    "map",  # large, and only for whoever opens a browser's tools
]
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(DATA_DIR / "media")))  # the malls' logos
# What people attach to a case: never served by address, only through the permission.
PRIVATE_ROOT = Path(env("PRIVATE_ROOT", default=str(DATA_DIR / "private")))

# -- e-mail ----------------------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
EMAIL_CONNECTIONS = env.int("EMAIL_CONNECTIONS", default=4)  # open at once, in each worker
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="antrean@localhost")
# Channels offered to citizens; "console" writes to the worker's log and is for rehearsal.
# Their order is the order in which a person's channels are tried.
VAPID_PRIVATE_KEY = env("VAPID_PRIVATE_KEY", default="")  # `manage.py vapid_key` makes one
NOTIFICATION_CHANNELS = env.list(
    "NOTIFICATION_CHANNELS", default=[*(["push"] if VAPID_PRIVATE_KEY else []), "console"]
)
QUIET_HOURS = env("QUIET_HOURS", default="21:00-06:00")  # in the mall's own zone; "" for none
MESSAGES_PER_PERSON_AND_DAY = env.int("MESSAGES_PER_PERSON_AND_DAY", default=8)
# Everything that the demo sends is caught on this machine, so its visitors' messages may leave;
# those of its made-up citizens, who have these numbers of no operator, only count as sent.
CATCHES_MESSAGES = DEMO and not PRODUCTION and env.bool("DEMO_CATCHES_MESSAGES", default=False)
MADE_UP_PHONES = "+628120"
# Whom a push service may write to when it has trouble with us: a mailto: or https: address.
_MAIL_TO = f"mailto:{parseaddr(DEFAULT_FROM_EMAIL)[1]}"
VAPID_SUBJECT = env(
    "VAPID_SUBJECT", default=BASE_URL if BASE_URL.startswith("https://") else _MAIL_TO
)
# The push services of browsers. People give us addresses there, and our server calls no others.
PUSH_SERVICES = env.list(
    "PUSH_SERVICES",
    default=[
        "fcm.googleapis.com",
        "updates.push.services.mozilla.com",
        "*.push.apple.com",
        "*.notify.windows.com",
    ],
)
# WhatsApp Cloud API; its templates are named prefix + kind.
WHATSAPP_URL = env("WHATSAPP_URL", default="https://graph.facebook.com/v24.0").rstrip("/")
WHATSAPP_PHONE_ID = env("WHATSAPP_PHONE_ID", default="")
WHATSAPP_TOKEN = env("WHATSAPP_TOKEN", default="")
WHATSAPP_TEMPLATE_PREFIX = env("WHATSAPP_TEMPLATE_PREFIX", default="mpp_")
WHATSAPP_APP_SECRET = env("WHATSAPP_APP_SECRET", default="")  # signs its delivery reports
WHATSAPP_VERIFY_TOKEN = env("WHATSAPP_VERIFY_TOKEN", default="")
# An SMS gateway as JSON: how it is asked, what its answers mean, what it reports later (README).
SMS_REQUEST = env("SMS_REQUEST", default="")
SMS_ANSWER = env("SMS_ANSWER", default="")
SMS_SENDER = env("SMS_SENDER", default="")
SMS_REPORT = env("SMS_REPORT", default="")
SMS_REPORT_SECRET = env("SMS_REPORT_SECRET", default="")
MESSAGE_PRICES = env.dict("MESSAGE_PRICES", default={})  # rupiah a part: whatsapp=450,sms=350

# -- the API: requests a minute, 0 for no limit; without a token counted per address ---------------
# Many citizens share the address of a hall or a mobile carrier; the demo is measured from one.
API_TOKEN_PER_MINUTE = env.int("API_TOKEN_PER_MINUTE", default=60_000 if DEMO else 1_200)
API_READS_PER_MINUTE = env.int("API_READS_PER_MINUTE", default=60_000 if DEMO else 3_000)
API_WRITES_PER_MINUTE = env.int("API_WRITES_PER_MINUTE", default=60_000 if DEMO else 600)

# -- the HTTP edge ---------------------------------------------------------------------------------
MAINTENANCE = env("MAINTENANCE", default="")  # "1", or until when: "sampai pukul 14.00"
CSRF_FAILURE_VIEW = "mpp_portal.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF, *([LIVE_URL] if LIVE_URL else [])],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# -- logs: routes, never paths; codes, never people ------------------------------------------------
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(),
    ],
    logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Django's own lines carry the path of the request, and a path can carry a token.
        "django.request": {"level": "CRITICAL", "propagate": True},
        "django.security": {"level": "CRITICAL", "propagate": True},
        "django.server": {"level": "CRITICAL", "propagate": False, "handlers": ["stderr"]},
        "axes": {"level": "ERROR", "propagate": True},
        "httpx": {"level": "WARNING"},
        "urllib3": {"level": "ERROR"},  # below that it writes whole addresses
    },
}
