"""Accounts and tokens. Only superusers change accounts; everyone sees their own tokens."""

from axes.utils import reset as reset_lock_out
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts import rules, sessions
from accounts.models import ApiToken, User

admin.site.unregister([Group, TOTPDevice, StaticDevice])  # secrets are nobody's to read


class SuperusersChange:
    """Whoever may edit an account could give it any right: so only superusers may."""

    def has_add_permission(self, request):
        return request.user.is_superuser

    def has_change_permission(self, request, obj=None):
        return request.user.is_superuser

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser


@admin.register(Group)
class GroupAdmin(SuperusersChange, DjangoGroupAdmin, ModelAdmin):
    pass


@admin.register(User)
class UserAdmin(SuperusersChange, DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    actions_detail = ["second_factor"]

    @action(
        description=_("Atur ulang dua langkah"),
        url_path="dua-langkah",
        icon="phonelink_lock",
        permissions=["change"],
    )
    def second_factor(self, request, object_id):
        return redirect("reset_second_factor", object_id)

    def user_change_password(self, request, id, form_url=""):
        """A new password: who came in with the old one is out, and no lock-out is waited for."""
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            person = User.objects.filter(pk=id).first()
            if person is not None:
                reset_lock_out(username=person.username)
                sessions.end_others(user=person, keep=request.session.session_key)
        return response


class ApiTokenForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        label=_("Lingkup"),
        choices=ApiToken.Scope,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Pilih sesedikit mungkin: token yang bocor hanya membuka lingkup ini."),
    )

    class Meta:
        model = ApiToken
        fields = ["user", "name", "scopes", "expires_at"]

    def clean_expires_at(self):
        expires_at = self.cleaned_data["expires_at"]
        if expires_at is not None and expires_at <= timezone.now():
            raise forms.ValidationError(_("Masa berlaku harus di masa depan."))
        return expires_at


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):
    form = ApiTokenForm
    list_display = ["name", "user", "covers", "last_used_at", "expires_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["name", "user__username"]
    ordering = ["-created_at"]
    actions = ["revoke"]

    def get_queryset(self, request):
        tokens = super().get_queryset(request)
        return tokens if request.user.is_superuser else tokens.filter(user=request.user)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        active = User.objects.filter(is_active=True)
        if not request.user.is_superuser:
            active = active.filter(pk=request.user.pk)
        return super().formfield_for_foreignkey(db_field, request, queryset=active, **kwargs)

    @admin.display(description=_("lingkup"))
    def covers(self, token):
        return ", ".join(str(ApiToken.Scope(scope).label) for scope in token.scopes)

    def save_model(self, request, obj, form, change):
        token = rules.issue_token(
            user=obj.user,
            name=obj.name,
            scopes=obj.scopes,
            at=timezone.now(),
            expires_at=obj.expires_at,
        )
        obj.pk = ApiToken.objects.only("pk").get(token_hash=rules.token_hash(token)).pk
        text = _("Salin token ini sekarang, nanti tidak terlihat lagi: %(token)s")
        messages.warning(request, text % {"token": token})

    @admin.action(description=_("Cabut token"), permissions=["view"])
    def revoke(self, request, queryset):
        now = timezone.now()
        for token in queryset:
            rules.revoke_token(token=token, at=now)
        self.message_user(request, _("Token dicabut."))

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
