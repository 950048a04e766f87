"""Which words the text of each kind of message may use: what they mean, and an example of each.

A text names no service, and nothing of a person but the first name: there are no words for more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.text_engine import Shape


@dataclass(frozen=True)
class Word:
    """A word of a text; `example` by language, `shape` as in text_engine (None: plain text)."""

    meaning: str | Promise
    example: Mapping[str, Any]
    may_be_empty: bool = False
    shape: Shape = None


def _same(example: Any) -> dict[str, Any]:
    return {"id": example, "en": example}


def _either(indonesian: Any, english: Any) -> dict[str, Any]:
    return {"id": indonesian, "en": english}


_PLACE = {"label": None, "date": None, "time_range": None}
_MOVES = {
    language: [
        {
            "old": {"label": "C 012", "date": old, "time_range": "13.00–14.00"},
            "new": {"label": "C 037", "date": new, "time_range": "09.00–10.00"},
        }
    ]
    for language, old, new in (
        ("id", "Selasa, 24 November 2026", "Rabu, 25 November 2026"),
        ("en", "Tuesday, 24 November 2026", "Wednesday, 25 November 2026"),
    )
}
WORDS: dict[str, Word] = {
    "first_name": Word(_("nama depan"), _same("Siti"), may_be_empty=True),
    "mall": Word(_("nama mal"), _same("MPP Gajah Mada")),
    "link": Word(
        _("alamat halaman yang dituju"),
        _same(f"{settings.BASE_URL}/tiket/contohcontohcontohconto/"),
    ),
    "date": Word(
        _("hari dan tanggal"), _either("Rabu, 25 November 2026", "Wednesday, 25 November 2026")
    ),
    "time_range": Word(_("jam kedatangan"), _same("09.00–10.00")),
    "label": Word(_("nomor antrean"), _same("C 037")),
    "counter": Word(_("nomor loket"), _same("7")),
    "people": Word(_("berapa orang lagi"), _same("3")),
    "reason": Word(
        _("alasan yang ditulis petugas"),
        _either("sambungan ke pusat sedang terputus", "the connection to the capital is down"),
        may_be_empty=True,
    ),
    "back_at": Word(_("perkiraan jam berjalan lagi"), _same("10.30"), may_be_empty=True),
    "moves": Word(
        _("setiap nomor yang pindah: .old dan .new, masing-masing dengan label, date, time_range"),
        _MOVES,
        shape=[{"old": _PLACE, "new": _PLACE}],
    ),
    "kept_until": Word(
        _("sampai kapan tempat baru disimpan"),
        _either("Rabu, 25 November 2026 pukul 16.00", "Wednesday, 25 November 2026 at 16.00"),
    ),
    "secret": Word(_("kode sekali pakai"), _same("482913")),
    "until": Word(_("jam tawaran berakhir"), _same("14.15")),
    "lines": Word(
        _("kalimat ringkasan"),
        _either(
            ["12 orang menunggu sejak pukul 08.00.", "2 pengaduan jatuh tempo hari ini."],
            ["12 people have been waiting since 08.00.", "2 complaints are due today."],
        ),
        shape=[None],
    ),
    "number": Word(_("nomor pengaduan"), _same("P7KX 29MD")),
    "news": Word(
        _("apa yang terjadi, satu kalimat"),
        _either("Ada tanggapan untuk Anda.", "There is a reply for you."),
    ),
    "due": Word(
        _("batas waktu pengaduan"),
        _either("Rabu, 2 Desember 2026", "Wednesday, 2 December 2026"),
        may_be_empty=True,
    ),
    "agency": Word(_("nama instansi"), _same("Dinas Dukcapil")),
    "desk": Word(_("kontak meja pengaduan"), _same("pengaduan@contoh.id"), may_be_empty=True),
}
_ALL, _WHEN = ("first_name", "mall", "link"), ("date", "time_range", "label")
KINDS: dict[str, tuple[str, ...]] = {
    "booked": (*_ALL, *_WHEN),
    "rescheduled": (*_ALL, *_WHEN),
    "cancelled": (*_ALL, *_WHEN, "reason"),
    "reminder_day": (*_ALL, *_WHEN),
    "reminder_hours": (*_ALL, *_WHEN),
    "ahead": (*_ALL, "label", "people"),
    "called": (*_ALL, "label", "counter"),
    "paused": (*_ALL, "label", "time_range", "reason", "back_at"),
    "moved": (*_ALL, *_WHEN, "reason", "moves"),
    "kept": (*_ALL, *_WHEN, "reason", "moves", "kept_until"),
    "collect": (*_ALL, "label", "date"),
    "survey": (*_ALL, "label"),
    "offer": (*_ALL, "date", "time_range", "until"),
    "code": ("first_name", "mall", "secret"),
    "link": (*_ALL, "date"),
    "digest": (*_ALL, "lines", "date"),
    "case_received": (*_ALL, "number", "date"),
    "case_question": (*_ALL, "number"),
    "case_answer": (*_ALL, "number", "date"),
    "case_changed": (*_ALL, "number", "news"),
    "case_duty": (*_ALL, "number", "news", "due"),
    "case_oversight": (*_ALL, "number", "agency", "desk"),
}
# Where it stands large: on the ticket's own number; and the code to type in.
LARGE = {
    **dict.fromkeys(
        ("booked", "rescheduled", "reminder_day", "reminder_hours", "ahead", "called"), "label"
    ),
    **dict.fromkeys(("paused", "moved", "kept", "collect"), "label"),
    **dict.fromkeys(("case_received", "case_question", "case_answer", "case_changed"), "number"),
    "code": "secret",
}
# Without it the message is of no use to anybody; without a link it is only poorer.
NEEDED = {"code": "secret"}
LINKLESS = {"code", "cancelled"}


def shapes(kind: str) -> dict[str, Shape]:
    """The words of a kind as `text_engine.faults` wants them."""
    return {name: WORDS[name].shape for name in KINDS[kind]}


def examples(kind: str, language: str) -> dict[str, Any]:
    """A context of a kind that is nobody's."""
    return {name: WORDS[name].example[language] for name in KINDS[kind]}
