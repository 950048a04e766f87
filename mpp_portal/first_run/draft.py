"""The draft of a first run, kept in the session: what was written, what is proposed, the document.

Each part of the draft is JSON: "account", "mall", "hours", "services", "queues", "counters",
"people", and "file" where a set-up of another mall was brought along. A part that hangs on an
earlier one goes when that one changes, so its proposal is made anew.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from mpp_portal.first_run import starter
from queueing.proposals import propose_account, propose_counters, propose_queues
from queueing.setup_file import FORMAT, PARTS, VERSION, written
from services.models import Holiday, Officer
from services.models.malls import RESERVED_SLUGS
from services.rules import holidays_of

Draft = dict[str, Any]
# The steps in order; with a file of another mall only those of `WITH_FILE`.
STEPS = ("account", "mall", "hours", "services", "queues", "counters", "people", "review")
WITH_FILE = ("account", "mall", "people", "review")
_HANGS_ON = {"services": ("queues", "counters", "people"), "queues": ("counters",)}
# Monday is 0; name in the form, weekdays, opens, closes, break from, break to
WEEK: tuple[tuple[str, tuple[int, ...], str, str, str, str], ...] = (
    ("week", (0, 1, 2, 3), "08:00", "15:30", "12:00", "13:00"),
    ("friday", (4,), "08:00", "15:30", "11:30", "13:00"),
    ("saturday", (5,), "", "", "", ""),
    ("sunday", (6,), "", "", "", ""),
)
LAST_TICKET_MINUTES = 30
_SMALL_WORDS = {"mal", "pelayanan", "publik", "mpp", "kabupaten", "kota"}


def steps(draft: Mapping[str, Any]) -> tuple[str, ...]:
    """The steps of this draft."""
    return WITH_FILE if draft.get("file") else STEPS


def first_open(draft: Mapping[str, Any]) -> str:
    """The first step that has not been written yet; the review when all have."""
    return next((step for step in steps(draft) if step not in draft), "review")


def put(draft: Draft, part: str, value: Any) -> None:
    """Write a part; when it changed, what hangs on it is forgotten."""
    if part in draft and draft[part] != value:
        for other in _HANGS_ON.get(part, ()):
            draft.pop(other, None)
    draft[part] = value


def slug_of(name: str) -> str:
    """An address proposed for a mall: "MPP Gajah Mada" is gajah-mada."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    kept = [word for word in words if word not in _SMALL_WORDS] or words or ["mal"]
    slug = "-".join(kept)[:40].strip("-")
    return f"mpp-{slug}" if slug in RESERVED_SLUGS else slug


# -- proposals -------------------------------------------------------------------------------------


def proposed(draft: Mapping[str, Any], part: str, *, at: dt.datetime) -> Any:
    """What a step shows the first time."""
    if part == "mall" and draft.get("file"):
        return {**draft["file"].get("mall", {}), "greeting": ""}
    makers = {
        "hours": lambda: proposed_hours(holidays(draft, at=at)),
        "services": lambda: [row["code"] for a in starter.agencies() for row in a.services],
        "queues": lambda: proposed_queues(draft),
        "counters": lambda: proposed_counters(draft),
        "people": lambda: proposed_people(draft),
    }
    return makers[part]() if part in makers else {}


def proposed_hours(days_off: Sequence[Holiday]) -> dict[str, Any]:
    return {
        "week": [
            {
                "day": name,
                "open": bool(opens),
                "opens_at": opens or "08:00",
                "closes_at": closes or "12:00",
                "break_starts_at": pause,
                "break_ends_at": resume,
            }
            for name, _weekdays, opens, closes, pause, resume in WEEK
        ],
        "last_ticket": LAST_TICKET_MINUTES,
        "holidays": [day.date.isoformat() for day in days_off],
    }


def proposed_queues(draft: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "agency": queue.agency,
            "prefix": queue.prefix,
            "name": queue.name,
            "seats_per_hour": queue.seats_per_hour,
            "online_share": queue.online_share,
        }
        for queue in propose_queues(starter.brought(set(draft["services"])))
    ]


def proposed_counters(draft: Mapping[str, Any], count: int | None = None) -> list[dict[str, Any]]:
    services = {one.code: one.services for one in starter.brought(set(draft["services"]))}
    queues = [(queue["prefix"], services[queue["agency"]]) for queue in draft["queues"]]
    return [
        {"number": n, "floor": "1", "queues": " ".join(prefixes)}
        for n, prefixes in enumerate(propose_counters(queues, count), start=1)
    ]


def proposed_people(draft: Mapping[str, Any]) -> list[dict[str, str]]:
    """The front desk, and one officer for each agency that has a queue."""
    desk = {"name": "Petugas Meja Depan 1", "role": Officer.Role.FRONT_DESK, "agency": ""}
    return [
        {**desk, "username": propose_account("", 1)},
        *(
            {
                "name": f"Petugas {code} 1",
                "username": propose_account(code, 1),
                "role": Officer.Role.COUNTER,
                "agency": code,
            }
            for code in agencies_with_queues(draft)
        ),
    ]


def agencies_with_queues(draft: Mapping[str, Any]) -> list[str]:
    """The codes of the agencies that have a queue, each once."""
    queues = draft["file"].get("queues", []) if draft.get("file") else draft["queues"]
    return list(dict.fromkeys(queue["agency"] for queue in queues))


def agency_names(draft: Mapping[str, Any]) -> dict[str, str]:
    """The names of the draft's agencies by code."""
    if draft.get("file"):
        return {row["code"]: row["name"] for row in draft["file"].get("agencies", [])}
    chosen = set(draft["services"])
    return {
        agency.code: agency.name
        for agency in starter.agencies()
        if any(row["code"] in chosen for row in agency.services)
    }


def holidays(draft: Mapping[str, Any], *, at: dt.datetime) -> list[Holiday]:
    """The public holidays from today to the end of next year."""
    today = at.astimezone(ZoneInfo(draft["mall"]["time_zone"])).date()
    days = [*holidays_of(today.year, today=today), *holidays_of(today.year + 1, today=today)]
    return [day for day in days if day.date >= today]


# -- the document ----------------------------------------------------------------------------------


def document(draft: Mapping[str, Any], *, at: dt.datetime) -> dict[str, Any]:
    """The set-up that the draft describes, as `queueing.setup_file` knows it."""
    mall = {key: value for key, value in draft["mall"].items() if key != "greeting"}
    if draft.get("file"):
        kept = draft["file"]
        greeting = draft["mall"].get("greeting")
        mall = {**kept["mall"], **mall, **({"greeting_ind": greeting} if greeting else {})}
        return {**kept, "mall": mall}
    mall["greeting_ind"] = draft["mall"].get("greeting", "")
    chosen = set(draft["services"])
    today = at.astimezone(ZoneInfo(mall["time_zone"])).date()
    off = set(draft["hours"]["holidays"])
    return {
        "format": FORMAT,
        "version": VERSION,
        "mall": mall,
        **starter.catalogue(chosen, valid_from=today.isoformat()),
        "hours": hours_rows(draft["hours"]),
        "holidays": [
            written(day, PARTS["holidays"])
            for day in holidays(draft, at=at)
            if day.date.isoformat() in off
        ],
        "queues": [
            {**queue, "services": starter.in_queue(queue["agency"], chosen)}
            for queue in draft["queues"]
        ],
        "counters": [
            {
                "number": row["number"],
                "floor": row["floor"],
                "assignments": [
                    {"queue": prefix, "position": n}
                    for n, prefix in enumerate(row["queues"].split(), start=1)
                ],
            }
            for row in draft["counters"]
        ],
    }


def hours_rows(hours: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The week's opening hours as rows, one for each weekday; midnight is 00:00."""
    days = {name: weekdays for name, weekdays, *_times in WEEK}
    return [
        {
            "agency": None,
            "weekday": weekday,
            "opens_at": row["opens_at"],
            "closes_at": row["closes_at"],
            "break_starts_at": row["break_starts_at"] or None,
            "break_ends_at": row["break_ends_at"] or None,
            "last_ticket_at": _earlier(row["closes_at"], hours["last_ticket"]),
        }
        for row in hours["week"]
        if row["open"]
        for weekday in days[row["day"]]
    ]


def _earlier(closes_at: str, minutes: int) -> str | None:
    if not minutes:
        return None
    hour, minute = map(int, closes_at.split(":"))
    left = ((hour * 60 + minute) or 24 * 60) - minutes
    return f"{left // 60:02d}:{left % 60:02d}"
