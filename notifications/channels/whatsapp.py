"""WhatsApp by the Cloud API (WHATSAPP_*): one template for each kind of message, kept at Meta."""

import json
from typing import Any

from django.conf import settings

from notifications.channels.base import Accepted, Outgoing, Report, SendFailed, channel
from notifications.channels.http import exchange, refused, retry_after_s

PAUSE_S = 60.0  # where a limit was met and nobody says for how long
LONG_PAUSE_S = 900.0  # too many people blocked us: the limit is counted over hours
MOST_LETTERS = 700  # of one word: a whole body may have 1024
_EMPTY = "-"  # an empty word is refused
# Error codes as published ("Error codes" of the WhatsApp Business Platform).
LIMITS = {4: PAUSE_S, 80007: PAUSE_S, 130429: PAUSE_S, 131048: LONG_PAUSE_S}
# Log-in, permission, account, our own number, billing: no message gets through until it is mended.
OURS = {0, 3, 10, 33, 190, 368, 131005, 131031, 131037, 131042, 131045, 131057, *range(200, 300)}
OURS |= set(range(133000, 133017))
LATER = {1, 2, 131000, 131016, 133004}
TOO_OFTEN = 131056  # to this one person
_OUTCOMES = {"delivered": "delivered", "read": "read", "failed": "undelivered"}
INVALID, NO_SUCH_OBJECT = 100, 33  # the second as subcode: WHATSAPP_PHONE_ID is not ours


@channel("whatsapp", parts=("parameters",))
def send(message: Outgoing) -> Accepted:
    """Send the template of this kind with the words of this message."""
    if not (settings.WHATSAPP_TOKEN and settings.WHATSAPP_PHONE_ID):
        raise SendFailed("not_configured", down=True)
    status, headers, body = exchange(
        "POST",
        f"{settings.WHATSAPP_URL}/{settings.WHATSAPP_PHONE_ID}/messages",
        headers={"Authorization": f"Bearer {settings.WHATSAPP_TOKEN}"},
        json={
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": message.address.lstrip("+"),
            "type": "template",
            "template": {
                "name": f"{settings.WHATSAPP_TEMPLATE_PREFIX}{message.kind}",
                "language": {"code": message.language},
                "components": _components(message),
            },
            "biz_opaque_callback_data": message.reference,  # comes back with every report
        },
    )
    told = _read(body)
    error = told.get("error")
    if error or status >= 400:
        raise failure(status, headers, error if isinstance(error, dict) else {})
    if unusual := refused(status, headers):
        raise unusual
    if not (provider_id := _id(told)):
        raise SendFailed("no_message_id", may_have_left=True)
    return Accepted(provider_id)


def _components(message: Outgoing) -> list[dict[str, Any]]:
    """The words in their order; of a one-time code only itself, and the button that copies it."""
    words = message.parameters
    if message.kind != "code":
        return [{"type": "body", "parameters": [_word(word) for word in words]}] if words else []
    secret = next((word for word in words if word.isdecimal()), "")
    if not secret:
        raise SendFailed("no_code", permanent=True)
    copied: dict[str, Any] = {"type": "button", "sub_type": "url", "index": "0"}
    return [
        {"type": "body", "parameters": [_word(secret)]},
        {**copied, "parameters": [_word(secret)]},
    ]


def _word(text: str) -> dict[str, str]:
    """One line without wide gaps: others are refused."""
    return {"type": "text", "text": " ".join(text.split())[:MOST_LETTERS] or _EMPTY}


def _read(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _id(told: dict[str, Any]) -> str:
    messages = told.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    found = first.get("id") if isinstance(first, dict) else None
    return found if isinstance(found, str) else ""


def failure(status: int, headers: dict[str, str], error: dict[str, Any]) -> SendFailed:
    """What an error object means for this message, its address and the whole channel."""
    code, subcode = error.get("code"), error.get("error_subcode")
    if not isinstance(code, int):
        return _by_status(status, headers)
    named = f"wa_{code}"
    if code in LIMITS:
        wait = retry_after_s(headers) or _regained_s(headers) or LIMITS[code]
        return SendFailed(named, down=True, retry_after_s=wait)
    if code == TOO_OFTEN:
        return SendFailed(named, retry_after_s=retry_after_s(headers) or PAUSE_S)
    if code in LATER or error.get("is_transient") is True:
        return SendFailed(named)
    if code in OURS or (code == INVALID and subcode == NO_SUCH_OBJECT) or status in (401, 403):
        return SendFailed(named, down=True)
    if status == 429 or status >= 500:
        return SendFailed(named, down=status in (429, 503), retry_after_s=retry_after_s(headers))
    return SendFailed(named, permanent=True)  # the address, the template or its words


def _by_status(status: int, headers: dict[str, str]) -> SendFailed:
    """Without an error object: a gate in front of Meta's, or somebody else's address."""
    return refused(status, headers) or SendFailed(f"http_{status}", down=True)


def _regained_s(headers: dict[str, str]) -> float | None:
    """When the account may go on, where Meta says it (minutes, in its header of usage)."""
    minutes = [
        use.get("estimated_time_to_regain_access")
        for uses in _read(headers.get("x-business-use-case-usage", "").encode()).values()
        if isinstance(uses, list)
        for use in uses
        if isinstance(use, dict)
    ]
    return max((60.0 * n for n in minutes if isinstance(n, int) and n > 0), default=None)


def reports(told: Any) -> list[Report]:
    """The statuses in what the webhook was sent, in the published shape; ValueError for others.

    "sent" says nothing new, and what people write to us is passed over.
    """
    try:
        if told["object"] != "whatsapp_business_account":
            raise ValueError("no delivery of WhatsApp")
        statuses = [
            status
            for entry in told["entry"]
            for change in entry["changes"]
            if change["field"] == "messages"
            for status in change["value"].get("statuses", ())
        ]
        return [
            Report(
                _text(status["id"]),
                _OUTCOMES[status["status"]],
                _code_of(status.get("errors", ())),
                _text(status.get("biz_opaque_callback_data", "")),
            )
            for status in statuses
            if _text(status["status"]) in _OUTCOMES
        ]
    except (TypeError, KeyError, AttributeError):
        raise ValueError("no delivery of WhatsApp") from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("no text")
    return value


def _code_of(errors: Any) -> str:
    """The first error's; "" where there is none."""
    code = next((error["code"] for error in errors), None)
    return f"wa_{code}" if isinstance(code, int) else ""
