"""Every no of the queueing rules: its code, the sentence a citizen may read, its HTTP status."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext_lazy as _

_TEXTS: dict[str, tuple[Any, int]] = {
    # the gate
    "no_queue": (_("Layanan ini belum punya antrean di mal. Tanyakan di meja depan."), 409),
    "external": (_("Nomor untuk layanan ini diambil di %(system)s, bukan di sini."), 409),
    "walk_in_only": (_("Nomor layanan ini diambil di mal. Datang dan ambil di kios."), 409),
    "online_only": (_("Nomor layanan ini hanya diambil daring, lewat halaman layanannya."), 409),
    "past": (_("Waktu itu sudah lewat. Pilih hari atau jam lain."), 409),
    "holiday": (_("Tanggal itu hari libur. Pilih hari lain."), 409),
    "closed": (_("Layanan tutup pada tanggal itu. Pilih hari lain."), 409),
    "not_yet_released": (_("Tanggal itu belum dibuka. Pilih hari yang lebih dekat."), 409),
    "last_ticket_passed": (_("Nomor terakhir hari ini sudah lewat. Pilih hari lain."), 409),
    "full": (_("Nomor belum terambil. Jam itu sudah penuh. Pilih jam lain."), 409),
    "just_full": (_("Nomor belum terambil. Jam %(hour)s baru saja penuh. Pilih jam lain."), 409),
    "day_just_full": (
        _("Nomor belum terambil. Hari itu baru saja penuh. Pilih hari lain."),
        409,
    ),
    "day_full": (_("Semua nomor pada tanggal itu sudah terambil. Pilih hari lain."), 409),
    "paused": (_("Antrean sedang dijeda: %(reason)s. Coba lagi nanti atau pilih hari lain."), 409),
    "already_booked": (
        _(
            "Sudah ada nomor aktif untuk layanan ini. Minta tautannya dikirim ke kontak yang "
            "terdaftar, atau tanyakan di meja depan."
        ),
        409,
    ),
    "busy": (_("Sedang ramai. Isian Anda masih ada. Coba lagi sebentar lagi."), 503),
    # booking
    "nothing_chosen": (_("Pilih paling sedikit satu layanan."), 422),
    "too_many_tickets": (_("Paling banyak %(limit)s layanan dalam satu kunjungan."), 422),
    "same_service_twice": (_("Layanan yang sama cukup satu nomor."), 422),
    "name_missing": (_("Tulis nama seperti di KTP."), 422),
    "name_too_long": (_("Nama paling panjang 100 huruf. Singkat nama Anda."), 422),
    "bad_phone": (_("Nomor WhatsApp diawali 08 atau +62, 10 sampai 13 angka."), 422),
    "bad_channel": (_("Kontak yang Anda tulis tidak dapat dikabari lewat saluran itu."), 422),
    "bad_email": (_("Surel ditulis seperti nama@contoh.id."), 422),
    "bad_nik": (_("NIK harus 16 angka. Yang Anda tulis %(count)s angka."), 422),
    "bad_priority": (_("Pilih salah satu kebutuhan prioritas, atau kosongkan."), 422),
    "bad_need": (_("Pilih bantuan yang ada di daftar, atau tanyakan di meja depan."), 422),
    "sign_language_lead": (
        _(
            "Juru bahasa isyarat perlu dipesan %(days)s hari kerja sebelumnya. Pilih %(date)s atau "
            "sesudahnya, atau datang tanpa juru bahasa."
        ),
        409,
    ),
    "no_sign_language": (
        _("Juru bahasa isyarat belum tersedia di mal ini. Tanyakan bantuan lain di meja depan."),
        409,
    ),
    "unknown_mall": (_("Mal itu tidak ada. Kembali ke beranda."), 404),
    "unknown_service": (_("Layanan itu tidak ada di mal ini. Cari layanan lain."), 404),
    "unknown_window": (_("Jam itu tidak ada lagi. Pilih jam lain."), 404),
    "hour_missing": (_("Pilih jam kedatangan Anda."), 422),
    "wrong_window": (_("Jam itu bukan milik layanan ini. Pilih jam lain."), 422),
    "different_dates": (_("Semua layanan dalam satu kunjungan harus pada tanggal yang sama."), 422),
    "overlapping": (_("Dua jam yang dipilih bertumpuk. Pilih jam yang tidak bersamaan."), 422),
    "contact_cap": (
        _(
            "Satu kontak paling banyak %(limit)s nomor aktif per hari, dan jatah itu sudah "
            "terpakai. Pilih hari lain, atau minta bantuan di meja depan."
        ),
        409,
    ),
    "bad_request_key": (_("Kunci permintaan paling panjang %(limit)s karakter."), 422),
    "sent_before": (
        _(
            "Isian yang lama sudah terkirim dan nomornya sudah ada. Isian ini berbeda: periksa, "
            "lalu tekan sekali lagi bila ingin nomor baru."
        ),
        422,
    ),
    "request_reused": (_("Kunci permintaan ini sudah dipakai untuk isian lain."), 422),
    "priority_cap": (
        _("Nomor prioritas hari ini sudah habis. Ambil nomor biasa, atau tanyakan petugas."),
        409,
    ),
    # coming to the mall
    "unknown_ticket": (
        _("Nomor itu tidak ditemukan. Periksa kodenya, atau datang ke meja depan."),
        404,
    ),
    "not_today": (_("Kunjungan ini untuk %(date)s. Lapor hadir pada hari itu."), 409),
    "too_early": (_("Belum waktunya. Lapor hadir mulai pukul %(time)s."), 409),
    "too_late": (_("Batas lapor hadir sudah lewat. Ambil nomor baru di kios atau daring."), 409),
    "nothing_to_check_in": (_("Tidak ada nomor yang perlu lapor hadir di kunjungan ini."), 409),
    "wrong_hall_code": (_("Kode di layar aula tidak cocok. Lihat layar, lalu ketik lagi."), 422),
    "too_many_tries": (_("Terlalu banyak percobaan. Tunggu 10 menit atau ke meja depan."), 429),
    "wrong_code": (_("Kode tidak cocok. Periksa pesannya, atau minta kode baru."), 422),
    "not_printing": (
        _("Karcis ini tidak sedang dicetak. Panggil petugas bila karcisnya tidak ada."),
        409,
    ),
    "cannot_revive": (_("Karcis ini tidak dapat dipakai lagi. Ambil nomor baru."), 409),
    "nothing_to_confirm": (_("Tidak ada nomor yang menunggu kepastian di kunjungan ini."), 409),
    "cannot_cancel": (_("Nomor ini tidak dapat dibatalkan lagi."), 409),
    "cannot_reschedule": (_("Nomor ini tidak dapat dipindah lagi. Ambil nomor baru."), 409),
    "same_window": (_("Nomor ini sudah pada jam itu. Pilih jam lain."), 422),
    "same_day_only": (
        _("Kunjungan ini punya beberapa nomor: pindahkan ke jam lain pada hari yang sama."),
        409,
    ),
    # counters
    "not_allowed": (_("Anda tidak berwenang untuk itu."), 403),
    "unknown_counter": (_("Loket itu tidak ada di antara loket Anda hari ini."), 404),
    "counter_closed": (_("Loket belum dibuka. Buka loket dahulu."), 409),
    "counter_taken": (_("Loket ini sedang dibuka petugas lain. Ambil alih bila perlu."), 409),
    "open_elsewhere": (
        _("Loket ini sedang Anda buka di peramban lain. Ambil alih untuk memakainya di sini."),
        409,
    ),
    "taken_over": (
        _("Loket ini dipakai di peramban lain. Ambil alih untuk memakainya lagi di sini."),
        409,
    ),
    "seen_otherwise": (_("Keadaan loket sudah berubah. Lihat yang terbaru, lalu tekan lagi."), 409),
    "not_waiting": (_("Nomor itu tidak lagi menunggu di antrean loket ini."), 409),
    "person_elsewhere": (_("Pemilik nomor itu sedang dilayani di loket lain."), 409),
    "missing_papers_needed": (
        _("Tandai berkas yang kurang, agar warga tahu apa yang dibawa."),
        422,
    ),
    "officer_elsewhere": (_("Anda masih membuka loket %(number)s. Tutup dahulu."), 409),
    "nothing_assigned": (_("Loket ini tidak punya antrean hari ini. Hubungi pengelola."), 409),
    "still_serving": (_("Masih ada nomor di loket. Selesaikan dahulu."), 409),
    "nobody_at_counter": (_("Tidak ada nomor di loket ini."), 409),
    "wrong_state": (_("Nomor ini berstatus %(state)s; langkah itu tidak dapat dilakukan."), 409),
    "recalled_enough": (_("Sudah dipanggil ulang %(limit)s kali. Tandai tidak hadir."), 409),
    "reason_needed": (_("Tulis alasannya, paling sedikit 5 huruf."), 422),
    "bad_outcome": (_("Pilih hasil pelayanan dari daftar."), 422),
    "collect_date_needed": (_("Isi tanggal pengambilan, hari ini atau sesudahnya."), 422),
    "rejoined_already": (_("Nomor ini sudah pernah kembali ke antrean. Ambil nomor baru."), 409),
    "day_closed": (_("Hari antrean ini sudah ditutup."), 409),
    "same_queue": (_("Layanan itu ada di antrean yang sama; tidak perlu dipindahkan."), 409),
    "nothing_to_undo": (_("Tidak ada langkah yang dapat diurungkan."), 409),
    "undo_too_late": (_("Lebih dari 60 detik: langkah ini tidak dapat diurungkan lagi."), 409),
    "undo_not_yours": (_("Langkah terakhir dilakukan petugas lain."), 409),
    "acted_on": (_("Hasil langkah ini sudah dipakai: %(what)s. Tidak dapat diurungkan."), 409),
    # the front desk
    "cannot_reprint": (
        _("Nomor di karcis ini tidak berlaku lagi. Ambil nomor baru."),
        409,
    ),
    "other_queue": (
        _(
            "Layanan itu di antrean lain. Laporkan hadir dahulu, lalu ganti layanannya; atau "
            "batalkan nomor ini dan beri nomor baru."
        ),
        409,
    ),
    "card_not_seen": (_("Lihat KTP aslinya dahulu, lalu centang bahwa sudah dilihat."), 422),
    "paper_day": (
        _("Hari kertas dicatat pada harinya atau paling lambat %(days)s hari sesudahnya."),
        422,
    ),
    "paper_rows": (_("Ada yang perlu diperbaiki. Belum ada baris yang dicatat."), 422),
    "paper_number_missing": (_("Tulis nomor kertasnya, seperti C K01."), 422),
    "paper_number_twice": (_("Nomor kertas ini tertulis dua kali. Perbaiki salah satunya."), 422),
    "paper_result_missing": (_("Pilih hasilnya."), 422),
    "paper_clock": (_("Jam ditulis seperti 9.15 atau 0915."), 422),
    "paper_time_missing": (_("Tulis jam datang, dipanggil, dan selesai untuk hasil ini."), 422),
    "paper_order": (_("Jam harus berurutan: datang, dipanggil, selesai."), 422),
    "paper_future": (_("Jam itu belum lewat. Periksa jam dan harinya."), 422),
    # kiosks and displays
    "code_missing": (
        _("Pindai kode QR, atau ketik kode 6 huruf dan angka yang ada di tiket Anda."),
        422,
    ),
    "kiosk_form_old": (_("Halaman tadi sudah terlalu lama. Pilih layanannya sekali lagi."), 409),
    "wrong_pairing_code": (
        _("Kode itu tidak cocok atau sudah lewat. Periksa, atau buat kode baru di admin."),
        422,
    ),
    "too_many_pairings": (_("Terlalu banyak percobaan. Tunggu 10 menit, lalu coba lagi."), 429),
    "no_paper_here": (_("Kios ini tidak mencetak. Pindai kode QR di layar dengan HP."), 409),
    "reprint_too_late": (
        _("Cetak ulang di kios hanya dalam 10 menit. Minta karcis di meja depan."),
        409,
    ),
    "reprints_used": (
        _(
            "Karcis ini sudah dicetak ulang %(limit)s kali. Lanjutkan dengan kode QR, atau minta "
            "karcis di meja depan."
        ),
        409,
    ),
    "device_off": (_("Perangkat ini dimatikan. Nyalakan dahulu, lalu buat kode."), 409),
    "bad_trouble": (_("Gangguan itu tidak dikenal."), 422),
    "unknown_help_call": (_("Panggilan itu tidak ada di mal ini."), 404),
    "help_answered": (_("Petugas lain sudah menjawab panggilan itu."), 409),
    # the hall's voice
    "unknown_word": (_("Kata itu tidak ada di daftar rekaman. Pilih kata lain."), 404),
    "clip_missing": (_("Pilih berkas suaranya, atau rekam dahulu."), 422),
    "clip_too_large": (
        _("Berkas suara paling besar %(limit)s KB. Rekam lebih pendek, satu kata saja."),
        422,
    ),
    "clip_too_long": (_("Rekaman paling lama %(limit)s detik. Rekam satu kata saja."), 422),
    "clip_unreadable": (
        _("Berkas itu bukan suara yang dapat dipakai. Pilih berkas WAV, OGG, MP3, atau WebM."),
        422,
    ),
    # an earlier hour
    "not_earlier": (_("Pilih jam yang lebih awal dari jadwal Anda sekarang."), 422),
    "wish_needs_contact": (
        _(
            "Kami belum bisa mengabari Anda: nomor ini tanpa kontak. Nyalakan kabar ke HP di "
            "halaman tiket, atau pilih sendiri jam lain."
        ),
        409,
    ),
    "offer_gone": (
        _("Tawaran itu sudah berakhir. Nomor Anda yang sekarang tetap berlaku."),
        409,
    ),
    # told on a phone
    "push_off": (
        _("Kabar ke HP belum disediakan di sini. Ikuti giliran Anda di halaman ini."),
        409,
    ),
    "bad_subscription": (
        _(
            "Peramban ini tidak dapat dikabari."
            " Biarkan halaman ini terbuka untuk mengikuti giliran."
        ),
        422,
    ),
    "nothing_to_tell": (_("Nomor ini sudah selesai, jadi tidak ada lagi yang dikabarkan."), 409),
    # arranging the house
    "no_room": (
        _(
            "%(count)s nomor yang sudah dipesan tidak mendapat tempat lain, jadi tidak ada yang "
            "diubah. Tambah kursi atau jam pada hari lain, lalu simpan lagi."
        ),
        409,
    ),
    "bad_span": (_("Rentang tanggal paling panjang satu tahun, dari yang lama ke yang baru."), 422),
    "not_rehearsal": (_("Hanya untuk mal latihan."), 409),
    "already_set_up": (_("Portal ini sudah ditata. Masuk dengan akun yang sudah ada."), 409),
    "same_account_twice": (_("Satu akun untuk satu orang. Pakai nama akun yang berbeda."), 422),
    "bad_setup": (_("Penataan ini belum dapat dipakai. Perbaiki yang disebut di bawah."), 422),
}


class Refusal(Exception):
    """A rule says no. `code` for programs, `message` for people, `status` for HTTP."""

    def __init__(
        self,
        code: str,
        *,
        next_date: dt.date | None = None,
        fields: dict[str, str] | None = None,
        **context: object,
    ) -> None:
        super().__init__(code)
        text, self.status = _TEXTS[code]
        self.code = code
        self.context = context
        self.next_date = next_date
        self.fields = fields or {}
        self._text = text

    @property
    def message(self) -> str:
        """The sentence, in the language of the reader."""
        return str(self._text) % self.context if self.context else str(self._text)

    def __str__(self) -> str:
        return self.code


def sentence(code: str, **context: object) -> str:
    """The sentence of a refusal's code, in the language of the reader."""
    return Refusal(code, **context).message
