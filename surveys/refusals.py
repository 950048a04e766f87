"""Every no of the survey: its code, the sentence a citizen may read, its HTTP status."""

from typing import Any

from django.utils.translation import gettext_lazy as _

_TEXTS: dict[str, tuple[Any, int]] = {
    "unknown_survey": (
        _("Tautan survei ini tidak ada. Buka lagi dari pesan atau tiket Anda."),
        404,
    ),
    "expired": (
        _("Tautan survei ini sudah lewat waktunya. Pendapat Anda tetap dapat disampaikan."),
        410,
    ),
    "already_answered": (_("Survei ini sudah diisi. Satu kunjungan dinilai satu kali."), 409),
    "too_late": (_("Kunjungan ini sudah lama selesai, jadi tidak dinilai lagi."), 409),
    "bad_answer": (_("Jawaban itu tidak ada di pilihan. Pilih satu dari empat jawaban."), 422),
    "nothing_answered": (
        _("Semua pertanyaan dilewati. Jawab paling sedikit satu agar pendapat Anda terhitung."),
        422,
    ),
    "bad_choice": (_("Pilihan itu tidak ada di daftar. Pilih dari daftar, atau kosongkan."), 422),
    "text_too_long": (
        _("Saran paling panjang %(limit)s huruf. Yang Anda tulis %(count)s. Singkat saran Anda."),
        422,
    ),
    "cannot_add": (
        _("Penilaian Anda sudah tersimpan dan tidak dapat ditambah lagi dari halaman ini."),
        409,
    ),
    "not_allowed": (_("Survei kertas dimasukkan oleh meja depan atau meja pengaduan."), 403),
    "bad_date": (
        _("Tanggal pengisian paling lama %(days)s hari yang lalu, dan bukan sesudah hari ini."),
        422,
    ),
}


class Refusal(Exception):
    """A rule says no. `code` for programs, `message` for people, `status` for HTTP."""

    def __init__(
        self, code: str, *, fields: dict[str, str] | None = None, **context: object
    ) -> None:
        super().__init__(code)
        self._text, self.status = _TEXTS[code]
        self.code = code
        self.context = context
        self.fields = fields or {}

    @property
    def message(self) -> str:
        """The sentence, in the language of the reader."""
        return str(self._text) % self.context if self.context else str(self._text)

    def __str__(self) -> str:
        return self.code
