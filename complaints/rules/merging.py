"""What becomes of the cases for which another one stands.

Who reported them reads how the other went on, never what was said there: that may be about its own
reporter. The desk passes on what they may know.
"""

import datetime as dt
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from complaints.models import Case
from complaints.rules.steps import take
from complaints.workflow import State, Step

_SAID: dict[Step, Promise] = {
    Step.ANSWERED: _(
        "Pengaduan yang mewakili pengaduan Anda sudah dijawab. Tanyakan hasilnya di meja pengaduan"
        " dengan nomor ini. Belum sesuai? Buka lagi pengaduan ini."
    ),
    Step.REJECTED: _(
        "Pengaduan yang mewakili pengaduan Anda tidak dapat diproses. Tanyakan alasannya di meja"
        " pengaduan, atau buka lagi pengaduan ini."
    ),
    Step.MOVED: _(
        "Pengaduan yang mewakili pengaduan Anda dialihkan ke lembaga lain. Tanyakan ke mana di meja"
        " pengaduan, atau buka lagi pengaduan ini."
    ),
}


def tell_merged(case: Case, step: Step, *, by: Any, at: dt.datetime) -> None:
    """Tell who reported the same what became of the case that stands for theirs."""
    for one in _merged_into(case):
        tell_of_other(one, step, by=by, at=at)


def tell_of_other(case: Case, step: Step, *, by: Any, at: dt.datetime) -> None:
    """Tell the reporter of a merged case what became of the other, and who relies on this one."""
    with override(case.language):
        note = str(_SAID[step])
    take(case, Step.REPLIED, at=at, by=by, note=note)
    tell_merged(case, step, by=by, at=at)


def take_up_merged(case: Case, *, at: dt.datetime) -> None:
    """Take up again on their own what a case stood for that its reporter took back."""
    for one in _merged_into(case):
        take(one, Step.REOPENED, at=at)


def _merged_into(case: Case) -> list[Case]:
    """The cases for which this one stands, locked."""
    cases = Case.objects.select_related("mall", "agency", "service_type").order_by("pk")
    merged = cases.filter(merged_into=case, state=State.MERGED, erased_at=None)
    return list(merged.select_for_update(of=("self",)))
