"""Admin classes that show and change only the rows which the person's office covers."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from services import permissions
from services.models import Agency, Mall


class Scope:
    """Shared by admins and inlines: permissions and choices come from `permissions.py`."""

    view_permission: ClassVar[str]
    change_permission: ClassVar[str]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._holds(request, self.view_permission) or self._holds(
            request, self.change_permission
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._holds(request, self.change_permission)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._holds(request, self.change_permission)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        self._narrow(db_field, request, kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        self._narrow(db_field, request, kwargs)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def _holds(self, request: HttpRequest, permission: str) -> bool:
        return request.user.is_staff and permissions.can(request.user, permission)

    def _narrow(self, db_field: models.Field, request: HttpRequest, kwargs: dict) -> None:
        choices = self.choices_for(db_field.remote_field.model, request)
        if "queryset" not in kwargs and choices is not None:
            kwargs["queryset"] = choices

    def choices_for(self, model: type[models.Model], request: HttpRequest) -> QuerySet | None:
        """Rows of `model` that the person may choose; None where the model has no scope."""
        user, permission = request.user, self.change_permission
        if model is Agency:
            return permissions.agencies_for(user, permission)
        if model is Mall:
            # Rows of an agency name its mall too; the form refuses one left without the agency.
            return Mall.objects.filter(
                Q(pk__in=permissions.malls_for(user, permission))
                | Q(agencies__in=permissions.agencies_for(user, permission))
            ).distinct()
        related = self.admin_site._registry.get(model)
        return related.rows_for(user, permission) if isinstance(related, ScopedAdmin) else None


class ScopedInline(Scope, TabularInline):
    """Rows edited on the page of their parent, which has been checked already."""

    extra = 0


class ScopedAdmin(Scope, ModelAdmin):
    """An admin whose rows belong to an agency (`agency_path`) and/or to a mall (`mall_path`).

    A path is a lookup such as "service_type__agency"; "pk" stands for the row itself. A row is
    covered by an office for its agency, or by a whole-mall office for its mall. Rows are not
    deleted unless `deletable`.
    """

    agency_path: ClassVar[str | None] = None
    mall_path: ClassVar[str | None] = None
    deletable: ClassVar[bool] = False

    def rows_for(self, user: Any, *held: str) -> QuerySet:
        """Return the rows for which the person holds one of the permissions."""
        rows = self.model._default_manager.all()
        if user.is_active and user.is_superuser:
            return rows
        covered = Q(pk__in=[])
        for permission in held:
            if self.agency_path:
                agencies = permissions.agencies_for(user, permission)
                covered |= Q(**{f"{self.agency_path}__in": agencies})
            if self.mall_path:
                malls = permissions.malls_for(user, permission)
                covered |= Q(**{f"{self.mall_path}__in": malls})
        return rows.filter(covered)

    def covers(self, user: Any, permission: str, row: Any) -> bool:
        """Whether the person holds `permission` for the row as it stands in memory."""
        if user.is_active and user.is_superuser:
            return True
        agency, mall = reached(row, self.agency_path), reached(row, self.mall_path)
        return (agency is not None and permissions.can(user, permission, agency=agency)) or (
            mall is not None and permissions.can(user, permission, mall=mall)
        )

    def _holds(self, request: HttpRequest, permission: str) -> bool:
        holds = permissions.can if self.agency_path else permissions.holds_a_mall
        return request.user.is_staff and holds(request.user, permission)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = self.rows_for(request.user, self.view_permission, self.change_permission)
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request) and (
            obj is None
            or self.covers(request.user, self.view_permission, obj)
            or self.covers(request.user, self.change_permission, obj)
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request) and (
            obj is None or self.covers(request.user, self.change_permission, obj)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletable and self.has_change_permission(request, obj)

    def seen(self, request: HttpRequest, object_id: str) -> Any:
        """The row, for a page of its own: there for who may see it, else not there."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        return row

    def changeable(self, request: HttpRequest, object_id: str) -> Any:
        """The row, for a page that changes it: only for who may."""
        row = self.seen(request, object_id)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return row

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        scoped_admin = self

        class ScopedForm(form):
            """Refuse a row that would lie outside the office, even if each choice was allowed."""

            def _post_clean(self: ModelForm) -> None:
                super()._post_clean()
                if self.errors:
                    return
                if _of_another_mall(self.instance):
                    self.add_error("agency", _("Instansi ini bukan bagian dari mal yang dipilih."))
                elif not scoped_admin.covers(
                    request.user, scoped_admin.change_permission, self.instance
                ):
                    self.add_error(
                        None, _("Baris ini di luar wewenang Anda. Pilih instansi Anda sendiri.")
                    )

        return ScopedForm


class RelatedRowsFilter(admin.RelatedOnlyFieldListFilter):
    """A list filter that offers only what occurs in the rows the person may see."""


def reached(row: Any, path: str | None) -> Any:
    """Follow a lookup path on an instance; None where it ends early or is not set."""
    if path is None:
        return None
    for step in path.split("__"):
        row = row if step == "pk" else getattr(row, step, None)
        if row is None:
            return None
    return row


def _of_another_mall(row: Any) -> bool:
    agency = getattr(row, "agency", None)
    mall_id = getattr(row, "mall_id", None)
    return isinstance(agency, Agency) and mall_id is not None and agency.mall_id != mall_id
