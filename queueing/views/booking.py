"""Taking a number: when, who, check, done. Everything typed stays on the pages until it is sent."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from privacy.identity import mask_nik
from queueing import rules, together
from queueing.availability import availability, facts_of_windows, judge
from queueing.forms import Draft, WhoForm, read_pair
from queueing.models import Visit
from queueing.refusals import Refusal
from queueing.rules.seats import MAX_TICKETS_PER_VISIT
from queueing.together import Choice, Plan
from queueing.views import adding
from queueing.views.mall import remember
from queueing.views.wishes import Wishes
from services.templatetags.portal import clock

# lock_timeout, deadlock, serialisation failure
_BUSY = {"55P03", "40P01", "40001"}
# A no about the service itself: no other hour would help.
_HOPELESS = {"external", "walk_in_only", "no_queue", "unknown_service", "unknown_mall"}
_ABOUT_THE_PERSON = {"contact_cap", "bad_priority", "sign_language_lead", "no_sign_language"}
_ABOUT_THE_WHOLE = {"already_booked", "busy", "sent_before", "too_many_tickets"}


@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest, mall: str, code: str) -> HttpResponse:
    """One address for all steps; the button pressed says which step comes next."""
    if request.method != "POST":
        return Wizard(request, mall, code, Draft.new(code, *_codes(request))).begin()
    act, _colon, value = request.POST.get("aksi", "").partition(":")
    draft = Draft.read(request.POST, code)
    wizard = Wizard(request, mall, code, draft, more=value if act == "tambah" else "")
    match act:
        case "hari":
            return wizard.choose_time(wizard.current, date=_date(value))
        case "jam":
            return wizard.take({wizard.current: read_pair(":" + request.POST.get("jam", ""))[1]})
        case "ambil":
            return wizard.take(dict(read_pair(pair) for pair in value.split(",")))
        case "isyarat":
            draft.need(Visit.Need.SIGN_LANGUAGE)
            return wizard.take(dict(read_pair(pair) for pair in value.split(",")))
        case "waktu":
            return wizard.choose_time(value)
        case "tambah":
            return wizard.add(value) if value else wizard.ask_what_else()
        case "cari":
            return wizard.ask_what_else()
        case "lanjut":
            return wizard.next_step()
        case "lepas":
            return wizard.leave_out(value)
        case "siapa":
            return wizard.ask_who()
        case "periksa":
            return wizard.review()
        case "kirim":
            return wizard.send()
    return wizard.choose_time(draft.codes[0])


class Wizard:
    """The steps of one booking over its draft; each method answers with a page."""

    def __init__(
        self, request: HttpRequest, mall: str, code: str, draft: Draft, *, more: str = ""
    ) -> None:
        self.request = request
        self.draft = draft
        self.at = timezone.now()
        self.wishes = Wishes(mall, code, draft, at=self.at, more=more)
        self.mall = self.wishes.mall
        self.first = self.wishes.first

    @property
    def current(self) -> str:
        """The service whose window is being chosen."""
        code = self.request.POST.get("layanan", "")
        return code if code in self.draft.codes else self.draft.codes[0]

    # -- the steps -------------------------------------------------------------------------------

    def begin(self) -> HttpResponse:
        """The first page: of one service, or of several wished together."""
        self.wishes.arrange()
        return self.choose_time(self.draft.codes[0])

    def choose_time(
        self, code: str, *, date: dt.date | None = None, refusal: Refusal | None = None
    ) -> HttpResponse:
        """Days and windows with what is left; who comes second keeps to the first one's day."""
        code = code if code in self.draft.codes else self.draft.codes[0]
        wishes, service = self.wishes, self.wishes.services[code]
        chosen, others = wishes.window_of(code), wishes.others(code)
        fixed = others[0][1].date if others and code != self.draft.codes[0] else None
        plan = wishes.plan() if len(self.draft.codes) > 1 and not wishes.windows else None
        known = [window for window in (chosen, *(w for _service, w in others)) if window]
        wanted = fixed or date or (known[0].date if known else None)
        gate = availability(
            service=service,
            date=wanted or (plan.date if plan else None),
            channel=Visit.Channel.WEB,
            at=self.at,
        )
        if not gate.open and gate.code in _HOPELESS:
            raise Refusal(gate.code, system=service.external_system)
        choices = wishes.beside(service, gate)
        free = [choice for choice in choices if not choice.code]
        after = wishes.end_of_those_before(code, gate.date)
        good = together.next_good(choices, after=after, at=self.at)
        late = after is not None and good is None
        if late:  # nothing after the others: before them, where that is as good
            good = together.next_good(choices, after=None, at=self.at)
        picked = next((c for c in free if chosen and c.id == chosen.pk), good)
        passed = [day.seats_left for day in gate.days if day.date < gate.date]
        skipped = not wanted and bool(passed) and not any(passed)
        if plan is None and (late or picked is None):
            plan = wishes.plan(fixed + dt.timedelta(days=1) if fixed else None)
        elif plan is None and skipped:
            plan = Plan(gate.date, [(service, picked)])
        if refusal and refusal.code == "just_full" and not free:
            refusal = Refusal("day_just_full")
        page = {
            "service": service,
            "gate": gate,
            "advice": wishes.advice(service),
            "seats": choices,
            "free": free,
            "most": max((choice.seats_left for choice in choices), default=0),
            "calmest": _calmest(free),
            "picked": picked.id if picked else None,
            "back": self._back(code),
            "day_is_fixed": fixed is not None,
            "late_after": wishes.before(code)[-1] if late else None,
            "plan": plan,
            "together": plan is not None and not wishes.windows and len(wishes.wished) > 1,
            "skipped": skipped,
            "refusal": refusal,
        }
        return self._render("queueing/book_when.html", page, refusal)

    def take(self, wanted: dict[str, int]) -> HttpResponse:
        """Windows were picked: keep them, or show the windows again with the reason."""
        wanted = {code: pk for code, pk in wanted.items() if code in self.draft.codes}
        codes, ids = list(wanted), list(wanted.values())
        found = {
            fact.service_code: fact
            for fact in facts_of_windows(mall_id=self.mall.pk, codes=codes, windows=ids)
            if wanted[fact.service_code] == fact.window_id
        }
        for code in codes or [self.current]:
            fact = found.get(code)
            if fact is None:
                missing = "unknown_window" if wanted.get(code) else "hour_missing"
                return self.choose_time(code, refusal=Refusal(missing))
            if why := judge(fact, channel=Visit.Channel.WEB, at=self.at, zone=self.mall.zone):
                told = self._told(Refusal(why, reason=fact.paused_reason), fact.starts_at)
                return self.choose_time(code, date=fact.date, refusal=told)
            others = [w for s, w in self.wishes.others(code) if s.code not in wanted]
            if any(together.overlap(fact, other) for other in others):
                return self.choose_time(code, refusal=Refusal("overlapping"))
        self.wishes.choose(wanted)
        return self.next_step()

    def ask_what_else(self, *, refusal: Refusal | None = None) -> HttpResponse:
        """Search and lists of what can be added to the visit."""
        self._keep_the_hour()
        text = self.request.POST.get("cari", "").strip()
        page = adding.offers(mall=self.mall, wished=self.wishes.wished, text=text, at=self.at) | {
            "refusal": refusal,
            "full": len(self.draft.codes) >= MAX_TICKETS_PER_VISIT,
        }
        return self._render("queueing/book_add.html", page, refusal)

    def add(self, code: str) -> HttpResponse:
        """Another service of the mall in the same visit, at its place in the sensible order."""
        if code in self.draft.codes:
            return self.next_step()
        if len(self.draft.codes) >= MAX_TICKETS_PER_VISIT:
            limit = MAX_TICKETS_PER_VISIT
            return self.ask_what_else(refusal=Refusal("too_many_tickets", limit=limit))
        if not self.wishes.can_add(code):
            return self.ask_what_else(refusal=Refusal("unknown_service"))
        self.draft.choose(code, 0)
        self.wishes.arrange()
        return self.choose_time(code if self.wishes.windows else self.draft.codes[0])

    def leave_out(self, code: str) -> HttpResponse:
        """One service less; the one of this address stays."""
        if code != self.first.code:
            self.draft.drop(code)
        return self.next_step()

    def next_step(self) -> HttpResponse:
        """The first step that still lacks something."""
        if pending := self.wishes.pending:
            return self.choose_time(pending)
        if self.draft.who.get("name"):
            return self.review()
        return self.ask_who()

    def ask_who(
        self, *, form: WhoForm | None = None, refusal: Refusal | None = None
    ) -> HttpResponse:
        """Name, contact, needs."""
        form = form or self.wishes.who_form(initial=True)
        page = {
            "form": form,
            "refusal": refusal,
            "plan": self.wishes.plan(self.wishes.interpreter_from) if form.too_near else None,
        }
        return self._render("queueing/book_who.html", page, refusal, wrong=bool(form.errors))

    def review(self, *, refusal: Refusal | None = None) -> HttpResponse:
        """Everything once more, each with its "Ubah"."""
        form = self.wishes.who_form()
        if not form.is_valid():
            return self.ask_who(form=form)
        if self.wishes.pending:
            return self.next_step()
        data = form.cleaned_data
        page = {
            "form": form,
            "who": data,
            "nik": mask_nik(data.get("nik") or ""),
            "nik_odd": form.nik_odd,
            "priority": dict(form.fields["priority"].choices).get(data["priority"], ""),
            "prefer": form.channel,
            "refusal": refusal,
            **self.wishes.what_it_takes(),
        }
        return self._render("queueing/book_review.html", page, refusal)

    def send(self) -> HttpResponse:
        """Take the numbers; a no leads back to the step that can answer it."""
        form = self.wishes.who_form()
        if not form.is_valid():
            return self.ask_who(form=form)
        who = form.cleaned_data
        try:
            visit = rules.book(
                mall=self.mall,
                wishes=self.draft.wishes,
                name=who["name"],
                phone=who["phone"],
                email=who["email"],
                nik=who.get("nik") or "",
                priority=who["priority"],
                needs=who["needs"],
                accommodation=who["accommodation"],
                language=(get_language() or "id")[:2],
                prefer=who.get("prefer") or "",
                channel=Visit.Channel.WEB,
                request_key=f"web:{self.draft.key}",
                at=self.at,
            )
        except Refusal as refusal:
            return self._refused(refusal)
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", None) not in _BUSY:
                raise
            return self.review(refusal=Refusal("busy"))
        response = redirect("queueing:ticket", visit.token)
        add_never_cache_headers(response)
        remember(self.request, response, visit)
        return response

    # -- what the steps share --------------------------------------------------------------------

    def _refused(self, refusal: Refusal) -> HttpResponse:
        if refusal.code in _HOPELESS:
            raise refusal
        if refusal.fields or refusal.code in _ABOUT_THE_PERSON:
            return self.ask_who(form=self.wishes.who_form(), refusal=refusal)
        if refusal.code == "request_reused":
            self.draft.key = Draft.new(self.first.code).key
            refusal = Refusal("sent_before")
        if refusal.code in _ABOUT_THE_WHOLE:
            return self.review(refusal=refusal)
        service, window = self.wishes.wish_that_fails()
        if window is None:
            return self.choose_time(service, refusal=refusal)
        told = self._told(refusal, window.starts_at)
        return self.choose_time(service, date=window.date, refusal=told)

    def _told(self, refusal: Refusal, starts_at: dt.datetime) -> Refusal:
        """The refusal with the hour named where it is that hour which filled up."""
        if refusal.code != "full":
            return refusal
        return Refusal("just_full", hour=clock(starts_at, self.mall))

    def _back(self, code: str) -> str:
        """What the way back from the hours of a service presses; "" leads to its page."""
        before = self.wishes.before(code)
        if before and not self.draft.who.get("name"):
            return f"waktu:{before[-1].code}"
        return "siapa" if self.wishes.windows else ""

    def _keep_the_hour(self) -> None:
        """Keep the hour marked on the page that was left for another."""
        _code, window = read_pair(":" + self.request.POST.get("jam", ""))
        if window:
            self.wishes.choose({self.current: window})

    def _render(
        self,
        template: str,
        page: dict[str, Any],
        refusal: Refusal | None,
        *,
        wrong: bool = False,
    ) -> HttpResponse:
        costs = page.get("costs", {})
        page |= {
            "mall": self.mall,
            "first": self.first,
            "draft": self.draft,
            "chosen": [
                (service, self.wishes.window_of(service.code), costs.get(service.code))
                for service in self.wishes.wished
            ],
            "today": self.wishes.today,
            "retention_days": settings.RETENTION_VISIT_DAYS,
        }
        status = refusal.status if refusal else 422 if wrong else 200
        response = render(self.request, template, page, status=status)
        if self.draft.who:  # names and numbers are kept nowhere
            add_never_cache_headers(response)
        else:  # the phone's "back" comes to this page again, with what was typed into it
            patch_cache_control(response, private=True, no_cache=True, max_age=0)
        if status == 503:
            response["Retry-After"] = "2"
        return response


def _codes(request: HttpRequest) -> list[str]:
    """The services that the booking's address wishes together: ?bersama=KK,AKTA."""
    return [code for code in request.GET.get("bersama", "")[:200].split(",") if code]


def _calmest(free: list[Choice]) -> int | None:
    """The window with by far the most room, where there is one to tell of."""
    if len(free) < 3:
        return None
    first, second = sorted(free, key=lambda choice: -choice.seats_left)[:2]
    return first.id if first.seats_left > second.seats_left else None


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
