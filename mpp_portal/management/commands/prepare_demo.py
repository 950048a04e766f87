"""Prepares the demo: its mall, its past, today so far, the quiet queue, and DATA_DIR/demo.json."""

import datetime as dt
import json
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.rules import issue_token, revoke_token
from mpp_portal.embedded_processes import write_private
from mpp_portal.rehearsal import cases, devices, history, house, today
from queueing import statistics
from services.models import Mall, Officer

TOKEN_NAME = "demo"  # noqa: S105


class Command(BaseCommand):
    help = "Prepare the demo mall; safe to repeat. Refuses a mall that is not a rehearsal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=90, help="days of history")
        parser.add_argument("--visits", type=int, default=240, help="visits on an average day")

    def handle(self, *, days: int, visits: int, **options: Any) -> None:
        house.refuse_in_production()
        at = timezone.now()
        started = time.monotonic()
        with connection.cursor() as cursor:  # nobody is given a number here; all can be repeated
            cursor.execute("SET synchronous_commit = off")
        mall = house.build(at=at)
        house.choose_zone(mall, at=at)
        house.close_past_days(mall, at=at)
        began_at = house.open_today(mall, at=at)
        self._say("the mall stands", started)
        if tickets := history.write(mall=mall, days=days, visits=visits, at=at):
            self._say(f"{tickets} tickets of the past", started)
        today.catch_up(mall, began_at=began_at, at=at, visits=visits)
        house.fill_quiet(mall, at=at)
        statistics.roll_up(mall=mall, date=mall.date_at(at))
        asked = cases.play(mall, at=at)
        written = {**card(mall, at=at), "case": {"number": asked.case.number, "pin": asked.pin}}
        write_private(settings.DATA_DIR / "demo.json", json.dumps(written, indent=1))
        self._say("today is under way", started)

    def _say(self, what: str, started: float) -> None:
        self.stdout.write(f"{what} ({time.monotonic() - started:.1f} s)")


def card(mall: Mall, *, at: dt.datetime) -> dict[str, Any]:
    """Who may log in, with fresh tokens, and which counters and officers are left alone."""
    quiet = house.quiet(mall)
    offices: dict[int, Officer] = {}
    for office in Officer.objects.filter(mall=mall).select_related("agency").order_by("pk"):
        offices.setdefault(office.user_id, office)
    for token in ApiToken.objects.filter(
        name=TOKEN_NAME, revoked_at=None, user__email__endswith=f"@{house.MAIL_DOMAIN}"
    ):
        revoke_token(token=token, at=at)
    users = []
    people = User.objects.filter(email__endswith=f"@{house.MAIL_DOMAIN}", is_active=True)
    for user in people.order_by("pk"):
        office = offices.get(user.pk)
        users.append(
            {
                "username": user.username,
                "password": house.PASSWORD,
                "pin": house.PIN if user.pin else "",
                "role": office.role if office else "superuser",
                "agency": office.agency.code if office and office.agency else "",
                "api_token": issue_token(user=user, name=TOKEN_NAME, at=at),
            }
        )
    return {
        "base_url": settings.BASE_URL,
        "live_url": settings.LIVE_URL,
        "users": users,
        "devices": devices.arrange(mall, at=timezone.now()),
        "quiet": {
            "queue": quiet.queue.prefix,
            "counters": [counter.pk for counter in quiet.counters],
            "officers": [officer.username for officer in quiet.officers],
        },
    }
