"""Signing in with a password; the demo's accounts never sign in to a production."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

DEMO_DOMAIN = "@latihan.invalid"


def is_of_the_demo(user: Any) -> bool:
    """Whether an account was made by the demo: its password is known to everybody."""
    return bool(user.email.endswith(DEMO_DOMAIN))


class PasswordBackend(ModelBackend):
    """Django's, without the demo's accounts in production."""

    def user_can_authenticate(self, user: Any) -> bool:
        if settings.PRODUCTION and is_of_the_demo(user):
            return False
        return super().user_can_authenticate(user)
