"""The least that Django needs. DATABASE_URL and REDIS_URL are in the environment."""

import os
from urllib.parse import parse_qs, urlsplit

SECRET_KEY = "this example has no secrets"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["mailer"]
ROOT_URLCONF = "mailer.urls"
REDIS_URL = os.environ.get("REDIS_URL", "redis://localhost:6379")

_url = urlsplit(os.environ["DATABASE_URL"])
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _url.path[1:],
        "USER": _url.username,
        "PASSWORD": _url.password or "",
        "HOST": parse_qs(_url.query).get("host", [_url.hostname])[0],  # or the folder of a socket
        "PORT": _url.port or "",
    }
}
