"""A mall's set-up in the admin: written into one file, and read from one with a look before."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from queueing import rules, setup_file
from queueing.rules.setup_rows import Result
from queueing.setup_export import document_of
from services.admin import MallAdmin
from services.models import Mall
from services.models.malls import validate_slug_not_reserved

PART_NAMES = {
    "mall": _("mal"),
    "agencies": _("instansi"),
    "services": _("layanan"),
    "standards": _("standar layanan"),
    "papers": _("berkas"),
    "hours": _("jam buka"),
    "closures": _("penutupan"),
    "holidays": _("hari libur"),
    "queues": _("antrean"),
    "counters": _("loket"),
    "assignments": _("penugasan loket"),
}
KINDS = {"created": _("baru"), "updated": _("diubah"), "removed": _("dihapus")}


class SetupForm(forms.Form):
    """The file, and the address of the mall that it becomes; `document` is the file once read."""

    file = forms.FileField(
        label=_("Berkas penataan"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )
    slug = forms.SlugField(
        label=_("Alamat mal"),
        help_text=_("Kosongkan untuk alamat di berkas. Mal yang sudah ada diperbarui."),
        max_length=40,
        required=False,
        validators=[validate_slug_not_reserved],
        error_messages={"invalid": _("Pakai huruf kecil, angka, dan tanda hubung.")},
    )
    document = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        file, kept = data.get("file"), data.get("document")
        if not (file or kept):
            self.add_error("file", _("Pilih berkas penataannya."))
            return data
        content = file.read(setup_file.MOST_BYTES + 1) if file else kept.encode()
        data["document"], self.problems = setup_file.load(content)
        return data


admin.site.unregister(Mall)


@admin.register(Mall)
class SettingUpMallAdmin(MallAdmin):
    """The mall with its set-up: whoever arranges it takes it along, the portal's own read it in."""

    actions_list = ["import_setup"]
    actions_detail = ["export_setup"]

    def has_import_setup_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    @action(description=_("Ekspor penataan"), url_path="ekspor", icon="download")
    def export_setup(self, request: HttpRequest, object_id: str) -> HttpResponse:
        mall = self.get_object(request, object_id)
        if mall is None:
            raise Http404
        if not self.has_change_permission(request, mall):
            raise PermissionDenied
        content = setup_file.dump(document_of(mall=mall, at=timezone.now()))
        name = f"penataan-{mall.slug}.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(content, content_type="application/json", headers=headers)

    @action(
        description=_("Impor penataan"),
        url_path="impor",
        icon="upload",
        permissions=["import_setup"],
    )
    def import_setup(self, request: HttpRequest) -> HttpResponse:
        form = SetupForm(request.POST or None, request.FILES or None)
        context = {**admin.site.each_context(request), "title": _("Impor penataan"), "form": form}
        if not (form.is_bound and form.is_valid()):
            return render(request, "queueing/desk/import_setup.html", context)
        result = Result(problems=form.problems)
        confirmed = "terapkan" in request.POST
        document = form.cleaned_data["document"]
        slug = form.cleaned_data["slug"] or str(_dict(document.get("mall")).get("slug", ""))
        if not form.problems:
            at = timezone.now()
            result = rules.import_setup(
                document=document, slug=slug, by=request.user, at=at, dry_run=not confirmed
            )
        if confirmed and not result.problems:
            messages.success(request, _("Penataan %(mall)s sudah dipakai.") % {"mall": result.mall})
            return redirect("admin:services_mall_change", result.mall.pk)
        context |= {"result": result, "groups": _groups(result), "slug": slug}
        context |= {"document": json.dumps(document, ensure_ascii=False)}
        context["same"] = result.count("unchanged")
        status = 422 if result.problems else 200
        return render(request, "queueing/desk/import_setup.html", context, status=status)


def _groups(result: Result) -> list[dict[str, Any]]:
    """What would change, by part and by kind."""
    groups = []
    for part, name in PART_NAMES.items():
        for kind, words in KINDS.items():
            lines = [line for line in result.lines if (line.part, line.kind) == (part, kind)]
            if lines:
                groups.append({"name": name, "kind": kind, "words": words, "lines": lines})
    return groups


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
