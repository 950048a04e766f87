"""kill -9 of web, worker, PostgreSQL and Valkey: what was acknowledged is still there afterwards.

Real processes on servers of their own: granian with the API, a Celery worker, clients that repeat a
request with the same Idempotency-Key until it is answered, as a phone on a bad line does.
"""

import http.client
import json
import threading
import time
from pathlib import Path

import pytest

from tests.faults.stage import Stage

CLIENTS, EACH = 4, 25
BUILD = """
import django; django.setup()
import datetime as dt
from django.utils import timezone
from queueing import rules
from queueing.models import Queue, Window
from tests.house import build_house
house = build_house(seats_per_hour=40)
for queue in Queue.objects.all():
    queue.online_share = 90
    queue.save()
Window.objects.all().delete()
from queueing.models import QueueDay
QueueDay.objects.all().delete()
rules.materialise(queues=list(Queue.objects.select_related("mall", "agency")), at=timezone.now())
later = timezone.now() + dt.timedelta(days=2)
first = Window.objects.filter(queue=house.queues["C"], starts_at__gt=later)
print(*first.order_by("starts_at").values_list("pk", flat=True)[:12])
"""
SEND = """
import sys, django; django.setup()
from datetime import timedelta
from django.utils import timezone
from notifications import rules
for _turn in range(int(sys.argv[3])):
    rules.send_due(at=timezone.now() + timedelta(seconds=int(sys.argv[1])), limit=int(sys.argv[2]))
"""


class Numbers(Stage):
    """The small mall with an API that gives numbers."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir, CONTACT_TICKETS_PER_DAY="1000", QUIET_HOURS="")
        self.python("manage.py", "migrate", "-v", "0")
        self.windows = [int(pk) for pk in self.run(BUILD).split()]
        options = f"--interface wsgi --host 127.0.0.1 --port {self.port} --workers 1"
        options += " --blocking-threads 4 --no-access-log --log-level critical"
        self.start("web", "-m", "granian", *options.split(), "mpp_portal.wsgi:application")

    def ask(self, path: str, body: dict, key: str) -> dict | None:
        """The answer's body when it was acknowledged, None when it must be asked again."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            line.request(
                "POST",
                path,
                json.dumps(body),
                {"Content-Type": "application/json", "Idempotency-Key": key},
            )
            answer = line.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            line.close()
        if answer.status >= 500:
            return None
        assert answer.status == 201, text
        return json.loads(text)


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    one = Numbers(tmp_path_factory.mktemp("faults"))
    yield one
    one.close()


def test_numbers_survive_the_death_of_web_database_and_redis(stage):
    acknowledged: dict[str, dict] = {}

    def client(number: int) -> None:
        for i in range(EACH):
            key = f"client-{number}-{i}"
            body = {
                "mall": "gajah-mada",
                "name": f"Warga {number} {i}",
                "phone": f"0812{number:02d}{i:05d}",
                "tickets": [
                    {"service": "KTP", "window": stage.windows[(i + number) % len(stage.windows)]}
                ],
            }
            deadline = time.monotonic() + 60
            while key not in acknowledged and time.monotonic() < deadline:
                if answer := stage.ask("/api/v1/visits", body, key):
                    acknowledged[key] = answer
                else:
                    time.sleep(0.05)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()

    def wait_for(count: int) -> None:
        deadline = time.monotonic() + 60
        while len(acknowledged) < count and time.monotonic() < deadline:
            time.sleep(0.01)

    wait_for(15)
    stage.kill("web")
    stage.start("web")
    wait_for(40)
    stage.kill_postgres()
    stage.restart_servers()
    wait_for(65)
    stage.kill_valkey()
    wait_for(75)  # Redis being away keeps nobody from a number
    stage.restart_servers()
    for thread in threads:
        thread.join(timeout=90)

    assert len(acknowledged) == CLIENTS * EACH
    kept = dict(
        stage.query(
            "SELECT v.token, t.label FROM queueing_ticket t"
            " JOIN queueing_visit v ON v.id = t.visit_id"
        )
    )
    told = {a["token"]: a["tickets"][0]["label"] for a in acknowledged.values()}
    assert kept == told  # each once: none lost, none doubled by a repeat
    wrong = stage.query(
        "SELECT w.id FROM queueing_window w WHERE w.taken <>"
        " (SELECT count(*) FROM queueing_ticket t WHERE t.window_id = w.id AND t.seat <> '')"
    )
    assert wrong == []
    reminders = stage.query(
        "SELECT count(DISTINCT about) FROM notifications_message WHERE kind = 'reminder_hours'"
    )
    assert reminders == [(CLIENTS * EACH,)]


def test_reminders_survive_the_death_of_the_worker(stage):
    stage.query("UPDATE notifications_message SET send_after = now() RETURNING id")
    total = stage.query("SELECT count(*) FROM notifications_message")[0][0]
    options = f"worker --concurrency 2 --loglevel critical --beat --schedule {stage.data_dir}/beat"
    stage.start("worker", "-m", "celery", "-A", "mpp_portal", *options.split())
    try:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            if stage.query(
                "SELECT 1 FROM notifications_message WHERE state IN ('claimed', 'sent')"
            ):
                break
            time.sleep(0.01)
    finally:
        stage.kill("worker")
    states = dict(stage.query("SELECT state, count(*) FROM notifications_message GROUP BY 1"))
    assert states.get("claimed", 0) + states.get("sent", 0), "the worker did nothing"
    # the next worker, when the dead one's lease is over
    stage.run(SEND, "61", "200", str(total // 100 + 2))
    assert stage.query("SELECT state, count(*) FROM notifications_message GROUP BY 1") == [
        ("sent", total)
    ]


def test_a_complaint_survives_the_death_of_the_database(stage):
    body = {"mall": "gajah-mada", "kind": "complaint", "subject": "Antre", "text": "Lama sekali."}
    tries = (stage.ask("/api/v1/complaints", body, "complaint-1") for _try in range(100))
    answer = next(answer for answer in tries if answer)
    stage.kill_postgres()
    stage.restart_servers()
    assert stage.query("SELECT number FROM complaints_case") == [(answer["number"],)]
