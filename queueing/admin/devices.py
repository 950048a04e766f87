"""Kiosks and displays in the admin: how they are, pairing them, and what their paper did."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.decorators import action, display

from queueing import printer, rules
from queueing.admin.records import RecordAdmin
from queueing.devices import AWAY_AFTER, ago
from queueing.models import Counter, Device, HelpCall, SlipPrint
from queueing.refusals import Refusal
from queueing.rules.devices import PAIRING_FOR
from services import permissions
from services.scoped_admin import RelatedRowsFilter, ScopedAdmin

_LOOKS = {
    "here": "success",
    "late": "warning",
    "never": "info",
    Device.Trouble.PAPER_OUT: "danger",
    Device.Trouble.PRINTER_AWAY: "danger",
    Device.Trouble.PAPER_LOW: "warning",
}


class DeviceForm(forms.ModelForm):
    """A printer must have an address that can be one, a zone must be one of the counters'."""

    class Meta:
        model = Device
        fields = "__all__"  # noqa: DJ007 - the admin names them
        help_texts = {
            "printer_host": _("Alamat IP di jaringan mal, misalnya 192.168.1.50; bukan nama host.")
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        host, port = data.get("printer_host", "").strip(), data.get("printer_port")
        data["printer_host"] = host
        network = data.get("printer") == Device.Printer.NETWORK
        if network and not host:
            self.add_error("printer_host", _("Tulis alamat pencetaknya, misalnya 192.168.1.50."))
        elif host and not printer.is_host(host):
            self.add_error(
                "printer_host", _("Tulis alamat IP pencetak di jaringan, misalnya 192.168.1.50.")
            )
        if port is not None and port not in printer.PORTS:
            self.add_error(
                "printer_port",
                _("Porta pencetak antara %(first)s dan %(last)s, biasanya 9100.")
                % {"first": printer.PORTS[0], "last": printer.PORTS[-1]},
            )
        self._clean_zone(data)
        return data

    def _clean_zone(self, data: dict[str, Any]) -> None:
        zone, mall = data.get("zone", "").strip(), data.get("mall")
        data["zone"] = zone
        if not zone or mall is None:
            return
        known = set(
            Counter.objects.filter(mall=mall).exclude(zone="").values_list("zone", flat=True)
        )
        if zone not in known:
            self.add_error(
                "zone",
                _("Tidak ada loket di zona itu. Zona yang ada: %(zones)s.")
                % {"zones": ", ".join(sorted(known)) or "–"},
            )


@admin.register(Device)
class DeviceAdmin(ScopedAdmin):
    """The mall's manager arranges them; the front desk sees how they are."""

    view_permission = permissions.FRONT_DESK
    change_permission = permissions.ARRANGE
    mall_path = "mall"
    form = DeviceForm
    list_display = ["name", "kind", "zone", "last_seen", "in_trouble", "paired", "active"]
    list_filter = [("mall", RelatedRowsFilter), "kind", "trouble", "active"]
    list_select_related = ["mall"]
    search_fields = ["name", "zone"]
    ordering = ["mall", "kind", "name"]
    fields = [
        "mall",
        "kind",
        "name",
        "zone",
        "speaks",
        "printer",
        "printer_host",
        "printer_port",
        "paper_mm",
        "active",
    ]
    conditional_fields = {
        "speaks": "kind == 'display'",
        "printer": "kind == 'kiosk'",
        "printer_host": "kind == 'kiosk' && printer == 'network'",
        "printer_port": "kind == 'kiosk' && printer == 'network'",
        "paper_mm": "kind == 'kiosk' && printer != 'none'",
    }
    actions = ["reload_chosen", "unpair_chosen"]
    actions_detail = ["pairing"]

    @display(description=_("terakhir terlihat"), ordering="last_seen_at", label=_LOOKS)
    def last_seen(self, device: Device) -> tuple[str, str]:
        at = timezone.now()
        if device.last_seen_at is None:
            return "never", ago(None, at)
        late = at - device.last_seen_at > AWAY_AFTER
        return "late" if late else "here", ago(device.last_seen_at, at)

    @display(description=_("gangguan"), ordering="trouble", label=_LOOKS, empty_value="–")
    def in_trouble(self, device: Device) -> tuple[str, str] | None:
        return (device.trouble, device.get_trouble_display()) if device.trouble else None

    @display(description=_("dipasangkan"), boolean=True, ordering="paired_at")
    def paired(self, device: Device) -> bool:
        return bool(device.token_hash)

    @admin.action(description=_("Muat ulang perangkat terpilih"), permissions=["change"])
    def reload_chosen(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        at = timezone.now()
        for device in queryset:
            rules.ask_reload(device_id=device.pk, at=at)
        messages.success(request, _("Perangkat memuat ulang dalam setengah menit."))

    @admin.action(description=_("Lepaskan perangkat terpilih"), permissions=["change"])
    def unpair_chosen(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        for device in queryset:
            self._unpair(request, device)
        messages.success(request, _("Perangkat dilepaskan. Pasangkan lagi dengan kode baru."))

    def response_add(
        self, request: HttpRequest, obj: Device, post_url_continue: str | None = None
    ) -> HttpResponse:
        """A new device is paired next."""
        if {"_addanother", "_continue"} & set(request.POST):
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, _("Perangkat tersimpan. Sekarang pasangkan."))
        return redirect("admin:queueing_device_pairing", object_id=obj.pk)

    @action(description=_("Pasangkan atau muat ulang"), url_path="pasangkan", icon="link")
    def pairing(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What is done from afar; a new code is shown once, in the answer to the press itself."""
        device = self.changeable(request, object_id)
        return self._pairing(request, device)

    @staticmethod
    def _said(wish: str) -> Any:
        return {
            "muat-ulang": _("Perangkat memuat ulang dalam setengah menit."),
            "lepas": _("Perangkat dilepaskan. Pasangkan lagi dengan kode baru."),
            "beres": _("Gangguan dicatat selesai."),
        }[wish]

    def _pairing(self, request: HttpRequest, device: Device) -> HttpResponse:
        at, wish, code = timezone.now(), request.POST.get("aksi", ""), ""
        if request.method == "POST" and wish == "kode":
            try:
                code = rules.make_pairing_code(device_id=device.pk, at=at)
                self.log_change(request, device, str(_("Kode perangkat dibuat.")))
            except Refusal as refusal:
                messages.error(request, refusal.message)
        elif request.method == "POST" and wish in {"muat-ulang", "lepas", "beres"}:
            if wish == "muat-ulang":
                rules.ask_reload(device_id=device.pk, at=at)
            elif wish == "lepas":
                self._unpair(request, device)
            else:
                rules.report_trouble(device_id=device.pk, trouble="", at=at)
            messages.success(request, self._said(wish))
            return redirect("admin:queueing_device_pairing", object_id=device.pk)
        return never_cache(self._pairing_page)(request, device, code, at)

    def _pairing_page(
        self, request: HttpRequest, device: Device, code: str, at: dt.datetime
    ) -> HttpResponse:
        device.refresh_from_db()
        until = device.pairing_until
        page = {
            **self.admin_site.each_context(request),
            "title": device.name,
            "device": device,
            "mall": device.mall,
            "code": code,
            "until": until if until and until > at else None,
            "minutes": max(1, round((until - at).total_seconds() / 60)) if until else 0,
            "address": settings.BASE_URL + reverse("queueing:pair", args=[device.mall.slug]),
            "seen": ago(device.last_seen_at, at),
            "late": device.last_seen_at is not None and at - device.last_seen_at > AWAY_AFTER,
            "whole": PAIRING_FOR.total_seconds() // 60,
        }
        return render(request, "queueing/devices/admin.html", page)

    def _unpair(self, request: HttpRequest, device: Device) -> None:
        rules.unpair(device_id=device.pk)
        self.log_change(request, device, str(_("Perangkat dilepaskan.")))


class OfADevice(RecordAdmin):
    """What a device did, for whoever keeps the front desk or arranges the mall."""

    view_permission = permissions.FRONT_DESK
    change_permission = permissions.ARRANGE
    list_filter = [("device", RelatedRowsFilter)]
    ordering = ["-pk"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SlipPrint)
class SlipPrintAdmin(OfADevice):
    mall_path = "device__mall"
    list_display = fields = readonly_fields = [
        "at",
        "device",
        "visit_code",
        "once_more",
        "state",
        "trouble",
    ]
    list_filter = [("device", RelatedRowsFilter), "state", "again"]
    list_select_related = ["device", "visit"]

    @admin.display(description=_("cetak ulang"), ordering="again")
    def once_more(self, row: SlipPrint) -> str:
        return str(_("ya")) if row.again else "–"

    @admin.display(description=_("kunjungan"))
    def visit_code(self, row: SlipPrint) -> str:
        return str(row.visit)


@admin.register(HelpCall)
class HelpCallAdmin(OfADevice):
    mall_path = "mall"
    list_display = fields = readonly_fields = ["at", "device", "waited", "answered_at", "by"]
    list_select_related = ["device", "answered_by"]

    @admin.display(description=_("menunggu"))
    def waited(self, call: HelpCall) -> str:
        minutes = int(((call.answered_at or timezone.now()) - call.at).total_seconds() // 60)
        return _("%(n)d menit") % {"n": minutes}

    @admin.display(description=_("oleh"))
    def by(self, call: HelpCall) -> str:
        return str(call.answered_by or "–")
