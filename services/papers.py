"""Which papers a service asks for: read from its standard, named, merged, and put in order.

A requirement is one line of a standard: the paper's name, and after a colon its form and count:
"KTP-el: asli, 1 fotokopi". `needed` and `in_sensible_order` are pure; `asked_by` and `made_before`
gather what they need.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Lower
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from services.models import Mall, Paper, ServiceStandard, ServiceType

# a line that asks for a condition or a deed: nothing to put in a bag
_NO_PAPER = re.compile(
    r"(usia|datang|cukup|sudah|terdaftar|tidak ada|tanpa|lunas|tunggakan|maksimal|kuota|sebutkan"
    r"|daftar minimal|verifikasi)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"(\d{1,3}) (fotokopi|lembar)", re.IGNORECASE)
_FORMS = {
    "asli": _("asli"),
    "digital": _("digital"),
    "asli atau digital": _("asli atau digital"),
}
_KNOWN = _FORMS | {
    "latar merah": _("latar merah"),
    "latar biru": _("latar biru"),
    "bermeterai": _("bermeterai"),
    "masih berlaku": _("masih berlaku"),
    "yang terakhir": _("yang terakhir"),
    "bila ada": _("bila ada"),
    "bila perlu": _("bila perlu"),
    "bila diminta": _("bila diminta"),
    "bila diwakilkan": _("bila diwakilkan"),
    "bila mendesak": _("bila mendesak"),
    "bila tidak mampu": _("bila tidak mampu"),
}


@dataclass(frozen=True)
class Phrase:
    """A piece of text; `lang` is "id" where an English page has only the Indonesian, else ""."""

    text: str
    lang: str = ""


@dataclass(frozen=True)
class Needed:
    """A paper to bring, in the language of the page.

    `detail` says form and count ("asli, 1 fotokopi"), `details` the same piece by piece. `where`
    says where a missing one is had; `made_by` is the service in this building that makes it, and
    `made_in_visit` that this service is one of the wished, `made_in_days` in how many working days
    (0: while one waits; None: not known, or not asked for). `lang` is "id" where an English page
    knows only the Indonesian name, else "". `is_paper` is False where the line asks for a condition
    or a deed ("usia minimal 17 tahun", "datang sendiri").
    """

    name: str
    detail: str = ""
    where: str = ""
    made_by: ServiceType | None = None
    lang: str = ""
    details: tuple[Phrase, ...] = ()
    where_lang: str = ""
    made_in_visit: bool = False
    made_in_days: int | None = None
    is_paper: bool = True


@dataclass
class _Wanted:
    """One paper over all standards that ask for it."""

    name: str
    askers: set[int] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    conditions: list[set[str]] = field(default_factory=list)


def needed(
    standards: Iterable[ServiceStandard], papers: Iterable[Paper] | Mapping[str, Paper]
) -> list[Needed]:
    """Return the papers that these standards ask for, each once, in the order they are asked.

    `papers` may hold more than is asked (for many calls: what `papers_by_name` made of them once);
    names are compared without regard to case. A paper asked by several services keeps every form
    named, the copies of all of them together (each counter keeps its own), and a condition ("bila
    ada") only where each of them makes it.
    """
    by_name = papers if isinstance(papers, Mapping) else papers_by_name(papers)
    wanted: dict[str, _Wanted] = {}
    services = set()
    for standard in standards:
        services.add(standard.service_type_id)
        for requirement in standard.requirements:
            name, pieces = parse(requirement)
            entry = wanted.setdefault(_key(name), _Wanted(name))
            _add(entry, standard.service_type_id, pieces)
    return [_needed(entry, by_name.get(key), services) for key, entry in wanted.items()]


def papers_by_name(papers: Iterable[Paper]) -> dict[str, Paper]:
    """Return the papers as `needed` looks them up."""
    return {_key(paper.name_ind or paper.name): paper for paper in papers}


def parse(requirement: str) -> tuple[str, list[str]]:
    """Return the paper's name and the pieces of its detail.

    >>> parse("KTP-el: asli, 1 fotokopi")
    ('KTP-el', ['asli', '1 fotokopi'])
    """
    name, _colon, detail = requirement.partition(":")
    return name.strip(), [piece.strip() for piece in detail.split(",") if piece.strip()]


def asked_by(standards: Iterable[ServiceStandard], mall: Mall) -> QuerySet[Paper]:
    """The mall's papers that these standards ask for, with the services that make them."""
    names = {_key(parse(line)[0]) for standard in standards for line in standard.requirements}
    return (
        Paper.objects.filter(mall=mall)
        .annotate(key=Lower("name_ind"))
        .filter(key__in=names)
        .select_related("made_by__agency")
    )


def with_days(papers: QuerySet[Paper], date: dt.date) -> QuerySet[Paper]:
    """Tell of each paper in how many working days its maker has it ready, by today's standards."""
    standards = ServiceStandard.objects.filter(
        service_type=OuterRef("made_by"), approved_at__isnull=False, valid_from__lte=date
    ).order_by("-valid_from", "-version")
    return papers.annotate(made_in_days=Subquery(standards.values("processing_days")[:1]))


def made_before(mall: Mall, services: Iterable[ServiceType], date: dt.date) -> dict[int, set[int]]:
    """Return, per service, which services make one of its papers by the standards of `date`.

    Keys and values are primary keys; the makers need not be among `services`. Two queries.
    """
    standards = list(ServiceStandard.objects.filter(service_type__in=list(services)).current(date))
    makers = {
        _key(paper.name_ind): paper.made_by_id
        for paper in asked_by(standards, mall).exclude(made_by=None)
    }
    found = {}
    for standard in standards:
        keys = (_key(parse(line)[0]) for line in standard.requirements)
        makes = {makers[key] for key in keys if key in makers}
        found[standard.service_type_id] = makes - {standard.service_type_id}
    return found


def in_sensible_order(
    services: Sequence[ServiceType], needs: Mapping[int, set[int]]
) -> list[ServiceType]:
    """Return the services so that who makes a paper stands before who asks for it.

    Otherwise the given order stays; a circle is cut at the service that was wished first. `needs`
    is what `made_before` returns.
    """
    waiting, ordered = list(services), []
    while waiting:
        left = {service.pk for service in waiting}
        free = (s for s in waiting if not (needs.get(s.pk, set()) - {s.pk}) & left)
        following = next(free, waiting[0])
        ordered.append(following)
        waiting.remove(following)
    return ordered


def makers(needs: Iterable[Needed]) -> list[ServiceType]:
    """Return the services that make one of these papers, each once."""
    return list({need.made_by.pk: need.made_by for need in needs if need.made_by}.values())


def _key(name: str) -> str:
    return " ".join(name.split()).lower()


def _add(entry: _Wanted, service: int, pieces: list[str]) -> None:
    entry.askers.add(service)
    conditions = set()
    for piece in pieces:
        if match := _COUNTED.fullmatch(piece):
            count, unit = int(match[1]), match[2].lower()
            entry.counts[unit] = entry.counts.get(unit, 0) + count
        elif piece.lower().startswith("bila "):
            conditions.add(piece)
        elif piece.lower() not in (word.lower() for word in entry.words):
            entry.words.append(piece)
    entry.conditions.append(conditions)


def _needed(entry: _Wanted, paper: Paper | None, services: set[int]) -> Needed:
    conditions = set.intersection(*entry.conditions)
    known = [word for word in entry.words if word.lower() in _FORMS]
    rest = [word for word in entry.words if word.lower() not in _FORMS]
    details = (
        *(_phrase(word) for word in known),
        *(Phrase(_counted(unit, n)) for unit, n in sorted(entry.counts.items())),
        *(_phrase(word) for word in [*rest, *sorted(conditions)]),
    )
    name, where = Phrase(entry.name, _foreign()), Phrase("")
    if paper is not None:
        name = _translated(entry.name, paper.name_en)
        where = _translated(paper.where_ind or "", paper.where_en)
    maker = _maker(entry, paper)
    return Needed(
        name=name.text,
        detail=", ".join(phrase.text for phrase in details),
        where=where.text,
        made_by=maker,
        lang=name.lang,
        details=details,
        where_lang=where.lang,
        made_in_visit=maker is not None and maker.pk in services,
        made_in_days=getattr(paper, "made_in_days", None) if maker else None,
        is_paper=_NO_PAPER.match(entry.name) is None,
    )


def _maker(entry: _Wanted, paper: Paper | None) -> ServiceType | None:
    """The open service that makes the paper, unless only that one asks for it."""
    maker = paper.made_by if paper else None
    if maker is None or not (maker.active and maker.agency.active) or entry.askers == {maker.pk}:
        return None
    return maker


def _foreign() -> str:
    return "id" if get_language() == "en" else ""


def _translated(indonesian: str, english: str | None) -> Phrase:
    if get_language() == "en" and english:
        return Phrase(english)
    return Phrase(indonesian, _foreign() if indonesian else "")


def _phrase(word: str) -> Phrase:
    known = _KNOWN.get(word.lower())
    return Phrase(str(known)) if known else Phrase(word, _foreign())


def _counted(unit: str, n: int) -> str:
    if unit == "fotokopi":
        return ngettext("%(n)d fotokopi", "%(n)d fotokopi", n) % {"n": n}
    return ngettext("%(n)d lembar", "%(n)d lembar", n) % {"n": n}
