"""What stands in the demo mall: its agencies, queues, desks and opening hours, as plain tables."""

import datetime as dt
from dataclasses import dataclass

from services.models import Agency

Kind = Agency.Kind
CITY = ("Inspektorat Kota Mojokerto", "lapor.go.id")
COURTS = ("Badan Pengawasan Mahkamah Agung", "siwas.mahkamahagung.go.id")
BANKS = ("Otoritas Jasa Keuangan", "157")
TREASURY = ("Inspektorat Jenderal Kementerian Keuangan", "wise.kemenkeu.go.id")


def _central(name: str) -> tuple[str, str]:
    return name, "lapor.go.id"


# code: kind, who oversees it and where to reach them. The city's inspectorate: the city's own only.
AGENCIES: dict[str, tuple[str, tuple[str, str]]] = {
    "DUKCAPIL": (Kind.LOCAL, CITY),
    "DPMPTSPNAKER": (Kind.LOCAL, CITY),
    "DINKESPPKB": (Kind.LOCAL, CITY),
    "DINSOS": (Kind.LOCAL, CITY),
    "BPKPD": (Kind.LOCAL, CITY),
    "SAMSAT": (Kind.LOCAL, _central("Inspektorat Provinsi Jawa Timur")),
    "IMIGRASI": (Kind.CENTRAL, _central("Inspektorat Jenderal Imigrasi dan Pemasyarakatan")),
    "POLRESTA": (Kind.CENTRAL, _central("Inspektorat Pengawasan Daerah Polda Jawa Timur")),
    "BPN": (Kind.CENTRAL, _central("Inspektorat Jenderal ATR/BPN")),
    "KEMENAG": (Kind.CENTRAL, _central("Inspektorat Jenderal Kementerian Agama")),
    "KPP": (Kind.CENTRAL, TREASURY),
    "BEACUKAI": (Kind.CENTRAL, TREASURY),
    "KEJARI": (Kind.CENTRAL, _central("Jaksa Agung Muda Bidang Pengawasan")),
    "BNN": (Kind.CENTRAL, _central("Inspektorat Utama BNN")),
    "PN": (Kind.COURT, COURTS),
    "PA": (Kind.COURT, COURTS),
    "BPJSKES": (Kind.OTHER, _central("Dewan Pengawas BPJS Kesehatan")),
    "BPJSTK": (Kind.OTHER, _central("Dewan Pengawas BPJS Ketenagakerjaan")),
    "PLN": (Kind.STATE_OWNED, _central("Satuan Pengawasan Intern PLN")),
    "PDAM": (Kind.STATE_OWNED, _central("Dewan Pengawas Perumda Air Minum")),
    "POS": (Kind.STATE_OWNED, _central("Satuan Pengawasan Intern Pos Indonesia")),
    "TASPEN": (Kind.STATE_OWNED, _central("Satuan Pengawasan Intern Taspen")),
    "BANKJATIM": (Kind.BANK, BANKS),
    "BPR": (Kind.BANK, BANKS),
}


@dataclass(frozen=True)
class Line:
    """A queue to be: `numbers` are those of the agency's services, None: all the others that may.

    `share` is its part of the mall's visits.
    """

    agency: str
    prefix: str
    name: str
    desks: int
    share: int
    numbers: tuple[int, ...] | None = None
    seats_per_hour: int = 8
    online_share: int = 60
    zone: str = "barat"

    @property
    def floor(self) -> str:
        """The floor on which its zone lies."""
        return next(floor for floor, zone in DIRECTIONS if zone == self.zone)


LINES = (
    Line("DUKCAPIL", "C", "KTP-el, KIA dan IKD", 4, 34, (1, 2, 3, 7, 18, 19), 16, zone="utara"),
    Line("DUKCAPIL", "D", "Kartu Keluarga dan pindah", 3, 24, (4, 5, 6, 16, 17), 12, zone="utara"),
    Line("DUKCAPIL", "D2", "Akta pencatatan sipil", 2, 12, None, 8, zone="utara"),
    Line("DPMPTSPNAKER", "A", "Perizinan berusaha", 2, 9, (1, 2, 3, 4, 5, 19), zone="utara"),
    Line("DPMPTSPNAKER", "A2", "Izin praktik dan izin lain", 2, 8, None, zone="utara"),
    Line("DPMPTSPNAKER", "K2", "Tenaga kerja", 1, 7, (20, 21, 22), zone="utara"),
    Line("SAMSAT", "T", "Pengesahan dan perpanjangan STNK", 2, 20, None, 12, zone="barat"),
    Line("SAMSAT", "T2", "Balik nama dan mutasi", 4, 4, (3, 5), 40, zone="barat"),
    Line("POLRESTA", "S", "SKCK dan laporan", 2, 13, (1, 2, 8, 9), 8, zone="barat"),
    Line("POLRESTA", "S2", "SIM", 2, 13, None, 10, 0, zone="barat"),
    Line("IMIGRASI", "M", "Paspor hilang", 1, 2, None, 3, 0, zone="barat"),
    Line("BPJSKES", "B", "Kepesertaan JKN", 2, 18, None, 10, zone="tengah"),
    Line("BPJSTK", "J", "Klaim dan kepesertaan", 1, 7, zone="tengah"),
    Line("TASPEN", "X", "Pensiun", 1, 4, zone="tengah"),
    Line("DINKESPPKB", "K", "Kesehatan dan KB", 1, 5, zone="tengah"),
    Line("DINSOS", "V", "Bantuan sosial dan disabilitas", 1, 5, zone="barat"),
    Line("BNN", "N", "Narkotika dan rehabilitasi", 1, 2, zone="barat"),
    Line("BPN", "H", "Pertanahan", 1, 7, zone="tengah"),
    Line("KPP", "P", "Pajak pusat", 2, 9, zone="timur"),
    Line("BPKPD", "P2", "Pajak daerah", 1, 7, zone="timur"),
    Line("BEACUKAI", "Y", "Bea dan cukai", 1, 1, None, 4, zone="timur"),
    Line("KEMENAG", "U", "Haji, nikah dan halal", 1, 4, zone="tengah"),
    Line("PN", "G", "Pengadilan Negeri", 1, 3, None, 5, zone="tengah"),
    Line("PA", "R", "Pengadilan Agama", 1, 4, None, 5, zone="tengah"),
    Line("KEJARI", "Z", "Tilang dan pelayanan hukum", 1, 3, None, 6, zone="barat"),
    Line("PLN", "L", "Listrik", 1, 3, None, 6, zone="timur"),
    Line("PDAM", "W", "Air minum", 1, 3, None, 6, zone="timur"),
    Line("BANKJATIM", "E", "Bank Jatim", 2, 9, None, 10, zone="timur"),
    Line("BPR", "E2", "BPR milik daerah", 1, 2, None, 6, 30, zone="timur"),
    Line("POS", "F", "Pos dan pembayaran", 1, 4, None, 10, 0, zone="timur"),
)
QUIET = "T2"
# The second desk of the first queue also calls the second, when its own line is empty or younger.
SHARED_DESKS = {"D": "D2", "S": "S2", "A": "A2"}
# Desks that another agency uses each weekday, Monday to Friday.
ROTATING_DESKS = (("T", "B", "C", "S", "H"), ("C", "J", "P", "D", "K2"), ("B", "D", "V", "C", "T"))
ROTATING_PLACE = ("3", "utara")
ROTATING_DIRECTIONS = "Loket bersama, di seberang ruang administrasi kependudukan."
# Each zone has a display of its own: one floor, at most eight queues on any day, and few letters
# in one zone that sound alike (B, D, E, G, P, T, V).
DIRECTIONS = {
    ("2", "barat"): "Keluar lift belok kiri, di depan kios nomor antrean.",
    ("2", "tengah"): "Keluar lift belok kanan, di samping ruang laktasi.",
    ("2", "timur"): "Di belakang pojok baca, dekat musala.",
    ("3", "utara"): "Keluar lift belok kiri, ruang kependudukan dan perizinan.",
}

FACILITIES = """\
Kursi roda dan jalur landai di pintu utama
Lift ke semua lantai
Ruang laktasi dan pojok bermain anak di lantai 2
Musala di lantai 2 sisi timur
Toilet difabel di setiap lantai
Fotokopi dan pas foto di lantai 1
Wi-Fi gratis dan pengisi daya di ruang tunggu
Parkir motor dan mobil gratis"""
FACILITIES_EN = """\
Wheelchairs and a ramp at the main door
Lifts to every floor
Nursing room and play corner on floor 2
Prayer room on floor 2, east side
Accessible toilets on every floor
Photocopies and photographs on floor 1
Free Wi-Fi and charging in the waiting area
Free parking for motorcycles and cars"""

Clock = tuple[int, int]


@dataclass(frozen=True)
class Hours:
    """Opening hours to be, for these weekdays (Monday is 0)."""

    weekdays: tuple[int, ...]
    opens: Clock
    closes: Clock
    rest: tuple[Clock, Clock] | None = None
    last_ticket: Clock | None = None
    season: tuple[dt.date, dt.date] | None = None
    agency: str = ""
    note: str = ""


RAMADAN = (dt.date(2027, 2, 8), dt.date(2027, 3, 9))
MONDAY_TO_THURSDAY, FRIDAY = (0, 1, 2, 3), (4,)
HOURS = (
    Hours(MONDAY_TO_THURSDAY, (8, 0), (15, 30), ((12, 0), (13, 0)), (15, 0)),
    Hours(FRIDAY, (8, 0), (15, 30), ((11, 30), (13, 0)), (15, 0)),
    Hours(
        MONDAY_TO_THURSDAY, (8, 0), (15, 0), ((12, 0), (12, 30)), (14, 30), RAMADAN, "", "Ramadan"
    ),
    Hours(FRIDAY, (8, 0), (15, 0), ((11, 30), (12, 30)), (14, 30), RAMADAN, "", "Ramadan"),
    Hours((0, 1, 2, 3, 4), (9, 0), (14, 0), None, (13, 30), None, "PA"),
    Hours((0, 1, 2, 3, 4), (9, 0), (13, 0), None, (12, 30), RAMADAN, "PA", "Ramadan"),
)
