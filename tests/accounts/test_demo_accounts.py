"""The demo's accounts, whose password is known to everybody, never sign in to a production."""

import pytest
from django.contrib.auth import authenticate

from accounts.models import User
from accounts.rules import issue_token, user_for_token
from tests.house import at


@pytest.fixture
def people(db):
    return [
        User.objects.create_user(name, email=email, password="rahasia-sekali")
        for name, email in (("demo", "demo@latihan.invalid"), ("real", "real@contoh.go.id"))
    ]


@pytest.mark.parametrize(("production", "let_in"), [(True, [False, True]), (False, [True, True])])
def test_by_password_and_by_token(settings, rf, people, production, let_in):
    settings.PRODUCTION = production
    tokens = [issue_token(user=user, name="t", at=at(8)) for user in people]
    request = rf.post("/admin/login/")
    by_password = [
        authenticate(request, username=user.username, password="rahasia-sekali") is not None
        for user in people
    ]
    by_token = [user_for_token(token=token, at=at(9)) is not None for token in tokens]
    assert by_password == by_token == let_in
