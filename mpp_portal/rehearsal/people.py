"""Made-up citizens: who they are, what they come for and how they behave. Pure and seeded."""

import random
from dataclasses import dataclass

_FIRST = (
    "Siti Dewi Sri Nur Ratna Indah Wahyuni Endang Lestari Fitri Ayu Rini Yuli Mega Putri Anisa "
    "Budi Agus Eko Slamet Bambang Joko Ahmad Muhammad Hadi Rudi Andi Dwi Tri Arif Fajar Bayu "
    "Rizky Dimas Galih Teguh Hendra Yusuf Imam Sugeng Wawan Heru Kartika Maya Tuti Sulastri"
)
_LAST = (
    "Aminah Rahayu Wulandari Astuti Handayani Kusuma Santoso Wibowo Susanto Prasetyo Hidayat "
    "Nugroho Setiawan Kurniawan Saputra Purnomo Rahman Hakim Utami Permata Anggraini Maulana "
    "Firmansyah Suryani Mulyani Hartono Widodo Supriyadi Yulianti Puspita Cahyono Laksono"
)
FIRST, LAST = _FIRST.split(), _LAST.split()
PRIORITIES = ("elderly", "elderly", "disabled", "pregnant", "children")
OUTCOMES = (
    ("served", 70),
    ("collect_later", 12),
    ("documents_missing", 8),
    ("information_only", 8),
    ("referred", 2),
)
NO_SHOW, CANCELS, STAYS_AWAY, COMES_BACK, PRIORITY = 0.12, 0.05, 0.04, 0.4, 0.06
PAPER_STUCK = 0.02  # a slip that never comes out of the kiosk
PARK_REASONS = (
    "Fotokopi berkas dahulu",
    "Menunggu keluarga yang membawa berkas",
    "Menunggu jaringan sistem pusat",
)
MISSING = ("Kartu Keluarga asli", "Fotokopi KTP-el", "Surat pengantar RT/RW")
NEEDS = ("wheelchair", "wheelchair", "reading", "companion")
NOTES = ("Membawa balita", "Memakai tongkat", "Datang bersama pendamping")


@dataclass(frozen=True)
class Citizen:
    """Somebody who does not exist: the numbers are outside of those given to people."""

    name: str
    phone: str
    nik: str
    priority: str
    needs: tuple[str, ...]
    accommodation: str


def citizen(rng: random.Random, *, priority: bool | None = None) -> Citizen:
    """A citizen; `priority` None lets chance decide."""
    first = rng.random() < PRIORITY if priority is None else priority
    return Citizen(
        name=f"{rng.choice(FIRST)} {rng.choice(LAST)}",
        phone=f"08120{rng.randrange(10**7):07d}",
        # no province has the code 00
        nik=f"000000{rng.randrange(1, 29):02d}{rng.randrange(1, 13):02d}"
        f"{rng.randrange(60, 100):02d}{rng.randrange(1, 10_000):04d}",
        priority=rng.choice(PRIORITIES) if first else "",
        needs=(rng.choice(NEEDS),) if first and rng.random() < 0.4 else (),
        accommodation=rng.choice(NOTES) if first and rng.random() < 0.3 else "",
    )


def outcome(rng: random.Random) -> str:
    """How a service ends."""
    return rng.choices([name for name, _ in OUTCOMES], [weight for _, weight in OUTCOMES])[0]


def service_seconds(rng: random.Random, counter_minutes: int) -> int:
    """How long a service takes: about four fifths of the standard, with a long tail."""
    seconds = 60 * counter_minutes * 0.75 * rng.lognormvariate(0, 0.45)
    return int(min(max(seconds, 90), 60 * 50))


def lateness_s(rng: random.Random) -> int:
    """Seconds between the start of one's window and coming; mostly a little before."""
    return int(rng.gauss(-6 * 60, 9 * 60))
