"""A marked person goes all the way through; then every place is searched that nobody should read.

Where personal data may stand in the database is said here and in `personal_data` (the inventory);
after the erasers have run it stands nowhere.
"""

import datetime as dt
import json
import logging
from typing import Any

import pytest
import redis
import structlog
from django.conf import settings as site
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from accounts.rules import issue_token
from mpp_portal import embedded, embedded_postgres
from mpp_portal.celery import app
from notifications.rules import send_due
from privacy import erasure
from privacy.rules import erase_expired
from queueing import live, rules, statistics
from queueing.hall import hall_code
from queueing.models import Ticket, Visit
from tests.house import TODAY, House, at

NAME = "Zulaikhasa Penandawati"
PERSON = {
    "name": NAME,
    "phone": "0812-9998-8877",
    "nik": "3576014411990077",
    "email": "penanda.zp@contoh.id",
}
MARKERS = ("Zulaikhasa", "Penandawati", "81299988877", "3576014411990077", "penanda.zp")
# Personal data in the clear: the name as it is called out, and the first name in a waiting message.
IN_THE_CLEAR = {
    ("queueing_visit", "name"): ("visits", "name"),
    ("notifications_message", "context"): ("notifications.Message", "first name"),
}


class Ears(logging.Handler):
    """Hears every line of every logger, whatever its level."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.written: list[str] = []
        self.structured: list[Any] = []

    @property
    def lines(self) -> list[str]:
        return self.written + [str(line) for line in self.structured]

    def emit(self, record: logging.LogRecord) -> None:
        error = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
        self.written.append(f"{record.name} {record.getMessage()} {record.__dict__} {error}")


@pytest.fixture
def ears():
    """Log output of the journey: loggers at DEBUG, and structlog's own lines."""
    ears = Ears()
    loggers = [logging.getLogger(), *map(logging.getLogger, (*_apps(), "celery"))]
    before = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(ears)
    with structlog.testing.capture_logs() as ears.structured:
        yield ears
    logging.getLogger().removeHandler(ears)
    for logger, level in before:
        logger.setLevel(level)


@pytest.fixture
def redis_server(open_house):
    """The tests' Redis, empty of Celery's queue before and after."""
    client = redis.Redis.from_url(site.REDIS_URL)
    client.delete("celery")
    yield client
    client.delete("celery")


def _apps() -> list[str]:
    return [name for name in site.INSTALLED_APPS if "." not in name]


def marked(text: str | bytes) -> list[str]:
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    return [marker for marker in MARKERS if marker in text]


def api(method: str, path: str, body: Any = None, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Client(raise_request_exception=False).generic(
        method,
        f"/api/v1{path}",
        b"" if body is None else json.dumps(body).encode(),
        content_type="application/json",
        headers=headers,
    )


def journey(house: House, clock: Any, settings: Any) -> dict[str, Any]:
    """Book by API and by page, cancel one, be reminded, check in, be called, served and counted."""
    clock.move_to(at(10, days=-2))
    settings.NOTIFICATION_CHANNELS = ["email", "console"]
    wish = [{"service": "KTP", "window": house.window("C", 9).pk}]
    booked = api("POST", "/visits", {"mall": "gajah-mada", **PERSON, "tickets": wish}).json()
    settings.NOTIFICATION_CHANNELS = ["console"]
    page = Client().post("/gajah-mada/antrean/PBB/", by_page("PBB", house.window("T", 10).pk))
    assert page.status_code == 302, page.content.decode()[-3000:]
    other = Visit.objects.exclude(token=booked["token"]).get()
    assert api("POST", f"/visits/{other.token}/cancel").status_code == 200
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody answers there
    send_due(at=at(10, 1, days=-2))
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    send_due(at=at(16, 1, days=-1))
    send_due(at=at(7, 1))
    stranger = house.book("KK", 10, name="Orang Lain", now=at(8)).visit.token
    clock.move_to(at(8, 45))
    code = hall_code(mall_id=house.mall.pk, at=at(8, 45))
    present = api("POST", f"/visits/{booked['token']}/check-in", {"hall_code": code})
    assert present.json()["tickets"][0]["state"] == "waiting"
    clock.move_to(at(9))
    token = issue_token(user=house.people["officer"], name="uji", at=at(7))
    counter = f"/counters/{house.counters[1].pk}"
    api("POST", f"{counter}/open", token=token)
    called = api("POST", f"{counter}/call-next", token=token)
    seen = outsiders_see(house, stranger)
    api("POST", f"{counter}/start", token=token)
    ended = api("POST", f"{counter}/end", {"outcome": "served"}, token=token)
    assert ended.json()["state"] == "done"
    statistics.roll_up(mall=house.mall, date=TODAY)
    return {
        "officer": called.content + ended.content,
        "outsiders": seen | outsiders_see(house, stranger),
        "token": booked["token"],
    }


def by_page(service: str, window: int) -> dict[str, str]:
    """The last step of the booking page, as its hidden fields send it."""
    return {"aksi": "kirim", "pilihan": f"{service}:{window}", "kunci": "k" * 20, **PERSON}


def outsiders_see(house: House, other_token: str) -> dict[str, bytes]:
    """Every page and answer that somebody else can open, by its address and reader."""
    public = [
        "/",
        "/sehat/",
        "/gajah-mada/",
        "/gajah-mada/layar/",
        "/gajah-mada/layanan/KTP/",
        "/gajah-mada/bantuan/",
        f"/tiket/{other_token}/",
        "/api/v1/malls/gajah-mada/board",
        "/api/v1/malls/gajah-mada/services",
        "/api/v1/malls/gajah-mada/services/KTP/windows",
        "/api/v1/malls/gajah-mada/statistics",
        "/api/v1/malls/gajah-mada/statistics?format=csv",
        f"/api/v1/visits/{other_token}",
    ]
    seen = {path: Client().get(path, follow=True).content for path in public}
    for who in ("colleague", "foreign_officer", "manager", "front_desk", "leader"):
        token = issue_token(user=house.people[who], name="uji", at=at(7))
        seen[f"{who} counters"] = api("GET", "/counters", token=token).content
    for who in ("head", "leader", "manager"):
        client = Client()
        client.force_login(house.people[who])
        seen[f"{who} /dasbor/"] = client.get("/dasbor/").content
    return seen


@pytest.fixture
def listened(open_house, redis_server):
    """What was told to the live process during the test."""
    ear = redis_server.pubsub()
    ear.subscribe(live.channel())
    ear.get_message(timeout=1)

    def told() -> list[bytes]:
        messages = iter(lambda: ear.get_message(timeout=0.2), None)
        return [message["data"] for message in messages if message["type"] == "message"]

    yield told
    ear.close()


def test_a_marked_person_is_found_nowhere_else(
    open_house, time_machine, settings, ears, redis_server, listened, capfd, mailoutbox
):
    seen = journey(open_house, time_machine, settings)
    assert Ticket.objects.filter(state="done").count() == 1

    for where, content in seen["outsiders"].items():
        assert content, f"{where} is empty: nothing was looked at"
        assert not marked(content), f"{where} shows {marked(content)}"
        assert seen["token"].encode() not in content, f"{where} shows the token"
    assert set(marked(seen["officer"])) == {"Zulaikhasa", "Penandawati"}  # the name, to greet
    assert seen["token"].encode() not in seen["officer"]

    changes = listened()
    assert len(changes) >= 3
    assert not [change for change in changes if marked(change)]

    for entry in ("send_due", "erase_expired"):
        app.send_task(f"notifications.tasks.{entry}")
    stored = everything_in(redis_server)
    assert any(key == b"celery" for key, _value in stored)
    for key, value in stored:
        assert not marked(key + value), f"Redis: {key!r} holds {marked(key + value)}"

    out, err = capfd.readouterr()
    for line in [*ears.lines, *out.splitlines(), *err.splitlines()]:
        assert not marked(line), f"a log line holds {marked(line)}"
        assert seen["token"] not in line, "a log line holds a visit's token"
    assert any("<mall:mall>/layar/" in line for line in ears.lines)  # the access log was heard
    assert {to for mail in mailoutbox for to in mail.to} == {PERSON["email"]}
    assert any("not sent: unreachable" in line for line in ears.lines)


def test_in_the_database_it_stands_where_the_inventory_says(open_house, time_machine, settings):
    journey(open_house, time_machine, settings)
    inventory = {holding.name: holding.holds for holding in erasure.inventory()}
    for (table, column), (name, word) in IN_THE_CLEAR.items():
        assert word in inventory[name], f"{table}.{column} is not in the inventory"
    assert columns_with_markers() == set(IN_THE_CLEAR)

    time_machine.move_to(at(9, days=1))
    send_due(at=at(9, days=1))
    erase_expired(at=at(9, days=800))
    assert columns_with_markers() == set()
    assert not Ticket.objects.exclude(person_key=None).exists()
    assert not Visit.objects.exclude(contact_key=None).exists()


def test_an_error_page_shows_nothing_of_what_was_sent(
    open_house, time_machine, ears, monkeypatch, capfd
):
    def crash(**_: Any) -> None:
        raise RuntimeError(f"crashed for {NAME}")

    time_machine.move_to(at(7, 30))
    monkeypatch.setattr("queueing.rules.book", crash)
    monkeypatch.setattr("queueing.views.find.search", crash)
    monkeypatch.setattr("queueing.views.booking.rules.book", crash)
    window = open_house.window("C", 9).pk
    wish = {"tickets": [{"service": "KTP", "window": window}]}
    answers = [
        api("POST", "/visits", {"mall": "gajah-mada", **PERSON, **wish}),
        Client(raise_request_exception=False).get(f"/gajah-mada/cari/?q={NAME}"),
        Client(raise_request_exception=False).post(
            "/gajah-mada/antrean/KTP/",
            by_page("KTP", window),
        ),
    ]
    assert [answer.status_code for answer in answers] == [500, 500, 500]
    assert answers[0].json()["code"] == "failed"
    for answer in answers:
        assert not marked(answer.content)
    out, err = capfd.readouterr()
    assert not marked("\n".join(ears.lines) + out + err)


def test_what_was_wrong_is_not_echoed(open_house, time_machine):
    time_machine.move_to(at(7, 30))
    for change in ({"phone": NAME}, {"email": NAME}, {"nik": NAME}, {"tickets": NAME}):
        answer = api("POST", "/visits", {"mall": "gajah-mada", **PERSON, "tickets": [], **change})
        assert answer.status_code == 422
        assert not marked(answer.content)


def test_postgresqls_own_log_keeps_no_statement(open_house):
    """Its errors quote rows and statements; the embedded server is told to write none."""
    servers = embedded.running(embedded.data_dir())
    port = site.DATABASES["default"]["PORT"]
    if not servers.postgres_pid or f":{port}/" not in servers.database_url:
        pytest.skip("the database is not the embedded one")
    visit = rules.book(
        mall=open_house.mall,
        wishes=[rules.Wish("KTP", open_house.window("C", 9).pk)],
        at=at(7, 30),
        **PERSON,
    )
    twin = Visit.objects.get(pk=visit.pk)
    twin.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)
    with pytest.raises(DatabaseError):
        _run_out_of_time()
    log = embedded_postgres.home_of(embedded.data_dir()) / "postgres.log"
    assert not marked(log.read_bytes())


@transaction.atomic
def _run_out_of_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '20ms'")
        cursor.execute("SELECT pg_sleep(1), %s", [NAME])


def test_the_search_of_the_database_would_find_a_marker(open_house):
    """In text, in bytes, in JSON and in arrays."""
    open_house.mall.address = f"Rumah {NAME}"
    open_house.mall.save()
    service = open_house.services["KTP"]
    service.synonyms = [PERSON["nik"]]
    service.save()
    Visit.objects.create(
        mall=open_house.mall,
        date=TODAY,
        token="t",
        short_code="AAAAAA",
        channel="web",
        created_at=dt.datetime.now(dt.UTC),
        request_hash=PERSON["email"].encode(),
    )
    assert columns_with_markers() == {
        ("services_mall", "address"),
        ("services_servicetype", "synonyms"),
        ("auditlog_logentry", "changes"),
        ("queueing_visit", "request_hash"),
    }


# -- searching --------------------------------------------------------------------------------

_COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
 WHERE table_schema = 'public' AND table_name IN
       (SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE')
   AND data_type IN ('character varying', 'text', 'character', 'bytea', 'json', 'jsonb', 'ARRAY')
"""


def columns_with_markers() -> set[tuple[str, str]]:
    """Every column of text, bytes, JSON or arrays, of every table, in which a marker stands."""
    patterns = [f"%{marker}%" for marker in MARKERS]
    patterns += [f"%{marker.encode().hex()}%" for marker in MARKERS]
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        for table, column in cursor.fetchall():
            name = connection.ops.quote_name
            cursor.execute(
                f"SELECT 1 FROM {name(table)} WHERE {name(column)}::text ILIKE ANY(%s) LIMIT 1",  # noqa: S608
                [patterns],
            )
            if cursor.fetchone():
                found.add((table, column))
    return found


def everything_in(client: redis.Redis) -> list[tuple[bytes, bytes]]:
    """Every key of Redis with its value as bytes."""
    readers = {
        b"string": lambda key: client.get(key) or b"",
        b"list": lambda key: b"\n".join(client.lrange(key, 0, -1)),
        b"set": lambda key: b"\n".join(client.smembers(key)),
        b"hash": lambda key: b"\n".join(x for pair in client.hgetall(key).items() for x in pair),
        b"zset": lambda key: b"\n".join(client.zrange(key, 0, -1)),
    }
    return [(key, readers[client.type(key)](key)) for key in client.scan_iter()]
