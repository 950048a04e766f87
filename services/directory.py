"""The catalogue's two doors besides the search: by agency, and by what one wants to have done."""

from dataclasses import dataclass

from django.db.models import Count
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from services.models import Mall, ServiceType

# What a catalogue calls a theme -> what people call it; the most sought first.
THEMES = {
    "adminduk": _("KTP, KK, dan akta"),
    "kendaraan": _("STNK dan pajak kendaraan"),
    "keamanan": _("SIM, SKCK, dan surat kehilangan"),
    "perjalanan": _("Paspor"),
    "kesehatan": _("Kesehatan dan BPJS Kesehatan"),
    "ketenagakerjaan": _("Kerja dan BPJS Ketenagakerjaan"),
    "pengentasan kemiskinan": _("Bantuan sosial dan disabilitas"),
    "investasi": _("Izin usaha, bangunan, dan praktik"),
    "usaha": _("Usaha kecil, halal, dan bea cukai"),
    "pajak": _("Pajak dan NPWP"),
    "tanah dan rumah": _("Tanah dan sertifikat"),
    "rumah": _("Listrik dan air"),
    "hukum": _("Hukum dan pengadilan"),
    "keagamaan": _("Nikah, haji, dan umrah"),
    "keuangan": _("Bank dan pos"),
    "pensiun": _("Pensiun"),
    "pemakaman": _("Pemakaman"),
}
# Everyday words that are spelt letter by letter.
_LETTERS = (
    "bbn bphtb bpjs bpn cv hgb ikd imb jht jkn kia kis kk kpp ktp kua nib nik npwp oss pbb pbg "
    "pdam phk pkb pkh pkp pln pns pt qris shm sim sip skck slf slhs spt sppt stnk uld umkm wni"
)
_ORDER = {theme: place for place, theme in enumerate(THEMES)}


@dataclass(frozen=True)
class Door:
    """An agency (`code` is its code) or a theme (`code` is its part of an address)."""

    code: str
    name: str
    services: int


@dataclass(frozen=True)
class Directory:
    """What a mall offers, by agency and by theme; only those that have a service."""

    agencies: list[Door]
    themes: list[Door]

    @property
    def services(self) -> int:
        """How many services there are in all."""
        return sum(agency.services for agency in self.agencies)


def directory(mall: Mall) -> Directory:
    """The mall's agencies by name and its themes, the most sought first; one query."""
    rows = (
        ServiceType.objects.filter(agency__mall=mall, agency__active=True, active=True)
        .order_by("agency__name", "agency__code")
        .values_list("agency__code", "agency__name", "theme")
        .annotate(n=Count("pk"))
    )
    agencies: dict[tuple[str, str], int] = {}
    themes: dict[str, int] = {}
    for code, name, theme, n in rows:
        agencies[code, name] = agencies.get((code, name), 0) + n
        if theme:
            themes[theme] = themes.get(theme, 0) + n
    sought = sorted(themes, key=lambda theme: (_ORDER.get(theme, len(_ORDER)), theme))
    return Directory(
        [Door(code, name, n) for (code, name), n in agencies.items()],
        [Door(slugify(theme), theme_name(theme), themes[theme]) for theme in sought],
    )


def theme_name(theme: str) -> str:
    """What people call a theme: a known one in their language, another as it is written."""
    return str(THEMES.get(theme) or theme[:1].upper() + theme[1:])


def short_name(service: ServiceType) -> str:
    """What people call a service, for where there is little room: KK hilang."""
    if get_language() == "en" or not service.synonyms:
        return service.name
    letters = _LETTERS.split()
    words = [w.upper() if w in letters else w for w in service.synonyms[0].split()]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])
