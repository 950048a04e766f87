"""Accounts and tokens. Only superusers change accounts; everyone sees their own tokens."""

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts import rules
from accounts.models import ApiToken, User

admin.site.unregister(Group)


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


class ApiTokenForm(forms.ModelForm):
    class Meta:
        model = ApiToken
        fields = ["user", "name", "expires_at"]

    def clean_expires_at(self):
        expires_at = self.cleaned_data["expires_at"]
        if expires_at is not None and expires_at <= timezone.now():
            raise forms.ValidationError(_("Masa berlaku harus di masa depan."))
        return expires_at


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):
    form = ApiTokenForm
    list_display = ["name", "user", "created_at", "expires_at", "revoked_at"]
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

    def save_model(self, request, obj, form, change):
        token = rules.issue_token(
            user=obj.user, name=obj.name, at=timezone.now(), expires_at=obj.expires_at
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
