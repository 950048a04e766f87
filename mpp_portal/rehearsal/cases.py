"""Complaint cases of the demo mall: stories of the past weeks, each played by the desk's rules.

Every story is filed under a key of its own, so that playing them again changes nothing.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from accounts.models import User
from complaints import rules
from complaints.channels import WEB
from complaints.models import Case
from mpp_portal.rehearsal import house
from services.models import Mall, Officer

ASKED = "Pukul berapa Anda mengambil nomor, dan lewat kios atau HP?"
TOLD = "Lewat HP, malam sebelumnya, untuk pukul 09.00."
DOUBTED = "Minggu ini masih terjadi lagi. Mohon dicek langsung di loket."
HANDED_ON = "Diteruskan kepada pengawas instansi untuk diperiksa."


@dataclass(frozen=True)
class Story:
    """What somebody told, and what became of it.

    `course`, a letter a step: k checked and classified, f forwarded, s started, q asked, c
    completed, t told how it stands, a answered, o objected, e escalated, r rated, p published.
    """

    days_ago: int
    agency: str
    subject: str
    text: str
    course: str
    answer: str = ""
    kind: str = "complaint"
    level: str = "ordinary"
    anonymous: bool = False
    confidential: bool = False


STORIES = (
    Story(
        74,
        "DUKCAPIL",
        "Menunggu lebih dari satu jam",
        "Saya datang pukul 9 sesuai jadwal, tetapi baru dipanggil pukul 10.20. Tidak ada yang "
        "memberi tahu kenapa lama.",
        "kfsarp",
        "Pagi itu satu dari dua loket rusak. Sekarang ada loket cadangan, dan keterlambatan "
        "diumumkan di layar.",
    ),
    Story(
        69,
        "",
        "Kursi tunggu kurang",
        "Banyak orang tua berdiri di lantai 2 pada hari Senin.",
        "ktarp",
        "Kami menambah 24 kursi di lantai 2 dan menandai 8 kursi untuk lansia dan ibu hamil.",
    ),
    Story(
        63,
        "DUKCAPIL",
        "Syarat akta di papan berbeda dengan di web",
        "Di papan tertulis fotokopi KTP dua saksi, di web tidak ada. Saya pulang lagi.",
        "kfsarp",
        "Papan sudah diganti. Saksi cukup menunjukkan KTP asli, seperti yang tertulis di portal.",
    ),
    Story(
        58,
        "SAMSAT",
        "Berapa biaya ganti STNK hilang?",
        "Saya ingin tahu biaya resminya supaya tidak salah bawa uang.",
        "kfarp",
        "Biaya resminya tertulis di halaman layanan. Tidak ada biaya lain di loket.",
        kind="information",
        level="information",
    ),
    Story(
        52,
        "",
        "Toilet lantai 1 tidak ada gantungan tas",
        "Tolong dipasang gantungan di dalam pintu, terutama di toilet difabel.",
        "ktarp",
        "Gantungan sudah dipasang di semua pintu, di toilet difabel setinggi kursi roda.",
        kind="aspiration",
    ),
    Story(
        47,
        "DUKCAPIL",
        "KTP belum jadi setelah 14 hari",
        "Dijanjikan 1 hari kerja, sudah dua minggu belum ada kabar.",
        "kfsqcarp",
        "Blangko sempat habis. KTP Anda sudah dicetak dan dapat diambil di loket C1.",
    ),
    Story(
        41,
        "SAMSAT",
        "Antrean foto dipindah tanpa pemberitahuan",
        "Nomor saya dipindah ke loket lain, saya tidak mendengar panggilan.",
        "kfsao",
        "Perpindahan kini diumumkan dengan suara dan di layar.",
    ),
    Story(
        36,
        "DUKCAPIL",
        "Petugas tidak menjelaskan kenapa ditolak",
        "Berkas dikembalikan tanpa catatan. Saya harus bertanya ke orang lain.",
        "kfsaoe",
        "Petugas sudah diingatkan untuk menulis catatan pada lembar pengembalian.",
        anonymous=True,
    ),
    Story(
        30,
        "",
        "Kipas angin di ruang laktasi mati",
        "Panas sekali, bayi saya menangis.",
        "kar",
        "Kipas diganti pada hari yang sama.",
    ),
    Story(
        27,
        "SAMSAT",
        "Parkir difabel dipakai motor",
        "Tempat parkir kursi roda selalu penuh motor.",
        "kfa",
        "Kami memasang pembatas dan petugas parkir berjaga di sana.",
    ),
    Story(
        24,
        "DUKCAPIL",
        "Nama anak salah ketik di KK",
        "Satu huruf salah, diminta mengantre dari awal.",
        "kfsar",
        "Salah ketik oleh petugas kini dibetulkan di loket yang sama tanpa nomor baru.",
    ),
    Story(
        9,
        "SAMSAT",
        "Mesin pembayaran nirkabel tidak berfungsi",
        "Hanya menerima tunai, padahal tertulis bisa QRIS.",
        "kfta",
        "Mesin diganti. QRIS dapat dipakai lagi di semua loket.",
    ),
    Story(
        17,
        "SAMSAT",
        "Diminta membayar di luar tarif",
        "Di dekat pintu seseorang menawarkan jalan cepat dengan uang.",
        "kt",
        level="supervision",
        anonymous=True,
        confidential=True,
    ),
    Story(
        13,
        "DUKCAPIL",
        "Loket tutup sebelum pukul 15.00",
        "Saya datang 14.40 dan loket sudah kosong.",
        "kf",
    ),
    Story(
        6,
        "DUKCAPIL",
        "Menunggu lama di loket KTP",
        "Janji pukul 09.00, dipanggil pukul 10.30.",
        "kfq",
    ),
    Story(
        4,
        "",
        "Usul: jadwal layanan malam",
        "Kami yang bekerja di pabrik tidak sempat datang siang hari.",
        "k",
        kind="aspiration",
    ),
    Story(
        2,
        "SAMSAT",
        "Nomor antrean hilang dari layar HP",
        "Setelah sinyal putus, nomor saya tidak muncul lagi.",
        "kf",
    ),
    Story(0, "", "Suara panggilan terlalu pelan", "Di ujung ruang tunggu tidak terdengar.", ""),
)
WAITING = next(story for story in STORIES if story.course.endswith("q"))


@dataclass
class _Crew:
    desk: User
    liaisons: dict[str, User]


def play(mall: Mall, *, at: dt.datetime) -> rules.Filed:
    """File and play every story that was not yet; the one that waits for its reporter, with PIN."""
    house.refuse_unless_rehearsal(mall)
    crew = _crew(mall)
    filed = {}
    for number, story in enumerate(STORIES):
        moments = _moments(mall, story, at)
        filed[story] = rules.file_case(
            mall=mall,
            kind=story.kind,
            text=story.text,
            subject=story.subject,
            agency_code=story.agency,
            anonymous=story.anonymous,
            confidential=story.confidential,
            channel=WEB,
            language="id",
            at=next(moments),
            request_key=f"demo-{mall.pk}-{number}",
        )
        case = filed[story].case
        if case.events.count() == 1:
            for letter, moment in zip(story.course, moments, strict=False):
                _step(letter, story, case, crew, moment)
    rules.close_unanswered(at)
    return filed[WAITING]


def _crew(mall: Mall) -> _Crew:
    offices = Officer.objects.filter(mall=mall, active=True).select_related("user", "agency")
    offices = offices.order_by("pk")
    desk = next(o.user for o in offices if o.role == Officer.Role.COMPLAINTS_DESK)
    liaisons = {
        o.agency.code: o.user for o in offices if o.role == Officer.Role.LIAISON and o.agency
    }
    return _Crew(desk, liaisons)


def _moments(mall: Mall, story: Story, now: dt.datetime) -> Iterator[dt.datetime]:
    """When it was filed, then when each step was taken; never later than now."""
    day = mall.date_at(now) - dt.timedelta(days=story.days_ago)
    moment = min(now, dt.datetime.combine(day, dt.time(9, 20), mall.zone))
    while moment <= now:
        yield moment
        day += dt.timedelta(days=1)
        moment = dt.datetime.combine(day, dt.time(9 + day.day % 5, 7 * day.day % 60), mall.zone)


def _step(letter: str, story: Story, case: Case, crew: _Crew, at: dt.datetime) -> None:
    desk = {"case_id": case.pk, "by": crew.desk, "at": at}
    worker = {**desk, "by": crew.liaisons.get(story.agency, crew.desk)}
    if story.confidential or "f" not in story.course:
        worker = desk
    if letter == "k":
        rules.check(**desk)
        rules.classify(level=story.level, **desk)
    elif letter == "f":
        agency = case.mall.agencies.get(code=story.agency)
        rules.forward(agency=agency, **desk)
    elif letter == "s":
        rules.start_follow_up(**worker)
    elif letter == "q":
        rules.ask_for_more(text=ASKED, **worker)
    elif letter == "c":
        rules.complete(case=case, text=TOLD, at=at)
    elif letter == "t":
        rules.respond(text="Sedang kami periksa di lapangan.", **worker)
    elif letter == "a":
        rules.answer(text=story.answer, **worker)
    elif letter == "o":
        rules.object_to(case=case, text=DOUBTED, at=at)
    elif letter == "e":
        rules.escalate(text=HANDED_ON, **desk)
    elif letter == "r":
        rules.rate(case=case, rating=4 if story.days_ago % 3 else 3, at=at)
    elif letter == "p":
        words = {"subject": story.subject, "text": story.text, "answer": story.answer}
        rules.publish(read_over=True, **words, **desk)
