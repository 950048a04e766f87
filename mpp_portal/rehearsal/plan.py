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
    floor: str = "2"
    zone: str = "A"


LINES = (
    Line("DUKCAPIL", "C", "KTP-el, KIA dan IKD", 4, 34, (1, 2, 3, 7, 18, 19), 16, floor="3"),
    Line("DUKCAPIL", "D", "Kartu Keluarga dan pindah", 3, 24, (4, 5, 6, 16, 17), 12, floor="3"),
    Line("DUKCAPIL", "D2", "Akta pencatatan sipil", 2, 12, None, 8, floor="3"),
    Line("DPMPTSPNAKER", "A", "Perizinan berusaha", 2, 9, (1, 2, 3, 4, 5, 19), floor="3", zone="B"),
    Line("DPMPTSPNAKER", "A2", "Izin praktik dan izin lain", 2, 8, None, floor="3", zone="B"),
    Line("DPMPTSPNAKER", "K2", "Tenaga kerja", 1, 7, (20, 21, 22), floor="3", zone="B"),
    Line("SAMSAT", "T", "Pengesahan dan perpanjangan STNK", 2, 20, None, 12, zone="A"),
    Line("SAMSAT", "T2", "Balik nama dan mutasi", 4, 4, (3, 5), 40, zone="A"),
    Line("POLRESTA", "S", "SKCK dan laporan", 2, 13, (1, 2, 8, 9), 8, zone="A"),
    Line("POLRESTA", "S2", "SIM", 2, 13, None, 10, 0, zone="A"),
    Line("IMIGRASI", "M", "Paspor hilang", 1, 2, None, 3, 0, zone="A"),
    Line("BPJSKES", "B", "Kepesertaan JKN", 2, 18, None, 10, zone="B"),
    Line("BPJSTK", "J", "Klaim dan kepesertaan", 1, 7, zone="B"),
    Line("TASPEN", "X", "Pensiun", 1, 4, zone="B"),
    Line("DINKESPPKB", "K", "Kesehatan dan KB", 1, 5, zone="B"),
    Line("DINSOS", "V", "Bantuan sosial dan disabilitas", 1, 5, zone="B"),
    Line("BNN", "N", "Narkotika dan rehabilitasi", 1, 2, zone="B"),
    Line("BPN", "H", "Pertanahan", 1, 7, zone="C"),
    Line("KPP", "P", "Pajak pusat", 2, 9, zone="C"),
    Line("BPKPD", "P2", "Pajak daerah", 1, 7, zone="C"),
    Line("BEACUKAI", "Y", "Bea dan cukai", 1, 1, None, 4, zone="C"),
    Line("KEMENAG", "U", "Haji, nikah dan halal", 1, 4, zone="C"),
    Line("PN", "G", "Pengadilan Negeri", 1, 3, None, 5, zone="D"),
    Line("PA", "R", "Pengadilan Agama", 1, 4, None, 5, zone="D"),
    Line("KEJARI", "Z", "Tilang dan pelayanan hukum", 1, 3, None, 6, zone="D"),
    Line("PLN", "L", "Listrik", 1, 3, None, 6, zone="D"),
    Line("PDAM", "W", "Air minum", 1, 3, None, 6, zone="D"),
    Line("BANKJATIM", "E", "Bank Jatim", 2, 9, None, 10, zone="E"),
    Line("BPR", "E2", "BPR milik daerah", 1, 2, None, 6, 30, zone="E"),
    Line("POS", "F", "Pos dan pembayaran", 1, 4, None, 10, 0, zone="E"),
)
QUIET = "T2"
# The second desk of the first queue also calls the second, when its own line is empty or younger.
SHARED_DESKS = {"D": "D2", "S": "S2", "A": "A2"}
# Desks that another agency uses each weekday, Monday to Friday.
ROTATING_DESKS = (("T", "B", "C", "S", "H"), ("C", "J", "P", "D", "K2"), ("B", "D", "V", "C", "T"))
ROTATING_PLACE = ("2", "F")
DIRECTIONS = {
    ("2", "A"): "Keluar lift belok kiri, di depan kios nomor antrean.",
    ("2", "B"): "Keluar lift belok kanan, di samping ruang laktasi.",
    ("2", "C"): "Sisi tengah, di belakang pojok baca.",
    ("2", "D"): "Sisi timur, dekat musala.",
    ("2", "E"): "Sisi barat, dekat tangga utama.",
    ("2", "F"): "Loket bersama di seberang meja depan.",
    ("3", "A"): "Keluar lift belok kiri, ruang administrasi kependudukan.",
    ("3", "B"): "Keluar lift belok kanan, ruang perizinan.",
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
