"""Finding a service by the words people use: full text, everyday words and typing errors."""

import re
import unicodedata
from dataclasses import dataclass

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

LONGEST_TEXT = 120  # characters that are looked at
MOST_WORDS = 8
STEMS = "indonesian"  # PostgreSQL's own stemmer: perpanjang and perpanjangan are one
ALIKE = 0.55  # word similarity from which a typing error is believed

# Words that say that somebody wants something, not what.
_NOISE = (
    "aku ambil antre antrean antri antrian apa bagaimana bikin buat cara dan di dimana gimana "
    "ingin itu ke kak loket mau membuat mengurus min mohon ngurus nomor nya pembuatan pengen "
    "pengurusan permisi pingin saya supaya syarat tolong untuk urus ya yang"
)
NOISE = frozenset(_NOISE.split())
# What is said -> what the catalogue also calls it.
EVERYDAY = {
    "akte": "akta",
    "bayi": "lahir",
    "bini": "istri",
    "cerai": "perceraian",
    "duit": "uang",
    "ektp": "ktp",
    "ganti": "penggantian",
    "ijin": "izin",
    "ilang": "hilang",
    "imb": "pbg",
    "kawin": "perkawinan",
    "kerjaan": "kerja",
    "kecopetan": "kehilangan",
    "listrik": "pln",
    "meninggal": "kematian",
    "nikah": "perkawinan",
    "nunggak": "tunggakan",
    "passport": "paspor",
    "pasport": "paspor",
    "perpanjang": "perpanjangan",
    "pln": "listrik",
    "plat": "tnkb",
    "pdam": "air",
    "sertifikat": "sertipikat",
    "sertipikat": "sertifikat",
    "wafat": "kematian",
}


@dataclass(frozen=True)
class Wanted:
    """What a person typed: whole phrases as said, and each word with what it may also mean."""

    phrases: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]

    @property
    def text(self) -> str:
        """The wanted words in the catalogue's spelling."""
        return " ".join(meanings[-1] for meanings in self.words)


def understand(text: str) -> Wanted:
    """Split what was typed into words, without noise; only letters and digits are kept."""
    plain = unicodedata.normalize("NFKD", text[:LONGEST_TEXT]).encode("ascii", "ignore").decode()
    said = re.findall(r"[a-z0-9]+", plain.lower().replace("e-ktp", "ktp"))[:MOST_WORDS]
    wanted = [word for word in said if word not in NOISE] or said
    words = tuple((w, EVERYDAY[w]) if w in EVERYDAY else (w,) for w in wanted)
    phrases = (said, wanted, [meanings[-1] for meanings in words])
    return Wanted(tuple(dict.fromkeys(" ".join(phrase) for phrase in phrases)), words)


def search(*, mall: Mall, text: str, limit: int = 20) -> list[ServiceType]:
    """Return the mall's active services that fit the text, best first, in one query."""
    wanted = understand(text)
    if not wanted.words:
        return []
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
    return list(found.order_by(score.desc(), "agency__code", "code")[:limit])


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
