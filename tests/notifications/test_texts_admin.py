"""Staff word the messages, try them out, see what failed and what it costs; nobody else does."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from auditlog.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from notifications import rules, texts
from notifications.models import Message, MessageText
from notifications.refusals import Refusal
from notifications.rules.wording import TESTS_PER_HOUR
from services.models import Mall
from tests.house import at

OUTBOX = "/admin/notifications/message/"
PAGE = "/admin/pesan/teks/booked/id/"
NOBODY = ["officer", "head", "front_desk", "liaison", "leader", "helper", "complaints_desk"]


@pytest.fixture
def manager(house, client):
    client.force_login(house.people["manager"])
    return client


@pytest.fixture
def typed():
    """What the form sends: the file's text of `booked`, and what is changed in it."""

    def form(kind="booked", **changes):
        return {**vars(texts.default(kind, "id")), **changes}

    return form


@pytest.fixture
def message(house):
    """A message of the house in some state."""

    def write(number=1, state="sent", **more):
        now = timezone.now()
        ended = {} if state in ("due", "claimed") else {"ended_at": now}
        values = {
            **{"kind": "booked", "channel": "sms", "address": "+6281234567890"},
            **{"about": f"t{number}", "dedup_key": f"k{number}", "mall_id": house.mall.pk},
            **{"send_after": now, "created_at": now, "context": {"first_name": "Siti"}},
            **ended,
            **({"sent_at": now} if state == "sent" else {}),
        }
        return Message.objects.create(**{**values, "state": state, **more})

    return write


# -- who may ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", NOBODY)
def test_only_a_manager_and_a_superuser_may(house, client, who):
    client.force_login(house.people[who])
    for path in (PAGE, "/admin/pesan/teks/", "/admin/pesan/biaya/", OUTBOX):
        response = client.get(path)
        assert response.status_code in (302, 403), path
        assert "/login/" in response.get("Location", "/login/")
    assert client.post(PAGE, {"subject": "x", "short": "x", "body": "x"}).status_code != 200
    assert not MessageText.objects.exists()


def test_who_manages_one_of_two_malls_words_nothing_for_both(house, manager):
    assert manager.get(PAGE).status_code == 200
    Mall.objects.create(slug="lain", name="MPP Lain", regency="Lain", province="Lain")
    assert manager.get(PAGE).status_code == 403
    assert manager.get("/admin/pesan/biaya/").status_code == 200
    assert manager.get("/admin/pesan/biaya/?mal=lain").status_code == 404
    manager.force_login(User.objects.create(username="su", is_staff=True, is_superuser=True))
    assert manager.get(PAGE).status_code == 200


# -- wording ---------------------------------------------------------------------------------------


def test_every_kind_is_listed_and_has_its_page(manager, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        page = manager.get("/admin/pesan/teks/").content.decode()
    for kind in Message.Kind.values:
        for language in texts.LANGUAGES:
            path = reverse("messaging:text", args=[kind, language])
            assert path in page
            with django_assert_max_num_queries(8):
                assert manager.get(path).status_code == 200
    assert manager.get("/admin/pesan/teks/birthday/id/").status_code == 404
    assert manager.get("/admin/pesan/teks/booked/jv/").status_code == 404


def test_an_edit_is_kept_used_and_remembered(house, manager, typed):
    subject = "Nomor {{ label }} untuk Anda"
    assert manager.post(PAGE, typed(subject=subject)).status_code == 302
    row = MessageText.objects.get()
    assert (row.subject, row.changed_by) == (subject, house.people["manager"])
    assert "diubah" in manager.get("/admin/pesan/teks/").content.decode()
    (entry,) = LogEntry.objects.filter(content_type__model="messagetext")
    assert entry.actor == house.people["manager"]
    history = manager.get("/admin/auditlog/logentry/?jenis=messagetext").content.decode()
    assert "nomor diambil (Indonesia)" in history


def test_the_default_comes_back_and_the_old_words_stay_in_the_history(manager, typed):
    manager.post(PAGE, typed(subject="Lain"))
    assert manager.get(f"{PAGE}bawaan/").status_code == 405
    manager.post(f"{PAGE}bawaan/")
    assert not MessageText.objects.exists()
    assert "Lain" in str(list(LogEntry.objects.values_list("changes", flat=True)))


def test_the_default_typed_anew_is_no_edit(manager, typed):
    manager.post(PAGE, typed(subject="Lain"))
    manager.post(PAGE, typed(body=texts.default("booked", "id").body.replace("\n", "\r\n")))
    assert not MessageText.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"body": "Halo {{ nama }}"}, "Kata {{ nama }} tidak dikenal. Yang boleh dipakai: first_"),
        ({"subject": "{{ service }}"}, "Kata {{ service }} tidak dikenal"),
        ({"short": "Halo {{ first_name }}"}, "kadang kosong"),
        ({"body": "{% include 'base.html' %}"}, "tidak dikenal atau belum ditutup"),
        ({"subject": " "}, "tidak boleh kosong"),
        ({"subject": "x" * 201}, "200"),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused_and_not_lost(manager, typed, changes, sentence):
    response = manager.post(PAGE, typed(**changes))
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert 'role="alert"' in page
    assert not MessageText.objects.exists()


def test_the_preview_shows_short_price_whatsapp_and_what_to_mind(manager, typed, settings):
    settings.MESSAGE_PRICES = {"sms": "350", "whatsapp": "450"}
    page = manager.post(f"{PAGE}pratinjau/", typed()).content.decode()
    for words in ("2 SMS", "Rp700", "</span> Rp450", "mpp_booked", "{{1}} di {{2}}", "C 037"):
        assert words in page
    page = manager.post(f"{PAGE}pratinjau/", typed(body="Halo", short="{{ label }}")).content
    assert "Isi tidak lagi memuat {{ link }}" in page.decode()
    assert "WhatsApp menolak templat" in page.decode()
    page = manager.post(f"{PAGE}pratinjau/", typed(body="{{ nama }}")).content.decode()
    assert "tidak dikenal" in page
    assert not MessageText.objects.exists()


def test_the_mail_is_shown_alone_and_can_do_nothing(manager, typed):
    for response in (
        manager.get(f"{PAGE}surat/"),
        manager.post(f"{PAGE}surat/", typed(body="Halo <script>x</script>\n\n{{ link }}")),
    ):
        assert "sandbox" in response["Content-Security-Policy"]
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert "script-src" not in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "SAMEORIGIN"
        assert "<script" not in response.content.decode()
        assert "MPP Gajah Mada" in response.content.decode()


# -- trying out ------------------------------------------------------------------------------------


def test_a_test_arrives_marked_and_names_nobody(manager, typed, smtp):
    to = {"channel": "email", "address": "Ratna@contoh.id"}
    response = manager.post(f"{PAGE}uji/", typed(subject="Coba {{ label }}", **to))
    assert response.status_code == 302
    assert "belum disimpan" in manager.get(PAGE).content.decode()
    assert rules.send_due(at=timezone.now() + dt.timedelta(seconds=1)) == 1
    (mail,) = smtp.received
    assert "[Uji coba] Coba C 037" in mail
    assert "To: ratna@contoh.id" in mail
    assert not MessageText.objects.exists()
    message = Message.objects.get()
    assert (message.state, message.about.startswith("test-")) == ("sent", True)


def test_the_code_is_tried_with_a_code_of_nobody(house, smtp, typed):
    rules.try_out(
        kind="code",
        language="id",
        text=texts.default("code", "id"),
        channel="email",
        email="ratna@contoh.id",
        mall_id=house.mall.pk,
        mall="MPP Gajah Mada",
        by=house.people["manager"],
        at=at(9),
    )
    assert rules.send_due(at=at(9, 1)) == 1
    assert "482913" in smtp.received[0]


@pytest.mark.parametrize(
    ("channel", "address", "sentence"),
    [
        ("email", "bukan surel", "nama@contoh.id"),
        ("sms", "+6281234567890", "bisa dijangkau"),
        ("push", "x", "bisa dijangkau"),
    ],
)
def test_a_test_needs_a_channel_and_an_address(manager, typed, smtp, channel, address, sentence):
    response = manager.post(f"{PAGE}uji/", typed(channel=channel, address=address))
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Message.objects.exists()


def test_tests_are_few_an_hour(house, smtp):
    def send(moment):
        return rules.try_out(
            kind="booked",
            language="id",
            text=texts.default("booked", "id"),
            channel="email",
            email="ratna@contoh.id",
            mall_id=None,
            mall="MPP",
            by=house.people["manager"],
            at=moment,
        )

    for n in range(TESTS_PER_HOUR):
        send(at(9, n))
    with pytest.raises(Refusal) as refused:
        send(at(9, 30))
    assert refused.value.code == "tried_enough"
    assert send(at(10, 30))


def test_nothing_broken_and_nobody_out_of_reach_is_tried(house, settings):
    settings.NOTIFICATION_CHANNELS = ["email"]
    who = {"mall_id": None, "mall": "MPP", "by": house.people["manager"], "at": at(9)}
    for text, code in (
        (texts.Text("{{ nik }}", "x", "x"), "text"),
        (texts.default("booked", "id"), "unreachable"),
    ):
        with pytest.raises(Refusal) as refused:
            rules.try_out(
                kind="booked", language="id", text=text, channel="sms", phone="+6281", **who
            )
        assert refused.value.code == code


# -- the outbox and its costs ----------------------------------------------------------------------


def test_what_was_given_up_stands_first_without_address_and_words(manager, message):
    message(1)
    assert manager.get(OUTBOX).context["cl"].result_count == 1
    failed = message(2, "failed", last_error="timeout")
    response = manager.get(OUTBOX)
    page = response.content.decode()
    assert [row.pk for row in response.context["cl"].result_list] == [failed.pk]
    assert "penyedia tidak menjawab" in page
    for secret in ("+62812", "081234", "Siti"):
        assert secret not in page
    assert manager.get(OUTBOX, {"keadaan": "semua"}).context["cl"].result_count == 2
    assert manager.get(OUTBOX, {"keadaan": "sent"}).context["cl"].result_count == 1
    assert manager.get(OUTBOX, {"saluran": "email"}).context["cl"].result_count == 0
    assert manager.get(OUTBOX, {"mal": "gajah-mada"}).context["cl"].result_count == 1
    assert "+62812*****890" in manager.get(f"{OUTBOX}{failed.pk}/change/").content.decode()


def test_a_manager_sees_the_messages_of_the_own_mall(manager, message):
    message(1, "failed", mall_id=None)
    mine = message(2, "failed")
    response = manager.get(OUTBOX)
    assert [row.pk for row in response.context["cl"].result_list] == [mine.pk]


def test_what_was_given_up_is_tried_again(manager, message):
    failed, late = message(1, "failed"), message(2, "failed", not_after=at(1, days=-90))
    foreign = message(3, "failed", mall_id=None)
    chosen = [failed.pk, late.pk, foreign.pk]
    data = {"action": "retry_chosen", "_selected_action": chosen}
    page = manager.post(OUTBOX, data, follow=True).content.decode()
    assert "1 pesan dikirim lagi sebentar lagi." in page
    assert "1 pesan tidak" in page
    states = dict(Message.objects.values_list("pk", "state"))
    assert states == {failed.pk: "due", late.pk: "failed", foreign.pk: "failed"}


def test_of_millions_the_newest_are_counted_and_the_failed_are_tried(manager, message, monkeypatch):
    monkeypatch.setattr("mpp_portal.messaging.outbox.MOST", 2)
    failed = [message(n, "failed") for n in range(3)]
    message(4)
    assert manager.get(OUTBOX, {"keadaan": "semua"}).context["cl"].result_count == 2
    data = {"action": "retry_chosen", "_selected_action": [failed[0].pk], "select_across": 1}
    manager.post(f"{OUTBOX}?keadaan=semua", data)
    assert Message.objects.filter(state="due").count() == 2


def test_the_outbox_is_searched_by_the_whole_sign(manager, message):
    about = message(1).about
    for typed, found in ((about, 1), (about[:-1], 0)):
        shown = manager.get(OUTBOX, {"keadaan": "semua", "q": typed}).context["cl"]
        assert shown.result_count == found


def test_an_address_that_cannot_be_read_does_not_shut_the_list(manager, message):
    message(1, "failed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("privacy.fields.decrypt", lambda *args, **more: 1 / 0)
        assert manager.get(OUTBOX).status_code == 200


def test_the_month_is_added_up_by_channel_and_agency(
    house, manager, message, django_assert_max_num_queries
):
    message(1, agency_id=house.civil.pk, parts=2, cost=Decimal(700))
    message(2, agency_id=house.civil.pk, parts=1, cost=Decimal(350))
    message(3, agency_id=house.tax.pk, channel="whatsapp", parts=1, cost=Decimal(450))
    message(4, "failed", report="undelivered", parts=1, cost=Decimal(350))
    message(5, mall_id=None, parts=1, cost=Decimal(99999))
    message(6, rehearsal=True, channel="console", cost=Decimal(99999))
    with django_assert_max_num_queries(8):
        page = manager.get("/admin/pesan/biaya/").content.decode()
    assert "Rp1.850" in page
    assert "Dinas Dukcapil" in page
    assert "99.999" not in page
    response = manager.get("/admin/pesan/biaya/?bentuk=csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert [tuple(row.values()) for row in rows] == [
        ("SMS", "Dinas Dukcapil", "2", "3", "0", "1050.00"),
        ("SMS", "", "1", "1", "1", "350.00"),
        ("WhatsApp", "Badan Pendapatan Daerah", "1", "1", "0", "450.00"),
    ]
    assert manager.get("/admin/pesan/biaya/?bulan=1999-01").status_code == 404


def test_health_names_the_channels_in_trouble(client, message):
    now = timezone.now()
    message(1, "failed", last_error="timeout")
    message(2, "due", attempts=1, last_error="http_503", channel="whatsapp")
    message(3, "due", attempts=0, channel="email")
    message(4, "failed", channel="email", last_error="x", ended_at=now - dt.timedelta(hours=1))
    assert client.get("/sehat/").json()["channels_in_trouble"] == {"sms": 1, "whatsapp": 1}
