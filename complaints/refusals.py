"""Every no of the complaints desk: its code, the sentence a citizen may read, its HTTP status."""

from typing import Any

from django.utils.translation import gettext_lazy as _

_TEXTS: dict[str, tuple[Any, int]] = {
    # filing
    "bad_kind": (_("Pilih jenisnya: pengaduan, aspirasi, atau permintaan informasi."), 422),
    "text_missing": (_("Ceritakan apa yang terjadi."), 422),
    "text_too_long": (
        _("Cerita paling panjang %(limit)s huruf. Yang Anda tulis %(count)s. Singkat cerita Anda."),
        422,
    ),
    "subject_too_long": (_("Judul paling panjang %(limit)s huruf. Singkat judulnya."), 422),
    "name_too_long": (_("Nama paling panjang %(limit)s huruf. Singkat nama Anda."), 422),
    "bad_phone": (_("Nomor WhatsApp diawali 08 atau +62, 10 sampai 13 angka."), 422),
    "bad_email": (_("Surel ditulis seperti nama@contoh.id."), 422),
    "unknown_agency": (_("Instansi itu tidak ada di mal ini. Pilih dari daftar."), 422),
    "unknown_service": (_("Layanan itu tidak ada di mal ini. Pilih layanan lain."), 422),
    "day_missing": (_("Tulis juga tanggalnya, atau kosongkan jamnya."), 422),
    "not_yet_happened": (_("Waktu kejadian belum lewat. Periksa tanggal dan jamnya."), 422),
    "bad_request_key": (_("Kunci permintaan paling panjang %(limit)s huruf."), 422),
    "request_reused": (
        _("Isian ini sudah pernah dikirim dengan isi lain. Muat ulang halaman, lalu kirim lagi."),
        422,
    ),
    "attachments_too_many": (_("Paling banyak %(limit)s berkas untuk satu pengaduan."), 422),
    "attachments_too_large": (
        _("Semua berkas bersama paling besar %(limit)s MB. Kirim sebagian saja."),
        422,
    ),
    # files
    "files_too_many": (
        _("Paling banyak %(limit)s berkas sekali kirim. Berkas lain dapat ditambahkan sesudahnya."),
        422,
    ),
    "file_empty": (_("“%(name)s” kosong. Pilih berkas itu sekali lagi."), 422),
    "file_too_large": (
        _("“%(name)s” lebih besar dari %(limit)s MB. Kirim yang lebih kecil."),
        422,
    ),
    "bad_file": (
        _("“%(name)s” bukan foto atau PDF. Kirim foto (JPG, PNG, WebP) atau PDF."),
        422,
    ),
    "save_as_pdf": (
        _("“%(name)s” belum dapat dilampirkan. Simpan sebagai PDF, lalu kirim PDF itu."),
        422,
    ),
    "send_as_jpg": (_("“%(name)s” berformat HEIC. Kirim sebagai JPG."), 422),
    "no_video": (
        _("“%(name)s” adalah video atau suara. Kirim foto, dan ceritakan isinya."),
        422,
    ),
    "broken_pdf": (_("“%(name)s” tidak utuh. Simpan lagi sebagai PDF, lalu kirim."), 422),
    "broken_picture": (
        _("“%(name)s” rusak atau tidak utuh. Kirim foto lain, atau tangkapan layarnya."),
        422,
    ),
    "picture_too_large": (
        _("“%(name)s” terlalu besar untuk dibuka. Kirim sebagai JPG yang lebih kecil."),
        422,
    ),
    "pictures_busy": (
        _("Banyak foto sedang diproses. Tunggu sebentar, lalu kirim lagi."),
        503,
    ),
    "no_room": (
        _("Berkas tidak dapat disimpan sekarang. Kirim tanpa berkas, atau coba lagi nanti."),
        507,
    ),
    "request_too_large": (
        _(
            "Kiriman Anda terlalu besar: paling banyak %(limit)s MB sekali kirim. Kembali ke "
            "halaman tadi, kurangi berkasnya, lalu kirim lagi."
        ),
        413,
    ),
    "file_missing": (
        _("Berkas ini tidak ada lagi di penyimpanan. Beri tahu meja pengaduan."),
        404,
    ),
    # other channels and SP4N-LAPOR!
    "bad_channel": (_("Pilih salurannya dari daftar."), 422),
    "account_too_long": (_("Akun paling panjang %(limit)s huruf. Singkat akunnya."), 422),
    "bad_permalink": (
        _("Tautan diawali https:// atau http:// dan paling panjang %(limit)s huruf."),
        422,
    ),
    "not_yet_told": (_("Waktu itu belum lewat. Periksa tanggal dan jamnya."), 422),
    "bad_lapor_id": (
        _("Nomor LAPOR! berisi huruf dan angka, paling panjang %(limit)s. Salin dari SP4N-LAPOR!."),
        422,
    ),
    "lapor_status_too_long": (_("Status paling panjang %(limit)s huruf. Singkat statusnya."), 422),
    "lapor_id_taken": (
        _("Nomor LAPOR! itu sudah dipakai pengaduan lain. Periksa nomornya, atau gabungkan."),
        409,
    ),
    "nothing_to_export": (_("Tidak ada pengaduan dengan pilihan itu. Ubah pilihannya."), 422),
    "export_too_large": (
        _(
            "Pilihan itu terlalu besar: paling banyak %(cases)s pengaduan dan %(size)s MB lampiran "
            "sekali unduh. Persempit tanggalnya."
        ),
        422,
    ),
    "too_many_cases": (
        _(
            "Sudah banyak pengaduan dari sini hari ini, jadi yang ini belum terkirim. Datang ke "
            "meja pengaduan, coba lagi besok, atau lapor lewat SP4N-LAPOR!."
        ),
        429,
    ),
    # following
    "too_many_guesses": (
        _("Terlalu banyak PIN salah dari sini. Tunggu satu jam, atau datang ke meja pengaduan."),
        429,
    ),
    "unknown_case": (_("Nomor atau PIN tidak cocok. Periksa keduanya, lalu coba lagi."), 404),
    "too_many_tries": (
        _("Terlalu banyak percobaan. Tunggu 20 menit, atau datang ke meja pengaduan."),
        429,
    ),
    "no_more_tries": (
        _("PIN salah terlalu sering hari ini. Coba lagi besok, atau datang ke meja pengaduan."),
        429,
    ),
    "nothing_asked": (
        _("Tidak ada pertanyaan yang menunggu jawaban. Muat ulang halaman ini."),
        409,
    ),
    "nothing_to_add_to": (
        _("Keterangan tidak dapat ditambah pada status ini. Muat ulang halaman ini."),
        409,
    ),
    "nothing_to_object_to": (
        _("Keberatan diajukan setelah ada jawaban. Tunggu jawabannya dahulu."),
        409,
    ),
    "nothing_to_rate": (_("Jawaban dinilai setelah ada. Tunggu jawabannya dahulu."), 409),
    "bad_rating": (_("Pilih satu dari empat nilai."), 422),
    "cannot_reopen": (_("Hanya pengaduan yang sudah selesai yang dapat dibuka kembali."), 409),
    "closed_long_ago": (
        _("Pengaduan ini selesai lebih dari 30 hari lalu. Sampaikan pengaduan baru."),
        409,
    ),
    # handling
    "no_such_case": (_("Pengaduan itu tidak ada, atau bukan wewenang Anda."), 404),
    "desk_only": (_("Ini tugas meja pengaduan. Sampaikan kepada mereka lewat catatan."), 403),
    "superior_only": (
        _("Keberatan diputuskan atasan, bukan oleh yang menjawab. Sampaikan lewat catatan."),
        403,
    ),
    "own_answer": (
        _("Keberatan atas jawaban Anda diputuskan orang lain, atau ajukan ke pengawas."),
        403,
    ),
    "changed_meanwhile": (
        _("Pengaduan ini baru saja berubah. Muat ulang halaman, baca, lalu putuskan lagi."),
        409,
    ),
    "cannot_step": (
        _("Langkah itu tidak mungkin pada status sekarang. Muat ulang halaman ini."),
        409,
    ),
    "bad_level": (_("Pilih tingkatnya: informasi, biasa, atau berkadar pengawasan."), 422),
    "not_classified": (_("Tetapkan tingkatnya dahulu, lalu teruskan ke instansi."), 409),
    "confidential_stays": (
        _("Laporan rahasia tidak diteruskan ke instansi yang diadukan. Tangani di meja pengaduan."),
        409,
    ),
    "merged_with_itself": (_("Pilih pengaduan lain untuk digabung."), 422),
    "cannot_merge_into": (
        _("Pengaduan tujuan tidak dapat menerima gabungan. Pilih pengaduan lain yang masih ada."),
        409,
    ),
    "no_case_to_merge": (
        _("Tidak ada pengaduan terbuka bernomor itu di mal ini. Periksa nomornya."),
        422,
    ),
    "named_oneself": (
        _("Anda tidak dapat mencatat diri sendiri. Minta rekan di meja pengaduan mencatatnya."),
        422,
    ),
    "unknown_officer": (_("Orang itu bukan petugas mal ini. Pilih dari daftar."), 422),
    "bad_counter": (_("Nomor loket ditulis dengan angka, 1 sampai 999."), 422),
    "nobody_named": (_("Belum ada yang berubah. Pilih petugas, atau tulis nomor loketnya."), 422),
    # publishing
    "subject_missing": (_("Tulis judul yang akan dibaca umum."), 422),
    "not_read_over": (
        _("Baca sekali lagi, lalu centang bahwa tidak ada nama atau data pribadi."),
        422,
    ),
    "still_personal": (_("Masih ada %(what)s. Hapus atau ganti, lalu terbitkan lagi."), 422),
    "confidential_not_published": (_("Laporan rahasia tidak pernah diterbitkan."), 409),
    "nothing_published": (_("Pengaduan ini belum diterbitkan. Muat ulang halaman ini."), 409),
    "cannot_withdraw": (_("Pengaduan ini sudah selesai, jadi tidak dapat dicabut lagi."), 409),
}


class Refusal(Exception):
    """A rule says no. `code` for programs, `message` for people, `status` for HTTP.

    `fields` has the sentence for every input that needs mending, by its name in the rule.
    """

    def __init__(
        self, code: str, *, fields: dict[str, str] | None = None, **context: object
    ) -> None:
        super().__init__(code)
        self._text, self.status = _TEXTS[code]
        self.code = code
        self.context = context
        self.fields = fields or {}

    def at(self, field: str) -> "Refusal":
        """This refusal, its sentence standing at one field."""
        self.fields = {field: self.message}
        return self

    @property
    def message(self) -> str:
        """The sentence, in the language of the reader."""
        return str(self._text) % self.context if self.context else str(self._text)

    def __str__(self) -> str:
        return self.code
