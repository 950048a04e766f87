"""What the pages' templates need: icons, numbers, times of the mall, rupiah."""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from services import directory
from services.models import Mall, ServiceType

register = template.Library()
MOST_BRICKS, MOST_AHEAD = 12, 8  # what a phone's width holds, with "you" and without


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, classes: str = "") -> SafeString:
    """A symbol of the sprite, hidden from readers: words stand beside it."""
    return format_html(
        '<svg class="m-i {}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        classes,
        static("icons.svg"),
        name,
    )


@register.simple_tag
def code(label: str, classes: str = "") -> SafeString:
    """A ticket's label drawn as the badge of its queue and the number."""
    prefix, _space, number = label.partition(" ")
    return format_html(
        '<span class="m-code {}"><b>{}</b> <span>{}</span></span>', classes, prefix, number
    )


@register.simple_tag
def bricks(count: int, you: bool = False, most: int = 0) -> SafeString:
    """One brick for each person who waits; past `most` a figure says how many more."""
    text = ngettext("%(n)d orang menunggu", "%(n)d orang menunggu", count) % {"n": count}
    if you:
        text = ngettext("%(n)d orang di depan Anda", "%(n)d orang di depan Anda", count) % {
            "n": count
        }
    shown = min(count, most or (MOST_AHEAD if you else MOST_BRICKS))
    row = "<i></i>" * shown
    if count > shown:
        row += f"<em>+{count - shown}</em>"
    if you:
        row += format_html('<i class="is-you"></i><em>{}</em>', _("Anda"))
    return format_html(
        '<span class="m-row" role="img" aria-label="{}">{}</span>',
        text,
        mark_safe(row),  # noqa: S308 - made of figures above
    )


@register.simple_tag(takes_context=True)
def way_out(context: template.Context) -> str:
    """The address of the mall's home, or of all malls where the page belongs to none."""
    mall = context.get("mall")
    match = getattr(context.get("request"), "resolver_match", None)
    slug = mall.slug if mall else match.kwargs.get("mall") if match else None
    return f"/{slug}/" if slug else "/"


@register.filter
def clock(moment: dt.datetime | None, mall: Mall) -> str:
    """The time of day in the mall's zone: 09.30, in English 09:30."""
    if moment is None:
        return ""
    local = moment.astimezone(mall.zone)
    return f"{local:%H:%M}" if get_language() == "en" else f"{local:%H.%M}"


@register.filter
def until(moment: dt.datetime, mall: Mall) -> str:
    """The end of something as a time of day: what lasts until midnight ends at 24.00."""
    time = clock(moment, mall)
    return f"24{time[2:]}" if time[:2] + time[3:] == "0000" else time


@register.filter
def span(stretch: object, mall: Mall) -> str:
    """From when to when: 09.00–10.00."""
    return f"{clock(stretch.starts_at, mall)}–{until(stretch.ends_at, mall)}"  # type: ignore[attr-defined]


@register.filter
def minute_of_day(minute: int) -> str:
    """Minutes since midnight as a time of day."""
    separator = ":" if get_language() == "en" else "."
    return f"{minute // 60:02d}{separator}{minute % 60:02d}"


@register.simple_tag
def opening(opens_at: dt.datetime, at: dt.datetime, mall: Mall) -> str:
    """When a place opens, seen from `at`: today's time alone, within the week its day as well."""
    date, time = mall.date_at(opens_at), clock(opens_at, mall)
    days = (date - mall.date_at(at)).days
    return time if not days else format_date(date, "l" if days < 7 else "j F") + " " + time


@register.filter
def day(date: dt.date) -> str:
    """A date in words: Rabu, 25 November 2026."""
    return format_date(date, "l, j F Y")


@register.filter
def short_day(date: dt.date) -> str:
    """A date in words without its year: Rabu, 25 November."""
    return format_date(date, "l, j F")


@register.filter
def short_name(service: ServiceType) -> str:
    """What people call a service, where there is little room."""
    return directory.short_name(service)


@register.filter
def ranges(numbers: Iterable[int]) -> str:
    """Numbers as people write them: 3, 5–7, 9."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = [f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    return ", ".join(parts)


@register.filter
def rupiah(amount: int) -> str:
    """Money: Rp1.250.000."""
    return "Rp" + f"{amount:,}".replace(",", ".")


@register.filter
def spaced(short_code: str) -> str:
    """A short code in two parts, easier to read aloud: 7K4 M2P."""
    return f"{short_code[:3]} {short_code[3:]}"


@register.filter
def minutes(seconds: int | None) -> str:
    """Seconds as whole minutes, rounded half up; "–" where nothing was measured."""
    return "–" if seconds is None else str((seconds + 30) // 60)


@register.filter
def minutes_in_words(seconds: int) -> str:
    """Seconds as whole minutes with their word, rounded half up."""
    whole = (seconds + 30) // 60
    if not whole:
        return _("kurang dari 1 menit")
    return ngettext("%(n)d menit", "%(n)d menit", whole) % {"n": whole}


@register.filter
def percent(share: float | None) -> str:
    """A share of 0 to 1 as whole per cent."""
    return "–" if share is None else str(round(share * 100))
