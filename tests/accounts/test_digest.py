"""The daily letter by e-mail is switched on and off by whom it is for."""

import pytest
from django.test import Client

from accounts import rules
from accounts.models import User


@pytest.fixture
def head(house):
    person = house.people["head"]
    person.email = "kepala@contoh.id"
    person.save()
    return person


@pytest.fixture
def client(head):
    client = Client()
    client.force_login(head)
    return client


def asked(head):
    return User.objects.get(pk=head.pk).digest


def test_it_is_off_until_it_is_asked_for(client, head):
    page = client.get("/akun/").content.decode()
    assert "Kirimi saya ringkasan" in page
    assert not asked(head)
    told = client.post("/akun/ringkasan/", {"kirim": "ya"}, follow=True).content.decode()
    assert "Ringkasan akan dikirim ke surel Anda." in told
    assert "Dikirim ke kepala@contoh.id." in told
    assert asked(head)
    client.post("/akun/ringkasan/", {"kirim": "tidak"})
    assert not asked(head)


def test_a_look_changes_nothing(client, head):
    assert client.get("/akun/ringkasan/?kirim=ya").status_code == 405
    assert not asked(head)


def test_without_an_email_it_cannot_be_switched_on(house):
    person = house.people["officer"]
    with pytest.raises(rules.Refusal) as refused:
        rules.choose_digest(user=person, wanted=True)
    assert refused.value.code == "no_email"
    assert not asked(person)
    client = Client()
    client.force_login(person)
    assert "Akun ini belum punya surel." in client.get("/akun/").content.decode()


def test_who_has_no_letter_is_not_offered_one(house):
    client = Client()
    client.force_login(house.people["helper"])
    assert "ringkasan" not in client.get("/akun/").content.decode().lower()
