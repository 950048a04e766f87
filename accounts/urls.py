"""Signing in and out, and what one arranges about it: password, PIN, second factor, sessions."""

from django.contrib.auth.views import LogoutView, PasswordChangeDoneView
from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("masuk/", views.SignInView.as_view(), name="sign_in"),
    path("masuk/kode/", views.code, name="code"),
    path("keluar/", LogoutView.as_view(next_page="services:malls"), name="sign_out"),
    path("akun/pin/", views.pin, name="pin"),
    path("akun/dua-langkah/", views.two_steps, name="two_steps"),
    path("akun/ringkasan/", views.digest, name="digest"),
    path("akun/perangkat/", views.end_session, name="end_session"),
    path("akun/sandi/", views.OwnPasswordView.as_view(), name="password"),
    path(
        "akun/sandi/selesai/",
        PasswordChangeDoneView.as_view(template_name="accounts/password_done.html"),
        name="password_done",
    ),
]
