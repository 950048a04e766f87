"""Addresses of the queues: the mall's pages, taking a number, tickets, the hall's display."""

from django.urls import path

from queueing.views import (
    board,
    booking,
    changing,
    confirming,
    devices,
    earlier,
    figures,
    find,
    finding,
    helping,
    helping_many,
    keeping,
    kiosk,
    kiosk_number,
    kiosk_present,
    mall,
    service,
    sharing,
    subscribing,
    ticket,
    voice,
)
from services import converters  # noqa: F401  (registers <mall:...>)

app_name = "queueing"

_mall = [
    path("<mall:mall>/", mall.home, name="home"),
    path("<mall:mall>/cari/", find.find, name="search"),
    path("<mall:mall>/instansi/<str:code>/", find.agency, name="agency"),
    path("<mall:mall>/keperluan/<slug:theme>/", find.theme, name="theme"),
    path("<mall:mall>/bantuan/", mall.help_page, name="help"),
    path("<mall:mall>/kinerja/", figures.performance, name="performance"),
    path("<mall:mall>/layanan/<str:code>/", service.service, name="service"),
    path("<mall:mall>/antrean/<str:code>/", booking.book, name="book"),
    path("<mall:mall>/layar/", board.display, name="display"),
    path("<mall:mall>/layar/<slug:zone>/", board.display, name="zone_display"),
    path("<mall:mall>/suara/<slug:word>.wav", voice.clip, name="clip"),
    path("<mall:mall>/suara/<slug:language>/<slug:phrase>.wav", voice.sentence, name="sentence"),
    path("<mall:mall>/perangkat/", devices.pair, name="pair"),
    path("<mall:mall>/perangkat/denyut/", devices.heartbeat, name="heartbeat"),
    path("<mall:mall>/tiket-saya/", mall.my_tickets, name="my_tickets"),
    path("<mall:mall>/tiket-saya/cari/", finding.find_ticket, name="find_ticket"),
    path("<mall:mall>/antrean/<str:code>/kirim-tautan/", finding.send_link, name="send_link"),
    path("<mall:mall>/tiket-saya/lupakan/", mall.forget_tickets, name="forget_tickets"),
]
_kiosk = [
    path("<mall:mall>/kios/", kiosk.start, name="kiosk"),
    path("<mall:mall>/kios/tampilan/", kiosk.change_look, name="kiosk_look"),
    path("<mall:mall>/kios/petugas/", kiosk.call_staff, name="kiosk_help"),
    path("<mall:mall>/kios/layanan/", kiosk.services, name="kiosk_services"),
    path("<mall:mall>/kios/layanan/<str:code>/", kiosk_number.service, name="kiosk_service"),
    path("<mall:mall>/kios/instansi/", kiosk.agencies, name="kiosk_agencies"),
    path("<mall:mall>/kios/instansi/<str:code>/", kiosk.agency, name="kiosk_agency"),
    path("<mall:mall>/kios/prioritas/", kiosk.priority, name="kiosk_priority"),
    path("<mall:mall>/kios/pengaduan/", kiosk.complaint, name="kiosk_complaint"),
    path("<mall:mall>/kios/ambil/", kiosk_number.take, name="kiosk_take"),
    path("<mall:mall>/kios/nomor/", kiosk_number.done, name="kiosk_done"),
    path("<mall:mall>/kios/karcis/", kiosk_number.paper, name="kiosk_slip"),
    path("<mall:mall>/kios/hadir/", kiosk_present.present, name="kiosk_present"),
]
_helper = [
    path("akun/mulai/", helping.arrival, name="arrival"),
    path("<mall:mall>/pendamping/", helping.helper, name="helper"),
    path("<mall:mall>/pendamping/layanan/", helping_many.helper_services, name="helper_services"),
    path("<mall:mall>/pendamping/ambil/<str:code>/", helping_many.helper_book, name="helper_book"),
    path("<mall:mall>/pendamping/cetak/", helping.helper_slips, name="helper_slips"),
    path(
        "<mall:mall>/pendamping/<uuid:public_id>/batal/",
        helping.helper_cancel,
        name="helper_cancel",
    ),
]
_ticket = [
    path("tiket/lihat/<str:signed>/", sharing.shared, name="shared"),
    path("tiket/<str:token>/", ticket.ticket, name="ticket"),
    path("tiket/<str:token>/lapor/", ticket.check_in, name="check_in"),
    path("tiket/<str:token>/jadi/", confirming.confirm, name="confirm"),
    path("tiket/<str:token>/batal/", changing.cancel_all, name="cancel_all"),
    path("tiket/<str:token>/urungkan/", changing.undo_cancel, name="undo_cancel"),
    path("tiket/<str:token>/kabari/", subscribing.subscribe, name="subscribe"),
    path("tiket/<str:token>/lebih-awal/", earlier.earlier_hour, name="earlier"),
    path("tiket/<str:token>/cetak/", keeping.slip, name="slip"),
    path("tiket/<str:token>/kalender.ics", keeping.calendar, name="calendar"),
    path("tiket/<str:token>/<uuid:public_id>/kembali/", ticket.come_back, name="come_back"),
    path("tiket/<str:token>/<uuid:public_id>/batal/", changing.cancel, name="cancel"),
    path("tiket/<str:token>/<uuid:public_id>/pindah/", changing.move, name="move"),
]
urlpatterns = _ticket + _mall + _kiosk + _helper
