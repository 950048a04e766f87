"""What may be done with a case on its page: each act is one rule, with its words and its fields."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints import files, rules
from complaints.codes import read_number
from complaints.models import Case
from complaints.refusals import Refusal
from complaints.rules.steps import refused_to
from complaints.workflow import OPEN, State, Step, may
from services import permissions
from services.models import Agency

Fields = Mapping[str, str]
Run = Callable[..., Any]


@dataclass(frozen=True)
class Act:
    """An act: the step it takes, what its button says, and what was done once it is."""

    step: Step
    label: Promise
    said: Promise
    run: Run
    desk: bool = False
    decides: bool = True
    prompt: Promise | None = None  # over the words to write; none are asked without
    hint: Promise | None = None
    files: bool = False


def is_desk(user: Any, case: Case) -> bool:
    """Whether the person is of the complaints desk of the case's mall."""
    return permissions.can(user, permissions.HANDLE_ALL_CASES, mall=case.mall)


def mergeable(user: Any, case: Case, number: str) -> Case | None:
    """The other open case of the mall by its number, as people type it."""
    others = Case.objects.visible_to(user).filter(mall=case.mall, state__in=OPEN)
    number = read_number(number)[:20]
    return others.exclude(pk=case.pk).filter(number=number).first() if number.isascii() else None


def _plain(rule: Run) -> Run:
    return lambda case, fields, uploads, **common: rule(**common)


def _written(rule: Run, name: str = "text") -> Run:
    return lambda case, fields, uploads, **common: rule(**{name: fields.get("text", "")}, **common)


def _with_files(rule: Run) -> Run:
    def run(case: Case, fields: Fields, uploads: Sequence[UploadedFile], **common: Any) -> Any:
        with files.receiving(uploads) as received:
            return rule(text=fields.get("text", ""), files=received, **common)

    return run


def _note(case: Case, fields: Fields, uploads: Sequence[UploadedFile], **common: Any) -> Any:
    common.pop("seen")  # a note does not depend on what has happened
    return _with_files(rules.add_note)(case, fields, uploads, **common)


def _classify(case: Case, fields: Fields, uploads: Any, **common: Any) -> Any:
    return rules.classify(level=fields.get("level", ""), **common)


def _forward(case: Case, fields: Fields, uploads: Any, **common: Any) -> Any:
    agency = _chosen(Agency.objects.filter(mall=case.mall, active=True), fields.get("agency"))
    if agency is None:
        raise Refusal("unknown_agency")
    return rules.forward(agency=agency, note=fields.get("text", ""), **common)


def _merge(case: Case, fields: Fields, uploads: Any, **common: Any) -> Any:
    into = mergeable(common["by"], case, fields.get("number", ""))
    if into is None:
        raise Refusal("no_case_to_merge")
    return rules.merge(into_id=into.pk, **common)


def _name(case: Case, fields: Fields, uploads: Any, **common: Any) -> Any:
    number = fields.get("counter", "").strip()
    if number and not (number.isdecimal() and len(number) < 5):
        raise Refusal("bad_counter")
    person = _chosen(get_user_model().objects.all(), fields.get("person"))
    if person is None and fields.get("person"):
        raise Refusal("unknown_officer")
    return rules.name_about(person=person, counter_number=int(number) if number else None, **common)


def _chosen(rows: Any, pk: str | None) -> Any:
    return rows.filter(pk=pk).first() if pk and pk.isdecimal() and len(pk) < 19 else None


# In the order in which a case usually goes.
ACTS: dict[str, Act] = {
    "periksa": Act(
        Step.CHECKED,
        _("Mulai periksa"),
        _("Pengaduan ini sekarang diperiksa."),
        _plain(rules.check),
        desk=True,
        hint=_("Pelapor melihat bahwa pengaduannya sudah dibaca."),
    ),
    "tingkat": Act(
        Step.CLASSIFIED,
        _("Tetapkan tingkat"),
        _("Batas penyelesaian ditetapkan."),
        _classify,
        desk=True,
        decides=False,
    ),
    "teruskan": Act(
        Step.FORWARDED,
        _("Teruskan ke instansi"),
        _("Pengaduan diteruskan ke instansi."),
        _forward,
        desk=True,
        prompt=_("Catatan untuk penghubung, bila perlu"),
        hint=_("Penghubung instansi membaca ceritanya, tidak pernah identitas pelapor."),
    ),
    "kerjakan": Act(
        Step.FOLLOW_UP_STARTED,
        _("Mulai kerjakan"),
        _("Pengaduan ini sekarang dikerjakan."),
        _plain(rules.start_follow_up),
        hint=_("Pelapor melihat bahwa pengaduannya sedang dikerjakan."),
    ),
    "jawab": Act(
        Step.ANSWERED,
        _("Jawab pelapor"),
        _("Jawaban terkirim kepada pelapor."),
        _with_files(rules.answer),
        prompt=_("Jawaban untuk pelapor"),
        files=True,
    ),
    "tanggapi": Act(
        Step.REPLIED,
        _("Beri tanggapan sementara"),
        _("Tanggapan terkirim kepada pelapor."),
        _with_files(rules.respond),
        prompt=_("Tanggapan untuk pelapor"),
        hint=_("Terhitung tanggapan pertama bila belum ada. Pengaduan tetap terbuka."),
        files=True,
    ),
    "tanya": Act(
        Step.COMPLETION_ASKED,
        _("Tanya pelapor"),
        _("Pertanyaan terkirim. Jam berhenti sampai pelapor menjawab."),
        _written(rules.ask_for_more),
        prompt=_("Pertanyaan untuk pelapor"),
        hint=_("Jam berhenti sampai pelapor menjawab, dan pelapor melihatnya."),
    ),
    "ajukan": Act(
        Step.ESCALATED,
        _("Ajukan ke pengawas"),
        _("Keberatan diajukan ke pengawas."),
        _written(rules.escalate),
        desk=True,
        decides=False,
        prompt=_("Apa yang diajukan"),
        hint=_("Pelapor membacanya."),
    ),
    "gabung": Act(
        Step.MERGED,
        _("Gabung dengan pengaduan lain"),
        _("Pengaduan ini digabung."),
        _merge,
        desk=True,
    ),
    "alihkan": Act(
        Step.MOVED,
        _("Alihkan ke lembaga lain"),
        _("Pengaduan ini dialihkan."),
        _written(rules.move_elsewhere),
        desk=True,
        prompt=_("Ke mana, dan bagaimana pelapor menghubunginya"),
        hint=_("Pelapor membacanya. Pengaduan ini lalu ditutup di sini."),
    ),
    "tolak": Act(
        Step.REJECTED,
        _("Tolak dengan alasan"),
        _("Pengaduan ini ditolak, dan pelapor membaca alasannya."),
        _written(rules.reject, "reason"),
        desk=True,
        prompt=_("Alasan"),
        hint=_("Pelapor membacanya. Tulis juga apa yang dapat dilakukannya."),
    ),
    "pihak": Act(
        Step.NAMED,
        _("Catat siapa yang diadukan"),
        _("Pihak yang diadukan dicatat."),
        _name,
        desk=True,
        decides=False,
        hint=_(
            "Tidak terlihat pelapor, dan instansi tidak melihat nama petugasnya. "
            "Yang dicatat tidak lagi melihat pengaduan ini."
        ),
    ),
    "catatan": Act(
        Step.NOTED,
        _("Tulis catatan untuk rekan"),
        _("Catatan disimpan."),
        _note,
        decides=False,
        prompt=_("Catatan"),
        hint=_("Tidak terlihat pelapor. Meja pengaduan dan penghubung instansi membacanya."),
        files=True,
    ),
}


def offered(user: Any, case: Case) -> list[str]:
    """The acts that the table of states and the person's office allow now."""
    if case.erased_at:
        return []
    desk = is_desk(user, case)
    refused = refused_to(user, case)
    found = [
        name
        for name, act in ACTS.items()
        if may(act.step, case.state) and (desk or not act.desk) and not (act.decides and refused)
    ]
    if "teruskan" in found and (case.confidential or not case.level):
        found.remove("teruskan")
    return found


def likely(user: Any, case: Case) -> str:
    """The act that comes next, for this person; "" where it is somebody else's turn."""
    desk = is_desk(user, case)
    match case.state:
        case State.RECEIVED:
            return "periksa" if desk else ""
        case State.VERIFICATION if desk and not case.level:
            return "tingkat"
        case State.VERIFICATION if desk:
            return "jawab" if case.confidential else "teruskan"
        case State.FORWARDED:
            return "kerjakan" if not desk or case.agency_id is None else ""
        case State.IN_FOLLOW_UP:
            return "jawab" if not desk or case.agency_id is None else ""
        case State.OBJECTION:
            its_own = not desk or case.agency_id is None or case.confidential
            return "jawab" if its_own and not refused_to(user, case) else ""
        case State.ESCALATED:
            return "jawab" if not refused_to(user, case) else ""
    return ""
