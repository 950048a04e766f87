"""Signing in and out outside of the admin, and one's own password."""

from django.contrib.auth import views
from django.urls import path, reverse_lazy

from accounts.forms import PasswordForm, SignInForm

app_name = "accounts"
urlpatterns = [
    path(
        "masuk/",
        views.LoginView.as_view(
            template_name="accounts/sign_in.html",
            authentication_form=SignInForm,
            redirect_authenticated_user=True,
        ),
        name="sign_in",
    ),
    path("keluar/", views.LogoutView.as_view(next_page="services:malls"), name="sign_out"),
    path(
        "akun/sandi/",
        views.PasswordChangeView.as_view(
            template_name="accounts/password.html",
            form_class=PasswordForm,
            success_url=reverse_lazy("accounts:password_done"),
        ),
        name="password",
    ),
    path(
        "akun/sandi/selesai/",
        views.PasswordChangeDoneView.as_view(template_name="accounts/password_done.html"),
        name="password_done",
    ),
]
