"""Sentences for the hall's displays in the admin: for a time, in one zone or everywhere."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from queueing.models import Notice
from queueing.zones import zones
from services import permissions
from services.scoped_admin import RelatedRowsFilter, ScopedAdmin


class NoticeForm(forms.ModelForm):
    """A notice is for a zone that the mall has, and ends after it starts."""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        mall, zone = said.get("mall"), said.get("zone")
        if mall and zone:
            names = {one.slug: one.name for one in zones(mall)}
            said["zone"] = names.get(slugify(zone), zone)
            if slugify(zone) not in names:
                text = _("Tidak ada loket di zona ini. Zona yang ada: %(zones)s.")
                known = ", ".join(names.values()) or "–"
                self.add_error("zone", text % {"zones": known})
        starts_at, ends_at = said.get("starts_at"), said.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", _("Akhir pengumuman harus sesudah mulainya."))
        return said


@admin.register(Notice)
class NoticeAdmin(ScopedAdmin):
    """What is over may be deleted; nothing else refers to it."""

    view_permission = change_permission = permissions.ARRANGE
    mall_path = "mall"
    deletable = True
    form = NoticeForm
    list_display = ["text", "mall", "zone", "starts_at", "ends_at"]
    list_filter = [("mall", RelatedRowsFilter)]
    list_select_related = ["mall"]
    search_fields = ["text", "zone"]
    ordering = ["-starts_at", "-pk"]
