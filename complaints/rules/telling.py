"""What people are told of a case, as rows of the outbox, in the transaction of the step.

The reporter, where a contact was left, hears that there is something to read and by when; staff
hear by e-mail what waits for them, as far as they may see the case and it is not about them. No
message says what was told, about whom, or who told it.
"""

import datetime as dt
from collections.abc import Iterable
from enum import Enum
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from complaints import surroundings
from complaints.models import Case, CaseEvent
from complaints.workflow import AT_SUPERIOR, OPEN, STEPS, WITH_THE_AGENCY, State, Step
from notifications.rules import Draft, channel_of, enqueue, void
from privacy import identity
from privacy.index import blind
from services.models import Officer
from services.permissions import (
    ARRANGE,
    GRANTS,
    HANDLE_ALL_CASES,
    HANDLE_CASES,
    JUDGE_OBJECTIONS,
)

LASTS = dt.timedelta(days=7)  # what has not left by then is no news any more
STAFF_READ = "id"
_ENDS = {step for step, (_starts, ends) in STEPS.items() if ends and not set(ends) & set(OPEN)}


class Who(Enum):
    """Who of the staff, by what their office may do; True where it is one of the agency."""

    LIAISON = (frozenset({HANDLE_CASES}), frozenset({JUDGE_OBJECTIONS}), True)
    HEAD = (frozenset({HANDLE_CASES, JUDGE_OBJECTIONS}), frozenset({HANDLE_ALL_CASES}), True)
    DESK = (frozenset({HANDLE_ALL_CASES}), frozenset({ARRANGE}), False)
    MANAGER = (frozenset({HANDLE_ALL_CASES, ARRANGE}), frozenset[str](), False)

    @property
    def roles(self) -> list[str]:
        """The offices meant."""
        holds, lacks, _of_agency = self.value
        return [role for role, held in GRANTS.items() if holds <= held and not lacks & held]

    @property
    def of_agency(self) -> bool:
        """Whether the office belongs to the case's agency, not to the whole mall."""
        return bool(self.value[2])


_DESK, _AGENCY = (Who.DESK, Who.MANAGER), (Who.LIAISON, Who.HEAD)

# What a reporter is told of a step in one sentence; others have a text of their own, or none.
_NEWS: dict[Step, str | Promise] = {
    Step.REPLIED: gettext_lazy("Ada tanggapan untuk Anda, dan pengaduan tetap dikerjakan."),
    Step.ESCALATED: gettext_lazy("Keberatan Anda diajukan ke pengawas instansi."),
    Step.CLOSED: gettext_lazy("Pengaduan ditutup. Belum selesai? Buka kembali dalam 30 hari."),
    Step.REJECTED: gettext_lazy("Pengaduan tidak dapat diproses. Baca alasannya."),
    Step.MOVED: gettext_lazy("Pengaduan dialihkan ke lembaga lain. Baca ke mana."),
    Step.MERGED: gettext_lazy("Pengaduan digabung dengan pengaduan yang sama."),
}
ON_ITS_OWN = gettext_lazy(
    "Pengaduan yang mewakili pengaduan Anda dicabut, jadi pengaduan Anda diperiksa sendiri lagi."
)
_AS_WRITTEN = {Step.CLASSIFIED, Step.OVERDUE}  # their note is such a sentence already
# What staff are told of a step, beside what comes in.
_DUTIES: dict[Step, str | Promise] = {
    Step.FORWARDED: gettext_lazy("Diteruskan ke instansi Anda. Tanggapi sebelum batas waktunya."),
    Step.COMPLETED: gettext_lazy("Pelapor sudah menjawab pertanyaan. Lanjutkan penanganannya."),
    Step.ADDED: gettext_lazy("Pelapor menambah keterangan. Baca, lalu lanjutkan penanganannya."),
    Step.REOPENED: gettext_lazy("Dibuka kembali. Periksa lagi."),
    Step.OBJECTED: gettext_lazy(
        "Pelapor berkeberatan atas jawabannya. Kepala instansi memutuskan, salinan untuk meja"
        " pengaduan."
    ),
}
_NOBODY_THERE = gettext_lazy(
    "Di instansinya tidak ada petugas yang dapat dikabari lewat surel. Sampaikan sendiri kepada"
    " mereka, atau tangani di meja pengaduan."
)
_TO_JUDGE = gettext_lazy(
    "Pelapor berkeberatan atas jawabannya. Yang memutuskan bukan yang menjawab."
)


def about(case_id: int) -> str:
    """What a case's messages are about: a fingerprint, so that the outbox names no case."""
    return f"case-{blind('case-messages', str(case_id)).hex()[:32]}"


def tell(case: Case, event: CaseEvent) -> None:
    """Write the messages of what has just happened; take back what it makes stale."""
    step = Step(event.kind)
    if step in _ENDS:
        void(about=[about(case.pk)], at=event.at)
    elif step in (Step.COMPLETED, Step.ANSWERED):
        void(about=[about(case.pk)], kinds=["case_question"], at=event.at)
    elif step == Step.FORWARDED:  # who had it before has nothing to do any more
        void(about=[about(case.pk)], kinds=["case_duty"], at=event.at)
    drafts = _to_reporter(case, event) if event.visible_to_reporter else []
    if sentence := _duty(case, step):
        people = _on_duty(case, step)
        if not people and case.state in WITH_THE_AGENCY:
            people, sentence = _instead(case, event), str(_NOBODY_THERE)
        drafts += to_staff(case, event, people, sentence)
    # Who is named only now is not to read what waits in the outbox; the others get it anew.
    if step == Step.NAMED and void(about=[about(case.pk)], kinds=["case_duty"], at=event.at):
        with override(STAFF_READ):
            drafts += to_staff(case, event, _on_duty(case, step), _("Menunggu ditangani."))
    if step == Step.ESCALATED:
        drafts += _to_oversight(case, event)
    enqueue(drafts=drafts, at=event.at)


# -- the reporter ----------------------------------------------------------------------------------


def _to_reporter(case: Case, event: CaseEvent) -> list[Draft]:
    if not (case.phone or case.email):
        return []
    with override(case.language):
        kind, words = _said(case, event)
    if not kind:
        return []
    hidden = case.anonymous or case.confidential
    return [
        _draft(
            case,
            event,
            kind,
            phone=case.phone,
            email=case.email,
            language=case.language,
            first_name="" if hidden else case.name.partition(" ")[0],
            link=reverse("complaints:case", args=[case.number]),
            words=words,
        )
    ]


def _said(case: Case, event: CaseEvent) -> tuple[str, dict[str, str]]:
    """The kind of message for a step and its words; no kind for what is not told."""
    step = Step(event.kind)
    if step == Step.FILED:
        return "case_received", {"date": in_words(case.first_answer_due_on)}
    if step == Step.COMPLETION_ASKED:
        return "case_question", {}
    if step == Step.ANSWERED and case.closes_on:
        return "case_answer", {"date": in_words(case.closes_on)}
    news = str(_NEWS.get(step, ""))
    if step in _AS_WRITTEN:
        news = event.note
    due = next_due(case)
    if step == Step.REPLIED and case.state == State.MERGED:
        news = _("Ada kabar tentang pengaduan Anda yang digabung.")
    if step == Step.REOPENED and not event.note:
        news = str(ON_ITS_OWN)
    if step == Step.EXTENDED and due and case.closes_on is None:
        news = _("Batas waktu pengaduan bergeser ke %(date)s.") % {"date": in_words(due)}
    return ("case_changed", {"news": news}) if news else ("", {})


def next_due(case: Case) -> dt.date | None:
    """The day that is kept or missed next: of the first answer, then of completion."""
    return case.completion_due_on if case.first_answered_at else case.first_answer_due_on


def in_words(date: dt.date) -> str:
    """A day as people say it, in the language that is switched on."""
    return format_date(date, "l, j F Y")


# -- staff -----------------------------------------------------------------------------------------


def colleagues(case: Case, *chain: Who) -> list[Any]:
    """Of the first kind in a chain the accounts that can be reached and may know of the case.

    Never who it is about nor who sat at the counter it names; of the agency nobody hears of a
    confidential one.
    """
    silent = case.agency_id is None or case.confidential
    chain = tuple(who for who in chain if not (who.of_agency and silent))
    meant = [
        Q(role__in=who.roles, agency=case.agency_id if who.of_agency else None) for who in chain
    ]
    if not meant:
        return []
    offices = (
        Officer.objects.filter(reduce(or_, meant), mall=case.mall_id, active=True)
        .filter(user__is_active=True)
        .exclude(user__email="")
        .select_related("user")
        .order_by("pk")
    )
    known = [one for one in offices if _may_know(case, one.user)]
    for who in chain:
        if found := {one.user_id: one.user for one in known if one.role in who.roles}:
            return list(found.values())
    return []


def _may_know(case: Case, user: Any) -> bool:
    if user.pk == case.about_person_id or not _is_reached(case, user.email):
        return False
    place = (case.mall_id, case.counter_number)
    return case.counter_number is None or place not in surroundings.own_counters(user)


def to_staff(case: Case, event: CaseEvent, users: Iterable[Any], news: str) -> list[Draft]:
    """Tell colleagues what waits for them; nobody is told of what they did themselves."""
    due = next_due(case)
    with override(STAFF_READ):
        words = {"news": news, "due": in_words(due) if due else ""}
    return [
        _draft(
            case,
            event,
            "case_duty",
            email=user.email,
            first_name=user.first_name,
            link=reverse("admin:complaints_case_change", args=[case.pk]),
            words=words,
            key=str(user.pk),
        )
        for user in {user.pk: user for user in users}.values()
        if user.pk != event.by_id
    ]


def _duty(case: Case, step: Step) -> str:
    with override(STAFF_READ):
        if step == Step.FILED:
            return _("%(kind)s baru menunggu diperiksa.") % {"kind": case.get_kind_display()}
        if step == Step.OBJECTED and (case.agency_id is None or case.confidential):
            return str(_TO_JUDGE)
        return str(_DUTIES.get(step, ""))


def _on_duty(case: Case, step: Step) -> list[Any]:
    """Whom a step gives something to do."""
    if step == Step.OBJECTED:
        answers = case.events.filter(kind=Step.ANSWERED).order_by("-pk")
        answered = answers.values_list("by", flat=True).first()
        told = [*colleagues(case, Who.HEAD), *colleagues(case, *_DESK)]
        # Nobody judges their own answer: where only they would hear of it, the manager does.
        alone = all(user.pk == answered for user in told)
        return told + colleagues(case, Who.MANAGER) if alone else told
    if case.state in WITH_THE_AGENCY:
        return colleagues(case, *_AGENCY)
    if case.state in AT_SUPERIOR:
        return colleagues(case, Who.HEAD, *_DESK)
    return colleagues(case, *_DESK)


def _instead(case: Case, event: CaseEvent) -> list[Any]:
    """Who makes sure that an agency hears of a case where nobody there can be reached."""
    desk = [user for user in colleagues(case, Who.DESK) if user.pk != event.by_id]
    return desk or colleagues(case, Who.MANAGER)


def _is_reached(case: Case, email: str) -> bool:
    probe = Draft(
        kind="case_duty",
        email=email,
        about="",
        send_after=case.received_at,
        dedup_key="",
        rehearsal=case.mall.rehearsal,
    )
    return bool(channel_of(probe))


def _to_oversight(case: Case, event: CaseEvent) -> list[Draft]:
    """Tell who oversees the agency, where the contact is an e-mail address."""
    if case.agency is None:
        return []
    try:
        email = identity.normalise_email(case.agency.oversight_contact)
    except identity.BadEmail:
        return []
    ways = [way for way in (case.mall.email, case.mall.phone) if way]
    own = event.by.email if event.by else ""
    words = {"agency": case.agency.name, "desk": " / ".join(ways) or own}
    link = f"/{case.mall.slug}/"
    return [
        _draft(case, event, "case_oversight", email=email, link=link, words=words, key="oversight")
    ]


def _draft(
    case: Case,
    event: CaseEvent,
    kind: str,
    *,
    link: str,
    words: dict[str, str],
    phone: str = "",
    email: str = "",
    language: str = STAFF_READ,
    first_name: str = "",
    key: str = "reporter",
) -> Draft:
    return Draft(
        kind=kind,
        phone=phone,
        email=email,
        language=language,
        mall_id=case.mall_id,
        time_zone=case.mall.time_zone,
        rehearsal=case.mall.rehearsal,
        context={
            "first_name": first_name[:30],
            "mall": case.mall.name,
            "link": f"{settings.BASE_URL}{link}",
            "number": f"{case.number[:4]} {case.number[4:]}",
            **words,
        },
        about=about(case.pk),
        send_after=event.at,
        not_after=event.at + LASTS,
        dedup_key=f"case-event-{event.pk}:{key}",
    )
