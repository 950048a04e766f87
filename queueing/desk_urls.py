"""Addresses of the desks inside the admin: counters and the front desk."""

from django.urls import path

from queueing.admin import (
    console,
    console_aside,
    front_desk,
    front_desk_calls,
    front_desk_print,
    front_desk_sheets,
    voice,
)

app_name = "desks"
urlpatterns = [
    path("loket/", console.counters, name="counters"),
    path("loket/<int:counter_id>/", console.counter, name="counter"),
    path("loket/<int:counter_id>/kecil/", console.small, name="small"),
    path("loket/<int:counter_id>/serah-terima/", console_aside.hand_over, name="hand_over"),
    path(
        "loket/<int:counter_id>/berkas-kurang/<int:ticket_id>/",
        console_aside.missing_slip,
        name="missing_slip",
    ),
    path("loket/<int:counter_id>/<str:act>/", console.act, name="act"),
    path("meja-depan/", front_desk.front_desk, name="front_desk"),
    path("meja-depan/tanya/", front_desk.asked, name="asked"),
    path("meja-depan/tanya/urungkan/", front_desk.asked_undo, name="asked_undo"),
    path("meja-depan/cetak/", front_desk_print.reprint, name="reprint"),
    path("meja-depan/cetak/<int:visit_id>/", front_desk_print.paper, name="paper"),
    path("meja-depan/daftar/", front_desk_sheets.day_list, name="day_list"),
    path("meja-depan/hari-kertas/", front_desk_sheets.paper_day, name="paper_day"),
    path("meja-depan/panggilan/", front_desk_calls.calls, name="calls"),
    path("meja-depan/panggilan/jawab/", front_desk_calls.answer, name="answer_help"),
    path("meja-depan/<str:act>/", front_desk.act, name="front_desk_act"),
    path("suara/", voice.voice_page, name="voice"),
    path("suara/simpan/", voice.keep, name="voice_keep"),
    path("suara/hapus/", voice.drop, name="voice_drop"),
]
