"""What the kiosk shows: tiles of services with what their queue says now, and its spoken help."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from queueing.availability import SeatFacts, facts_of_day, judge, judge_service
from queueing.issuing import SHORT_CODE_CHARACTERS
from queueing.models import Queue, Visit
from queueing.offers import costs_on, queues_open
from queueing.sought import most_sought
from services.fees import Cost
from services.models import Mall, ServiceType

KIOSK = Visit.Channel.KIOSK
CODE_KEYS = SHORT_CODE_CHARACTERS
_WANTED_DAYS = 14
_LOOKED_AT = 24  # of the most wanted, to find those of which a number can be taken now
T = TypeVar("T")

# What a word of a service's name, synonyms or theme looks like; the first that fits.
_PICTURES = (
    ("paspor", "passport"),
    ("kartu keluarga|kk |nikah|cerai|pindah", "family"),
    ("ktp|kia |identitas|nik ", "id"),
    ("skck|narkotika|keamanan|kehilangan", "shield"),
    ("sim |stnk|kendaraan|bbn|motor|mobil", "car"),
    ("akta|surat|legalisir|dokumen", "doc"),
    ("bpjs kesehatan|jkn|kesehatan|praktik|dokter", "heart"),
    ("pensiun|taspen|lansia", "cane"),
    ("disabilitas", "wheel"),
    ("rumah|tanah|bangunan|listrik|air|pbg|sertipikat|sertifikat", "home"),
    ("hukum|pengadilan|perkara|sidang|tilang", "law"),
    ("pajak|pbb|npwp|keuangan|bank|tabungan|bayar|kredit", "wallet"),
    ("usaha|izin|nib|halal|investasi|perizinan", "shop"),
    ("kerja|jht|ketenagakerjaan|sosial|bansos", "people"),
)

# Read aloud by "Bacakan", one for each page; spoken in the language of the page.
SPOKEN: dict[str, Any] = {
    "mulai": _(
        "Selamat datang. Untuk mengambil nomor antrean, sentuh tombol kuning. Tidak perlu HP dan "
        "tidak perlu KTP. Bila sudah punya nomor, sentuh tombol di bawahnya. Bila butuh "
        "bantuan, sentuh Panggil petugas di pojok kanan bawah."
    ),
    "layanan": _(
        "Mau mengurus apa? Sentuh satu gambar, dan nomor Anda langsung dicetak. Bila tidak ada di "
        "sini, sentuh Layanan lain."
    ),
    "instansi": _("Sentuh nama instansi yang Anda tuju. Daftar ini urut dari A sampai Z."),
    "layanan-instansi": _(
        "Sentuh layanan yang Anda perlukan. Bila ragu, sentuh Panggil petugas di pojok kanan bawah."
    ),
    "ambil": _("Baca keterangan di layar. Bila setuju, sentuh tombol kuning untuk ambil nomor."),
    "nanti": _(
        "Nomor yang tersedia adalah untuk jam yang tertulis di layar. Sentuh tombol kuning untuk "
        "mengambilnya, atau Kembali untuk memilih layanan lain."
    ),
    "tidak-bisa": _(
        "Nomor untuk layanan ini sedang tidak bisa diambil di kios. Alasannya tertulis di layar. "
        "Sentuh Panggil petugas bila perlu bantuan."
    ),
    "prioritas": _(
        "Sentuh yang sesuai: lansia, disabilitas, hamil, atau membawa anak kecil. Tidak perlu "
        "menunjukkan bukti."
    ),
    "hadir": _(
        "Arahkan kode QR di HP atau di karcis ke alat pemindai. Atau ketik kode enam huruf dan "
        "angka, lalu sentuh Lapor hadir."
    ),
    "tercatat": _(
        "Anda sudah tercatat hadir. Nomor dan tempatnya tertulis di layar. Tunggu dipanggil."
    ),
    "selesai": _(
        "Ini nomor Anda. Ambil karcis di bawah layar, lalu tunggu dipanggil. Sentuh Selesai bila "
        "sudah."
    ),
    "keluar": _(
        "Apakah karcisnya keluar? Sentuh Ya agar nomor Anda ikut dipanggil. Bila karcisnya tidak "
        "ada, sentuh Tidak."
    ),
    "tanpa-karcis": _(
        "Karcis tidak keluar. Sentuh Cetak ulang, atau pindai kode QR dengan HP, atau sentuh "
        "Panggil petugas."
    ),
    "pengaduan": _(
        "Untuk menyampaikan pengaduan, pindai kode QR dengan HP. Tanpa HP, sentuh Panggil petugas."
    ),
}


@dataclass(frozen=True)
class Tile:
    """A service as the kiosk shows it; `code` is the gate's no, "" when a number can be taken.

    `seat` is the window whose number comes next, `later` that it is not yet time to wait for it.
    """

    service: ServiceType
    icon: str
    cost: Cost
    queue: Queue | None
    code: str
    seat: SeatFacts | None
    later: bool

    @property
    def direct(self) -> bool:
        """Whether one touch gives the number, with nothing to be asked before."""
        return not self.code and not self.later


@dataclass(frozen=True)
class Leaf:
    """One page of a list that is leafed through by buttons; pages count from 1."""

    rows: list[Any]
    number: int
    last: int

    @property
    def before(self) -> int:
        return self.number - 1

    @property
    def after(self) -> int:
        return self.number + 1 if self.number < self.last else 0


def leaf(rows: Sequence[Any], number: str, size: int) -> Leaf:
    """The page of this number, or the nearest there is."""
    last = max(1, ceil(len(rows) / size))
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 1
    wanted = min(max(wanted, 1), last)
    return Leaf(list(rows[(wanted - 1) * size : wanted * size]), wanted, last)


def first_seat(
    facts: Iterable[SeatFacts], *, priority: bool, at: dt.datetime, zone: ZoneInfo
) -> tuple[SeatFacts | None, str]:
    """The window in which the next number of the kiosk lies, else the code that says why none.

    People with priority take no seat, so a full window is none that keeps them away.
    """
    codes = []
    for fact in facts:
        code = judge(fact, channel=KIOSK, at=at, zone=zone)
        if not code or (priority and code == "full"):
            return fact, ""
        codes.append(code)
    told = [code for code in codes if code != "past"]
    if not told:
        return None, "past" if codes else "closed"
    return None, next((code for code in told if code != "full"), "full")


def picture(service: ServiceType) -> str:
    """The pictogram of a service."""
    words = " ".join([service.name, *service.synonyms, service.theme, ""]).casefold()
    for pattern, name in _PICTURES:
        if any(part in words for part in pattern.split("|")):
            return name
    return "doc"


def tiles(
    *, mall: Mall, services: Sequence[ServiceType], priority: bool, at: dt.datetime
) -> list[Tile]:
    """The services (with `queue_service`) in the same order, in four queries."""
    today = mall.date_at(at)
    facts = defaultdict(list)
    codes = [service.code for service in services]
    for fact in facts_of_day(mall_id=mall.pk, codes=codes, date=today):
        facts[fact.service_id].append(fact)
    stands = {s.pk: s.queue_service.queue_id for s in services if hasattr(s, "queue_service")}
    queues = {queue.pk: queue for queue in queues_open(mall=mall, at=at, only=stands.values())}
    costs = costs_on(services, today)
    found = []
    for service in services:
        queue = queues.get(stands.get(service.pk, 0))
        seat, code = first_seat(facts[service.pk], priority=priority, at=at, zone=mall.zone)
        found.append(
            Tile(
                service,
                picture(service),
                costs.get(service.pk, Cost("unknown")),
                queue,
                judge_service(service.booking_mode, KIOSK) or ("" if queue else "no_queue") or code,
                seat,
                bool(seat and not priority and at < seat.starts_at - seat.early),
            )
        )
    return found


def wanted(*, mall: Mall, today: dt.date) -> list[ServiceType]:
    """The services of which most numbers were taken in the last days, the most wanted first."""
    found = most_sought(mall, today, days=_WANTED_DAYS)
    return list(found.select_related("agency", "queue_service")[:_LOOKED_AT])


def that_can_be_taken(found: Sequence[Tile], *, most: int) -> list[Tile]:
    """The first tiles of which a number can be taken; where there is none, those that say why."""
    return [tile for tile in found if not tile.code][:most] or list(found[:most])
