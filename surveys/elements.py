"""The nine elements of PermenPANRB 14/2017 in the order of its questionnaire, and their answers.

Stored by code: the list of elements and the printed questionnaire number the last two the other way
round. Every element is answered 1 to 4, the lowest first, as the questionnaire has it: the best
answer first would raise the index. Of `biaya` 4 means "gratis": a price, not a mark.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Element:
    """One element: its code, its official name, the question, and the answers from 1 to 4."""

    code: str
    name: Any
    question: Any
    answers: tuple[Any, Any, Any, Any]


_FITS = (_("Tidak sesuai"), _("Kurang sesuai"), _("Sesuai"), _("Sangat sesuai"))
QUESTIONNAIRE = (
    Element(
        "persyaratan",
        _("Persyaratan"),
        _("Bagaimana kesesuaian persyaratan dengan jenis pelayanannya?"),
        _FITS,
    ),
    Element(
        "prosedur",
        _("Sistem, mekanisme, dan prosedur"),
        _("Bagaimana kemudahan prosedur pelayanannya?"),
        (_("Tidak mudah"), _("Kurang mudah"), _("Mudah"), _("Sangat mudah")),
    ),
    Element(
        "waktu",
        _("Waktu penyelesaian"),
        _("Bagaimana kecepatan pelayanannya?"),
        (_("Tidak cepat"), _("Kurang cepat"), _("Cepat"), _("Sangat cepat")),
    ),
    Element(
        "biaya",
        _("Biaya atau tarif"),
        _("Bagaimana kewajaran biaya atau tarifnya?"),
        (_("Sangat mahal"), _("Cukup mahal"), _("Murah"), _("Gratis")),
    ),
    Element(
        "produk",
        _("Produk spesifikasi jenis pelayanan"),
        _("Bagaimana kesesuaian hasil dengan standar pelayanannya?"),
        _FITS,
    ),
    Element(
        "kompetensi",
        _("Kompetensi pelaksana"),
        _("Bagaimana kompetensi petugasnya?"),
        (_("Tidak kompeten"), _("Kurang kompeten"), _("Kompeten"), _("Sangat kompeten")),
    ),
    Element(
        "perilaku",
        _("Perilaku pelaksana"),
        _("Bagaimana kesopanan dan keramahan petugasnya?"),
        (
            _("Tidak sopan dan ramah"),
            _("Kurang sopan dan ramah"),
            _("Sopan dan ramah"),
            _("Sangat sopan dan ramah"),
        ),
    ),
    Element(
        "sarpras",
        _("Sarana dan prasarana"),
        _("Bagaimana kualitas sarana dan prasarananya?"),
        (_("Buruk"), _("Cukup"), _("Baik"), _("Sangat baik")),
    ),
    Element(
        "pengaduan",
        _("Penanganan pengaduan, saran, dan masukan"),
        _("Bagaimana penanganan pengaduan, saran, dan masukannya?"),
        (
            _("Tidak ada"),
            _("Ada tetapi tidak berfungsi"),
            _("Berfungsi kurang maksimal"),
            _("Dikelola dengan baik"),
        ),
    ),
)
CODES = tuple(element.code for element in QUESTIONNAIRE)
# Answers to the operator's own questions on integrity (IPAK/SPAK), where it asks any.
AGREEMENT = (_("Tidak setuju"), _("Kurang setuju"), _("Setuju"), _("Sangat setuju"))
