"""Finding a service by the words people use: full text, everyday words and typing errors."""

import re
import time
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from django.contrib.postgres.search import (
    SearchQuery,
    SearchRank,
    SearchVector,
    TrigramWordSimilarity,
)
from django.db.models import (
    Case,
    F,
    FloatField,
    Func,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Lower

from services.models import Mall, ServiceStandard, ServiceType
from services.spelling import Vocabulary

LONGEST_TEXT = 120  # characters that are looked at
MOST_WORDS = 8
STEMS = "indonesian"  # PostgreSQL's own stemmer: perpanjang and perpanjangan are one
WORTH = 0.2  # of the best one's points: what has less is left out
ALIKE = 0.55  # word similarity from which a typing error is believed

# Words that say that somebody wants something, not what.
_NOISE = (
    "ada aku ambil antre antrean antri antrian apa apakah bagaimana biar bikin bisa bu buat cara "
    "dan dapat dari dg dgn di dimana dong dr ga gak gimana gk ingin ini itu kak ke kok loket "
    "mana mas mau mbak membuat mengurus min mohon ngurus nggak nomor nya pak pembuatan pengen "
    "pengin pengurusan permisi pingin saya sih supaya syarat tidak tolong udah untuk urus utk ya "
    "yang yg"
)
NOISE = frozenset(_NOISE.split())
# What is said -> what the catalogue also calls it, the likeliest last.
EVERYDAY = {
    "akte": "akta",
    "bayi": "lahir",
    "bekas": "jual",
    "beli": "penjualan",
    "bini": "istri",
    "bocor": "kebocoran",
    "cair": "pencairan klaim",
    "cairkan": "klaim",
    "cairin": "klaim",
    "cerai": "perceraian",
    "denda": "tunggakan",
    "difabel": "disabilitas",
    "duit": "uang",
    "ektp": "ktp",
    "ganti": "penggantian",
    "handphone": "imei",
    "hp": "imei",
    "ijin": "izin",
    "ilang": "hilang",
    "imb": "pbg",
    "jompo": "lansia",
    "kawin": "perkawinan nikah",
    "merit": "nikah",
    "kerjaan": "kerja",
    "kecelakaan": "santunan",
    "kecopetan": "kehilangan",
    "kuburan": "makam",
    "listrik": "pln",
    "loker": "kerja",
    "melahirkan": "kelahiran",
    "meninggal": "kematian",
    "ngelamar": "kerja",
    "nunggak": "tunggakan",
    "nyicil": "cicilan",
    "passport": "paspor",
    "pasport": "paspor",
    "pdam": "air",
    "pensiunan": "pensiun",
    "perpanjang": "perpanjangan",
    "plat": "tnkb stnk",
    "pln": "listrik",
    "rekening": "tabungan",
    "sertifikat": "sertipikat",
    "sertipikat": "sertifikat",
    "toko": "usaha",
    "ultah": "lahir",
    "utang": "kredit",
    "wafat": "kematian",
    "warisan": "waris",
    "warung": "usaha",
}
_FRESH_S = 300  # how long the words of a mall's catalogue are kept in memory


@dataclass(frozen=True)
class Wanted:
    """What a person typed: whole phrases as said, and each word with what it may also mean.

    `mended` are the words read as another: (as typed, as understood).
    """

    phrases: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    mended: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The wanted words in the catalogue's spelling."""
        return " ".join(meanings[-1] for meanings in self.words)


def understand(text: str, vocabulary: Vocabulary | None = None) -> Wanted:
    """Split what was typed into words, mended, without noise; only letters and digits are kept."""
    typed = plain_words(text)[:MOST_WORDS]
    spelt = [vocabulary.nearest(word) for word in typed] if vocabulary else typed
    pairs = list(zip(typed, spelt, strict=True))
    wanted = [pair for pair in pairs if pair[1] not in NOISE] or pairs
    words = tuple(
        tuple(dict.fromkeys((was, word, *EVERYDAY.get(word, "").split()))) for was, word in wanted
    )
    phrases = (
        typed,
        spelt,
        [was for was, _word in wanted],
        [word for _was, word in wanted],
        [meanings[-1] for meanings in words],
    )
    return Wanted(
        tuple(dict.fromkeys(" ".join(phrase) for phrase in phrases)),
        words,
        _mended(pairs, vocabulary),
    )


def _mended(
    pairs: list[tuple[str, str]], vocabulary: Vocabulary | None
) -> tuple[tuple[str, str], ...]:
    """The words read as others: mistyped ones, and those that the catalogue never says."""
    meant = {}
    for was, word in pairs:
        strange = vocabulary is not None and not vocabulary.said[word]
        read = EVERYDAY[word].split()[-1] if strange and word in EVERYDAY else word
        if was != read:
            meant[was] = read
    return tuple(meant.items())


def plain_words(text: str) -> list[str]:
    """The words of a text in small letters without accents."""
    plain = unicodedata.normalize("NFKD", text[:LONGEST_TEXT]).encode("ascii", "ignore").decode()
    return re.findall(r"[a-z0-9]+", plain.lower().replace("e-ktp", "ktp"))


def vocabulary(mall: Mall) -> Vocabulary:
    """The words of the mall's catalogue; read at most every five minutes in each process."""
    return _vocabulary(mall.pk, int(time.monotonic() // _FRESH_S))


def nearest_words(*, mall: Mall, text: str) -> list[str]:
    """Words of the catalogue that look like what was typed, for who found nothing; at most 4."""
    words = vocabulary(mall).said
    close = (get_close_matches(word, words, n=3, cutoff=0.6) for word in plain_words(text))
    return list(dict.fromkeys(word for words in close for word in words))[:4]


@lru_cache(maxsize=16)
def _vocabulary(mall_id: int, _age: int) -> Vocabulary:
    rows = ServiceType.objects.filter(agency__mall=mall_id, active=True).values_list(
        "name_ind", "name_en", "synonyms", "agency__name"
    )
    texts = [
        part
        for name, english, synonyms, agency in rows
        for part in (name, english, agency, *synonyms)
    ]
    words = (word for text in texts for word in plain_words(text or ""))
    return Vocabulary(words, also=NOISE | EVERYDAY.keys())


def search(*, mall: Mall, text: str, limit: int = 20) -> list[ServiceType]:
    """Return the mall's active services that fit the text, best first, in one query."""
    if not plain_words(text):
        return []
    wanted = understand(text, vocabulary(mall))
    product = ServiceStandard.objects.filter(
        service_type=OuterRef("pk"), approved_at__isnull=False
    ).order_by("-version")
    found = (
        ServiceType.objects.filter(agency__mall=mall, agency__active=True, active=True)
        .select_related("agency")
        .alias(
            product=Coalesce(Subquery(product.values("product")[:1]), Value("")),
            said=_text(Value(";"), Func(F("synonyms"), Value(";"), function="array_to_string")),
            spelt=_text(F("said"), Value("; "), F("name_ind")),
            vector=_vector(),
        )
        .alias(
            alike=TrigramWordSimilarity(wanted.text, "spelt"),
            rank=SearchRank(F("vector"), _query(wanted, "|"), weights=[0.1, 0.2, 0.6, 1.0]),
        )
    )
    found = found.filter(Q(vector=_query(wanted, "|")) | Q(alike__gte=ALIKE))
    score = (
        F("rank") * Value(4.0)
        + F("alike") * Value(2.0)
        + _points(5.0, _any_phrase(wanted, "said__contains", ";{};"))
        + _points(1.5, _any_phrase(wanted, "said__contains", ";{} "))
        + _points(3.0, Q(vector=_query(wanted, "&")))
    )
    best_first = found.annotate(score=score).order_by("-score", "agency__code", "code")[:limit]
    services = list(best_first)
    return [s for s in services if s.score >= services[0].score * WORTH]


def _text(*parts: Combinable) -> Lower:
    """The parts in one, in small letters and between semicolons."""
    joined = Func(*parts, Value(";"), function="CONCAT", output_field=TextField())
    return Lower(joined)


def _vector() -> Combinable:
    """The stems of a service's words: people's own words first, then names, product, agency."""
    return (
        SearchVector("synonyms", weight="A", config=STEMS)
        + SearchVector("name_ind", weight="B", config=STEMS)
        + SearchVector("name_en", "product", weight="C", config=STEMS)
        + SearchVector("agency__name", weight="D", config=STEMS)
    )


def _query(wanted: Wanted, operator: str) -> SearchQuery:
    """The words joined by | or &; the last one also as the beginning of a longer word."""
    last = wanted.words[-1]
    groups = []
    for meanings in wanted.words:
        forms = list(meanings)
        if meanings is last and len(meanings[0]) > 3:
            forms.append(f"{meanings[0]}:*")
        groups.append("(" + " | ".join(forms) + ")")
    return SearchQuery(f" {operator} ".join(groups), config=STEMS, search_type="raw")


def _any_phrase(wanted: Wanted, lookup: str, pattern: str) -> Q:
    fits = Q()
    for phrase in wanted.phrases:
        fits |= Q(**{lookup: pattern.format(phrase)})
    return fits


def _points(points: float, condition: Q) -> Case:
    return Case(When(condition, then=Value(points)), default=Value(0.0), output_field=FloatField())
