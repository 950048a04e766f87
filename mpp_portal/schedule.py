"""The timetable of beat, in code. Every task may run twice, late, or be killed without harm.

Times are UTC; what belongs to a mall's day asks the mall's own zone.
"""

from celery.schedules import crontab

TIMETABLE = {
    "windows ahead": {"task": "queueing.tasks.make_windows", "schedule": crontab(minute="7,37")},
    "who never came": {"task": "queueing.tasks.mark_no_shows", "schedule": 60.0},
    "kept places nobody confirmed": {"task": "queueing.tasks.expire_kept", "schedule": 300.0},
    "freed seats to the next": {"task": "queueing.tasks.pass_on_freed_seats", "schedule": 30.0},
    "papers that never came out": {"task": "queueing.tasks.expire_unprinted", "schedule": 30.0},
    "kiosks' printers": {"task": "queueing.tasks.look_at_printers", "schedule": 60.0},
    "waits as they were told": {"task": "queueing.tasks.keep_estimates", "schedule": 60.0},
    "days that are over": {"task": "queueing.tasks.close_past_days", "schedule": 300.0},
    "called, and almost there": {"task": "queueing.tasks.tell", "schedule": 5.0},
    "messages that are due": {"task": "notifications.tasks.send_due", "schedule": 5.0},
    "letters to the staff": {
        "task": "queueing.tasks.write_digests",
        "schedule": crontab(minute="2,32"),
    },
    "how it was": {"task": "queueing.tasks.ask_how_it_was", "schedule": 60.0},
    "figures of yesterday": {
        "task": "queueing.tasks.roll_up_yesterday",
        "schedule": crontab(minute="12"),
    },
    "figures of today": {"task": "queueing.tasks.roll_up_today", "schedule": 300.0},
    "cases nobody replied to": {
        "task": "complaints.tasks.close_unanswered",
        "schedule": crontab(minute="42"),
    },
    "cases whose date has passed": {
        "task": "complaints.tasks.raise_overdue",
        "schedule": crontab(minute="52"),
    },
    "files without a case": {
        "task": "complaints.tasks.sweep_files",
        "schedule": crontab(hour="19", minute="33"),
    },
    "personal data past its time": {
        "task": "privacy.tasks.erase_expired",
        "schedule": crontab(hour="18", minute="41"),
    },
    "answers kept for repeats": {
        "task": "mpp_portal.tasks.forget_old_keys",
        "schedule": crontab(minute="23"),
    },
}
# A task that waited longer than its own rhythm is pointless: the next one does its work.
for entry in TIMETABLE.values():
    seconds = entry["schedule"]
    entry["options"] = {"expires": seconds if isinstance(seconds, float) else 1800.0}
