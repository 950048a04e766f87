"""Writing down what came by another channel, so that the same post is one case."""

import datetime as dt
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from complaints import channels
from complaints.models import Case
from complaints.refusals import Refusal
from complaints.rules.filing import Entry, file_case
from complaints.rules.linking import read_lapor_id
from privacy.identity import normalise_name
from privacy.index import blind
from services import permissions
from services.models import Mall

LONGEST_ACCOUNT, LONGEST_PERMALINK = 100, 500
_REPEATED_WITHIN = dt.timedelta(minutes=15)
# What shops add to an address, and what names the same house.
_TRACKING = ("utm_", "fbclid", "igsh", "gclid", "mibextid", "ref_src", "ref_url")
_SAME_HOUSE = ("www.", "m.", "mobile.", "web.", "mbasic.")
_NAMED_BY_PATH = {"x.com", "instagram.com", "tiktok.com"}  # whose posts need no question mark
_RENAMED = {"twitter.com": "x.com", "fb.com": "facebook.com"}


class Entered(NamedTuple):
    """The case; its PIN, unless the post was written down before: then "" and `known`."""

    case: Case
    pin: str
    known: bool


def enter_case(
    *,
    mall: Mall,
    channel: str,
    by: Any,
    at: dt.datetime,
    account: str = "",
    permalink: str = "",
    told_at: dt.datetime | None = None,
    lapor_id: str = "",
    request_key: str = "",
    **report: Any,
) -> Entered:
    """File what somebody said elsewhere, as `file_case` does; for the desk of the mall.

    A permalink is one case: written down again, by whomever, it gives the case that is known.
    The same officer sending the same again within 15 minutes gets the PIN again, as a reload does.
    Refuses: desk_only, bad_channel, account_too_long, bad_permalink, not_yet_told, bad_lapor_id,
    lapor_id_taken, and with the codes of `file_case`.
    """
    if not permissions.can(by, permissions.HANDLE_ALL_CASES, mall=mall):
        raise Refusal("desk_only")
    entry = _read_entry(channel, by, at, account, permalink, told_at, lapor_id)
    # Under a key of ours: nobody who knows the post can ask for its PIN by filing it themselves.
    told_as = f"link {_one_form(entry.permalink)}" if entry.permalink else f"form {request_key}"
    key = blind("case-entry", str(mall.pk), channel, told_as).hex()
    same = Case.objects.filter(request_key=blind("case-request", key))
    known = same.first()
    if known is not None and not _just_now(known, by, at):
        return Entered(known, "", known=True)
    if known is None and entry.lapor_id:
        taken = Case.objects.filter(mall=mall, lapor_id=entry.lapor_id).first()
        if taken is not None:
            return Entered(taken, "", known=True)
    wanted = key if entry.permalink or request_key else None
    try:
        filed = file_case(
            mall=mall, channel=channel, at=at, entry=entry, request_key=wanted, **report
        )
    except Refusal as refusal:
        # Said otherwise by the same officer just before, or by a colleague in this moment.
        if refusal.code != "request_reused" or (known := same.first()) is None:
            raise
        return Entered(known, "", known=True)
    if filed.case.entered_by_id != by.pk:
        return Entered(filed.case, "", known=True)
    return Entered(filed.case, filed.pin, known=False)


def _just_now(case: Case, by: Any, at: dt.datetime) -> bool:
    return case.entered_by_id == by.pk and at - case.received_at < _REPEATED_WITHIN


def _read_entry(
    channel: str,
    by: Any,
    at: dt.datetime,
    account: str,
    permalink: str,
    told_at: dt.datetime | None,
    lapor_id: str,
) -> Entry:
    """Bring what stands beside the words into one shape, or refuse with each field to mend."""
    problems: dict[str, Refusal] = {}
    if channel not in channels.entered():
        problems["channel"] = Refusal("bad_channel")
    account, permalink = normalise_name(account), permalink.strip()
    if len(account) > LONGEST_ACCOUNT:
        problems["account"] = Refusal("account_too_long", limit=LONGEST_ACCOUNT)
    if permalink and not _is_link(permalink):
        problems["permalink"] = Refusal("bad_permalink", limit=LONGEST_PERMALINK)
    if told_at is not None and told_at > at:
        problems["told_at"] = Refusal("not_yet_told")
    if lapor_id.strip():
        try:
            lapor_id = read_lapor_id(lapor_id)
        except Refusal as refusal:
            problems["lapor_id"] = refusal
    if problems:
        first = next(iter(problems.values()))
        messages = {field: refusal.message for field, refusal in problems.items()}
        raise Refusal(first.code, fields=messages, **first.context)
    return Entry(by, account, permalink, told_at, lapor_id.strip())


def _is_link(text: str) -> bool:
    """Whether this is an address on the web that a browser opens and nothing else."""
    if len(text) > LONGEST_PERMALINK or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and "." in (parts.hostname or "")
    except ValueError:
        return False


def _one_form(permalink: str) -> str:
    """The same for every way to write the address of one post."""
    parts = urlsplit(permalink)
    host = parts.hostname or ""
    for prefix in _SAME_HOUSE:
        host = host.removeprefix(prefix)
    host = _RENAMED.get(host, host)
    if host in _NAMED_BY_PATH:
        return host + parts.path.rstrip("/")
    asked = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not name.lower().startswith(_TRACKING)
    ]
    return f"{host}{parts.path.rstrip('/')}?{urlencode(sorted(asked))}"
