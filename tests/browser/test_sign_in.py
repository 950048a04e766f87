"""Signing in with a second factor in a real browser, on a phone, as its owner does it."""

import base64

import pytest
from django_otp.oath import totp

from tests.browser.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "kata-sandi-petugas"


@pytest.fixture
def manager(open_house, settings):
    settings.SECOND_FACTOR_ROLES = ["mall_manager"]
    user = open_house.people["manager"]
    user.set_password(PASSWORD)
    user.save()
    return user


def go(page, words):
    with page.expect_navigation(wait_until="load"):
        page.click(words)


def by_password(page, path):
    page.goto(path)
    page.fill("[name=username]", "manager")
    page.fill("[name=password]", PASSWORD)
    go(page, "main [type=submit]")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_manager_sets_it_up_and_comes_in_with_a_recovery_code(
    manager, open_page, accessible, javascript
):
    page = open_page(PHONE, javascript=javascript)
    by_password(page, "/dasbor/")
    assert "Peran Anda mewajibkan" in page.inner_text("main")
    accessible(page)
    go(page, "text=Mulai")
    page.click("summary")
    secret = page.inner_text(".m-otp__key").replace(" ", "")
    accessible(page)
    go(page, "text=Aktifkan")
    assert page.locator(".m-errors").is_visible()
    accessible(page)
    page.fill("[name=code]", f"{totp(base64.b32decode(secret)):06d}")
    go(page, "text=Aktifkan")
    codes = page.locator(".m-codes li").all_inner_texts()
    assert len(codes) == 10
    assert page.locator("[data-print]").is_visible() is javascript
    accessible(page)
    go(page, "text=Sudah saya simpan")
    assert page.url.endswith("/dasbor/")
    page.goto("/akun/dua-langkah/")
    page.click("summary:has-text('Ganti ponsel')")
    accessible(page)

    other = open_page(PHONE, javascript=javascript)
    by_password(other, "/akun/")
    accessible(other)
    other.fill("[name=code]", codes[0])
    go(other, "button:has-text('Lanjut')")
    assert "tersisa 9" in other.inner_text("main")
    accessible(other)
    other.click("a:has-text('PIN loket')")
    accessible(other)
    other.goto("/akun/")
    go(other, "text=Keluarkan semua yang lain")
    page.goto("/dasbor/")
    assert "/masuk/" in page.url
