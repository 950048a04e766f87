"""Thousands of messages while the worker is killed ten times and the servers die: all arrive.

A real Celery worker, PostgreSQL and Valkey, and an SMS gateway on loopback that counts what it is
asked to send. A second copy may come of what was on its way in a worker that was killed, and of
nothing else. MESSAGES=10000 in the environment takes five times as many.
"""

import json
import os
import signal
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.faults.stage import Stage

MESSAGES, KILLS = int(os.environ.get("MESSAGES", "2000")), 10
IN_FLIGHT = 32  # notifications.rules.IN_FLIGHT; what one worker has on its way or to mark
WRITE = """
import sys, django; django.setup()
from datetime import timedelta
from django.utils import timezone
from notifications import rules
at = timezone.now()
for first in range(0, int(sys.argv[1]), 1000):
    rules.enqueue(at=at, drafts=[
        rules.Draft(
            kind="booked", phone=f"+62812{n:08d}", about=f"ticket-{n}", dedup_key=f"ticket-{n}",
            send_after=at - timedelta(minutes=1),
            context={"first_name": "Siti", "mall": "MPP", "date": "Rabu", "label": "C 037",
                     "time_range": "09.00-10.00", "link": "https://mpp.contoh.id/tiket/x/"},
        )
        for n in range(first, first + 1000)
    ])
"""
ASK_TO_SEND = """
import django; django.setup()
from mpp_portal.celery import app
app.send_task("notifications.tasks.send_due")
"""


class Gateway(ThreadingHTTPServer):
    """Takes messages and counts them by the reference that is the same at every try."""

    daemon_threads = True
    request_queue_size = 128  # who is not let in at once would find the gateway down

    def __init__(self) -> None:
        self.copies: Counter[str] = Counter()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                gateway.copies[asked["ref"]] += 1
                body = b'{"id": "%d"}' % len(gateway.copies)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class Outbox(Stage):
    """Servers of their own with a full outbox, and a worker that empties it."""

    def __init__(self, data_dir: Path, gateway: Gateway) -> None:
        url = f"http://127.0.0.1:{gateway.server_port}/"
        asked = {"url": url, "json": {"to": "{to}", "ref": "{reference}", "text": "{text}"}}
        super().__init__(
            data_dir,
            NOTIFICATION_CHANNELS="sms",
            SMS_REQUEST=json.dumps(asked),
            SMS_ANSWER=json.dumps({"id": "id"}),
            QUIET_HOURS="",
        )
        self.python("manage.py", "migrate", "-v", "0")
        self.python("-c", WRITE, str(MESSAGES))

    def start_worker(self) -> None:
        words = "-A mpp_portal --quiet worker --concurrency 1 --loglevel critical"
        self.start("worker", "-m", "celery", *words.split())

    def sender(self) -> int:
        """The process of the worker that does the work; 0 while there is none."""
        pid = self.running["worker"].pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[0]) if children else 0

    def kill_sender(self) -> None:
        os.kill(self.sender(), signal.SIGKILL)

    def time_passes(self) -> None:
        """The lease of what the dead worker held is over; nobody else is at work here."""
        self.query(
            "UPDATE notifications_message SET claimed_until = now() - interval '1 second'"
            " WHERE state = 'claimed' RETURNING id"
        )


@pytest.fixture
def gateway():
    one = Gateway()
    yield one
    one.shutdown()
    one.server_close()


@pytest.fixture
def stage(tmp_path_factory, gateway):
    one = Outbox(tmp_path_factory.mktemp("messages"), gateway)
    yield one
    one.close()


def test_every_message_arrives_and_none_twice_but_what_was_on_its_way(stage, gateway, capsys):
    stage.start_worker()
    asked = threading.Event()

    def keep_asking():
        """What the timetable does every few seconds, here without waiting."""
        import celery

        app = celery.Celery(broker=stage.servers.redis_url)
        while not asked.wait(0.2):
            try:
                with app.connection_for_write(connect_timeout=1) as line:
                    if line.default_channel.client.llen("celery") < 1:
                        app.send_task("notifications.tasks.send_due", connection=line)
            except Exception:  # noqa: BLE001, S112 - Valkey is away: the next turn asks again
                continue

    deaths = 0

    def wait_for(count):
        end = time.monotonic() + 200  # a gateway found down is left alone for a minute
        while len(gateway.copies) < count:
            assert time.monotonic() < end, f"only {len(gateway.copies)} of {count} came"
            time.sleep(0.01)

    asking = threading.Thread(target=keep_asking, daemon=True)
    asking.start()
    try:
        for kill in range(1, KILLS + 1):
            wait_for(kill * MESSAGES // (KILLS + 3))
            if kill % 5:
                stage.kill_sender()
            else:  # the whole worker
                stage.kill("worker")
                stage.start_worker()
            deaths += 1
            stage.time_passes()
        wait_for(11 * MESSAGES // (KILLS + 3))
        stage.kill_valkey()
        stage.restart_servers()
        wait_for(12 * MESSAGES // (KILLS + 3))
        stage.kill_postgres()
        stage.restart_servers()
        deaths += 1  # what had left and could not be marked
        stage.time_passes()
        wait_for(MESSAGES)
        end = time.monotonic() + 60
        while stage.query("SELECT 1 FROM notifications_message WHERE state <> 'sent' LIMIT 1"):
            assert time.monotonic() < end
            stage.time_passes()
            time.sleep(1)
    finally:
        asked.set()
        asking.join()
    twice = sum(gateway.copies.values()) - MESSAGES
    with capsys.disabled():
        most = deaths * IN_FLIGHT
        print(f"\n{MESSAGES} messages, {deaths} deaths: {twice} second copies (at most {most})")  # noqa: T201
    assert len(gateway.copies) == MESSAGES
    assert twice <= deaths * IN_FLIGHT
