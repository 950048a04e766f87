"""The catalogue's file in the admin: preview, errors by row and column, load, export."""

import csv
import io
from typing import Any

import tablib
from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import Format
from import_export.forms import ConfirmImportForm
from import_export.resources import Resource
from import_export.results import Error, RowResult
from import_export.results import Result as Preview
from unfold.contrib.import_export.forms import ImportForm
from unfold.widgets import UnfoldAdminSelectWidget

from services import permissions
from services.catalogue import Result, export_rows, import_catalogue
from services.catalogue_file import COLUMNS, OPTIONAL_COLUMNS, CellError
from services.models import Mall, ServiceType

KINDS = {
    "created": RowResult.IMPORT_TYPE_NEW,
    "updated": RowResult.IMPORT_TYPE_UPDATE,
    "unchanged": RowResult.IMPORT_TYPE_SKIP,
}


class CatalogueCSV(Format):
    """The catalogue's own CSV: the rule reads the bytes, comments and all."""

    def __init__(self, encoding: str | None = None) -> None:
        self.encoding = encoding

    def get_title(self) -> str:
        return "csv"

    def get_extension(self) -> str:
        return "csv"

    def get_content_type(self) -> str:
        return "text/csv; charset=utf-8"

    def can_import(self) -> bool:
        return True

    def can_export(self) -> bool:
        return True

    def create_dataset(self, in_stream: bytes) -> bytes:
        return in_stream

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(dataset.headers)
        writer.writerows(dataset)
        return text.getvalue().encode("utf-8-sig")


class CatalogueResource(Resource):
    """Carries the catalogue's rule to the import pages and back."""

    def __init__(self, mall: Mall | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mall = mall

    @classmethod
    def get_display_name(cls) -> str:
        return _("Katalog layanan")

    def import_data(self, dataset: bytes, dry_run: bool = False, **kwargs: Any) -> Preview:
        result = import_catalogue(mall=self.mall, data=dataset, at=timezone.now(), dry_run=dry_run)
        return _preview(result, self.mall)

    def export(self, *args: Any, queryset: QuerySet | None = None, **kwargs: Any) -> Any:
        services = queryset if queryset is not None else ServiceType.objects.none()
        return tablib.Dataset(*export_rows(services), headers=[*COLUMNS, *OPTIONAL_COLUMNS])


def _preview(result: Result, mall: Mall) -> Preview:
    """Translate the rule's outcome for the import pages."""
    preview = Preview()
    preview.diff_headers = [_("Baris"), _("Kode"), _("Nama"), _("Yang berubah")]
    services = {
        service.code: service
        for service in ServiceType.objects.filter(
            agency__mall=mall, code__in=[row.code for row in result.rows if row.kind != "unchanged"]
        )
    }
    for error in result.errors:
        row = RowResult()
        row.import_type, row.number = RowResult.IMPORT_TYPE_ERROR, error.row
        place = _("kolom %(column)s: ") % {"column": error.column} if error.column else ""
        row.errors.append(Error(CellError(f"{place}{error.message}"), number=error.row))
        preview.append_row_result(row)
    for outcome in result.rows:
        row = RowResult()
        row.import_type, row.number = KINDS[outcome.kind], outcome.row
        row.diff = [outcome.row, outcome.code, outcome.name, ", ".join(outcome.changes)]
        row.instance = services.get(outcome.code)
        preview.append_row_result(row)
        preview.increment_row_result_total(row)
    return preview


class MallField(forms.ModelChoiceField):
    """A mall among those whose whole catalogue the person may edit."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Mall.objects.none(), label=gettext_lazy("Mal"), **kwargs)

    def offer_to(self, user: Any) -> None:
        self.queryset = permissions.malls_for(user, permissions.EDIT_CATALOGUE).order_by("name")


class CatalogueImportForm(ImportForm):
    mall = MallField(widget=UnfoldAdminSelectWidget)
    field_order = ["mall"]


class CatalogueConfirmForm(ConfirmImportForm):
    mall = MallField(widget=forms.HiddenInput)


class CatalogueAdminMixin(ImportExportMixin):
    """Import and export pages for the services' admin."""

    resource_classes = [CatalogueResource]
    formats = [CatalogueCSV]
    skip_export_form = True
    import_form_class = CatalogueImportForm
    confirm_form_class = CatalogueConfirmForm

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.is_staff and permissions.holds_a_mall(
            request.user, permissions.EDIT_CATALOGUE
        )

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def create_import_form(self, request: HttpRequest) -> forms.Form:
        form = super().create_import_form(request)
        form.fields["mall"].offer_to(request.user)
        return form

    def create_confirm_form(
        self, request: HttpRequest, import_form: forms.Form | None = None
    ) -> forms.Form:
        form = super().create_confirm_form(request, import_form)
        form.fields["mall"].offer_to(request.user)
        return form

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict:
        initial = super().get_confirm_form_initial(request, import_form)
        return initial | {"mall": import_form.cleaned_data["mall"]} if import_form else initial

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict:
        form = kwargs.get("form")
        return {"mall": getattr(form, "cleaned_data", {}).get("mall")}

    def process_result(self, result: Preview, request: HttpRequest) -> HttpResponse:
        if not result.has_errors():
            return super().process_result(result, request)
        messages.error(request, _("Tidak ada yang dimuat: isi mal berubah. Periksa berkas lagi."))
        return HttpResponseRedirect(reverse("admin:services_servicetype_import"))

    def add_success_message(self, result: Preview, request: HttpRequest) -> None:
        text = _("%(new)d layanan baru, %(update)d diperbarui, %(skip)d tetap.")
        messages.success(request, text % result.totals)
