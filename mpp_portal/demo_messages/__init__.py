"""The demo's catcher: it keeps every message that the demo sends; /demo/pesan/ shows them.

A process of `make demo` alone, on the loopback: an SMTP server and an SMS gateway. Nothing of it
exists elsewhere; production refuses it.
"""

import json

from mpp_portal.ports import HOST


def environment(*, smtp_port: int, sms_port: int, push: bool) -> dict[str, str]:
    """Variables for every process of the demo; they go before those of a `.env` file.

    The hall of the demo is open at any hour, so there is no night; and who tries everything in one
    day is not silenced. `push`: there are keys for notifications in browsers.
    """
    words = {"to": "{to}", "text": "{text}", "reference": "{reference}"}
    return {
        "DEMO_CATCHES_MESSAGES": "1",
        "NOTIFICATION_CHANNELS": "push,email,sms" if push else "email,sms",
        "EMAIL_URL": f"smtp://{HOST}:{smtp_port}",
        "SMS_REQUEST": json.dumps({"url": f"http://{HOST}:{sms_port}/kirim", "json": words}),
        "SMS_ANSWER": json.dumps({"value": "status", "accepted": ["accepted"], "id": "id"}),
        "QUIET_HOURS": "",
        "MESSAGES_PER_PERSON_AND_DAY": "100",
    }
