"""The first run: from an empty installation to a mall that gives numbers, and nobody else's."""

import datetime as dt
import io
import json
import re

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from mpp_portal.first_run import code, draft
from mpp_portal.first_run.urls import STEPS
from queueing import rules, setup_file
from queueing.models import Counter, Queue, Window
from queueing.setup_export import document_of
from services.models import Mall, Officer, ServiceStandard
from tests.house import at, build_house

PASSWORD = "kursi-biru-2026"
ACCOUNT = {"name": "Ratna Dewi", "username": "ratna", "password": PASSWORD, "again": PASSWORD}
MALL = {
    "name": "MPP Gajah Mada",
    "regency": "Kota Mojokerto",
    "province": "Jawa Timur",
    "time_zone": "Asia/Jakarta",
    "primary_colour": "#233372",
    "accent_colour": "#7a3b0b",
}
JOINED = ("DINSOS", "PLN")
NOW = at(7)


@pytest.fixture(autouse=True)
def _own_place(settings, tmp_path):
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"


@pytest.fixture
def walker(db, client, time_machine):
    time_machine.move_to(NOW)
    return Walker(client)


class Walker:
    """Somebody who walks the first run and writes what each step shows, with changes."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, step: str):
        return self.client.get(reverse(f"first_run:{step}"))

    def post(self, step: str, **fields):
        return self.client.post(reverse(f"first_run:{step}"), fields)

    def press(self, step: str, **changes):
        """Press Lanjut on a step as it stands, but for the changes."""
        page = self.get(step)
        assert page.status_code == 200, (step, page.headers.get("Location"))
        return self.post(step, **{**fields_of(page.content.decode()), **changes})

    def account(self, **changes):
        return self.post("account", code=code.issue(), **{**ACCOUNT, **changes})

    def until(self, last: str) -> None:
        """Walk to before the step, with two agencies."""
        self.account()
        self.post("mall", **MALL)
        self.press("hours")
        self.press("services", instansi=list(JOINED))
        for step in ("queues", "counters", "people"):
            if step == last:
                return
            assert self.press(step).status_code == 302, step


def fields_of(html: str) -> dict[str, object]:
    """What a browser would send of the page's form."""
    fields: dict[str, object] = {}
    for tag in re.findall(r"<input[^>]*>", html):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name is None or name[1] == "csrfmiddlewaretoken":
            continue
        if 'type="checkbox"' in tag:
            if "checked" in tag:
                fields.setdefault(name[1], []).append(value[1] if value else "on")
        else:
            fields[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', html, re.DOTALL):
        fields[name] = re.search(r'value="([^"]*)" selected', options)[1]
    return fields


# -- the road --------------------------------------------------------------------------------------


def test_the_whole_road_makes_a_mall_with_numbers_counters_and_officers(walker, client):
    assert b"Portal ini belum ditata" in client.get("/").content
    walker.until("review")
    done = walker.press("review", aksi="buat")
    assert done["Location"] == reverse("first_run:done")
    mall = Mall.objects.get()
    assert (mall.slug, mall.rehearsal) == ("gajah-mada", False)
    assert set(mall.agencies.values_list("code", flat=True)) == set(JOINED)
    assert mall.hours.count() == 5
    assert mall.holidays.filter(date__year=2026).exists()
    assert mall.holidays.filter(date__year=2027).exists()
    queues = list(mall.queues.select_related("mall", "agency"))
    assert len(queues) == 2
    assert Counter.objects.filter(mall=mall, assignments__isnull=False).count() >= 2
    assert not ServiceStandard.objects.filter(approved_at=None).exists()
    made = rules.materialise(queues=queues, at=NOW)  # the windows are those of every night
    assert (made.made, made.removed, made.changed) == (0, 0, 0)
    assert Window.objects.filter(queue__in=queues).count() > 50

    admin = User.objects.get(username="ratna")
    assert admin.is_superuser
    assert admin.check_password(PASSWORD)
    assert admin.get_full_name() == "Ratna Dewi"
    offices = set(Officer.objects.values_list("user__username", "role"))
    assert offices == {
        ("ratna", "mall_manager"),
        ("meja-depan-1", "front_desk"),
        ("dinsos-1", "counter"),
        ("pln-1", "counter"),
    }
    assert client.get("/gajah-mada/").status_code == 200
    assert client.get("/admin/").status_code == 200  # signed in already


def test_the_first_passwords_work_and_are_shown_until_they_are_put_away(walker, client):
    walker.until("review")
    walker.press("review", aksi="buat")
    page = walker.get("done").content.decode()
    words = re.findall(r"<code>([^<]+)</code>", page)
    shown = dict(zip(words[::2], words[1::2], strict=True))
    assert set(shown) == {"meja-depan-1", "dinsos-1", "pln-1"}
    for username, password in shown.items():
        assert check_password(password, User.objects.get(username=username).password)
    assert shown["pln-1"] in walker.get("done").content.decode()  # a reload loses nothing
    assert walker.post("done").status_code == 302
    assert shown["pln-1"] not in walker.get("done").content.decode()
    assert Client().get(reverse("first_run:done")).status_code == 404


def test_the_passwords_are_gone_after_an_hour_and_never_plain_in_the_session(
    walker, client, time_machine
):
    walker.until("review")
    walker.press("review", aksi="buat")
    password = re.findall(r"<code>([^<]+)</code>", walker.get("done").content.decode())[1]
    assert password not in str(dict(client.session))
    assert PASSWORD not in str(dict(client.session))
    time_machine.move_to(NOW + dt.timedelta(minutes=61))
    assert b"<code>" not in walker.get("done").content


def test_once_there_is_a_mall_the_first_run_is_gone(walker, client):
    walker.until("review")
    walker.press("review", aksi="buat")
    for someone in (client, Client()):
        for step in STEPS:
            assert someone.get(reverse(f"first_run:{step}")).status_code == 404
            assert someone.post(reverse(f"first_run:{step}"), ACCOUNT).status_code == 404
    assert not code._place().exists()


def test_an_account_alone_closes_the_first_run_too(walker):
    User.objects.create_user("seseorang")
    assert walker.get("account").status_code == 404


def test_two_who_are_both_at_the_end_make_one_mall(walker, monkeypatch):
    walker.until("review")
    build_house()
    monkeypatch.setattr("mpp_portal.first_run.views.is_empty_installation", lambda: True)
    answer = walker.post("review", aksi="buat")
    assert answer.status_code == 409
    assert Mall.objects.count() == 1
    assert not User.objects.filter(username="ratna").exists()


def test_nothing_is_half_made_when_the_last_step_fails(walker, monkeypatch):
    walker.until("review")

    def broken(*args, **kwargs):
        raise rules.setting_up.Refusal("busy")

    monkeypatch.setattr("queueing.rules.setting_up._first_windows", broken)
    assert walker.post("review", aksi="buat").status_code == 503
    assert (Mall.objects.count(), User.objects.count(), Queue.objects.count()) == (0, 0, 0)
    monkeypatch.undo()
    assert walker.get("review").status_code == 200  # the draft is still there
    assert code._place().exists()


# -- the code --------------------------------------------------------------------------------------


def test_without_the_code_nobody_begins(walker):
    code.issue()
    page = walker.post("account", code="AAAA-AAAA", **ACCOUNT)
    assert page.status_code == 422
    assert "Kode tidak cocok" in page.content.decode()
    for step in list(STEPS)[1:]:
        assert walker.get(step)["Location"] == reverse("first_run:account")
        assert walker.post(step, aksi="buat")["Location"] == reverse("first_run:account")


def test_guessing_ends_after_ten_tries_even_with_the_right_code(walker):
    right = code.issue()
    for _ in range(code.TRIES):
        walker.post("account", code="AAAA-AAAA", **ACCOUNT)
    page = walker.post("account", code=right, **ACCOUNT)
    assert "Terlalu banyak percobaan" in page.content.decode()


def test_the_code_is_read_without_its_hyphen_and_in_small_letters(walker):
    right = code.issue()
    assert code.is_right(right.lower().replace("-", " "))
    assert right not in code._place().read_text()
    assert code._place().stat().st_mode & 0o077 == 0
    newer = code.issue()
    assert (code.is_right(right), code.is_right(newer)) == (False, True)
    code.forget()
    assert not code.is_right(newer)


def test_the_command_prints_a_code_only_while_nothing_stands(walker, settings):
    settings.BASE_URL = "https://mpp.contoh.go.id"
    out = io.StringIO()
    call_command("setup_code", stdout=out)
    found = re.search(r"https://mpp.contoh.go.id/mulai/ dan tulis kode (\S{9})", out.getvalue())
    assert code.is_right(found[1])
    User.objects.create_user("seseorang")
    out = io.StringIO()
    call_command("setup_code", stdout=out)
    assert out.getvalue() == ""


# -- each step -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"password": "123", "again": "123"}, "password"),
        ({"password": "ratna-dewi", "again": "ratna-dewi"}, "password"),
        ({"again": "lain-sekali-2026"}, "again"),
        ({"username": "ratna dewi!"}, "username"),
        ({"name": ""}, "name"),
    ],
)
def test_the_administrator_is_refused_with_a_word_at_the_field(walker, changes, told):
    page = walker.account(**changes)
    assert page.status_code == 422
    assert page.context["form"].errors[told]


def test_who_comes_back_changes_the_account_without_code_and_password(walker):
    walker.account()
    page = walker.get("account").content.decode()
    assert 'name="code"' not in page
    assert walker.post("account", name="Ratna Sari", username="ratna").status_code == 302
    walker.until("review")
    walker.post("account", name="Ratna Sari", username="ratna", password="", again="")
    walker.post("review", aksi="buat")
    assert User.objects.get(username="ratna").check_password(PASSWORD)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "name"),
        ({"slug": "admin"}, "slug"),
        ({"slug": "mulai"}, "slug"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"primary_colour": "#ffff00"}, "primary_colour"),
        ({"primary_colour": "biru"}, "primary_colour"),
    ],
)
def test_the_mall_is_refused_with_a_word_at_the_field(walker, changes, told):
    walker.account()
    page = walker.post("mall", **{**MALL, **changes})
    assert page.status_code == 422
    assert page.context["form"].errors[told]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hari-0-closes_at": "07.00"}, "Jam tutup harus setelah jam buka"),
        ({"hari-0-opens_at": "pagi"}, "Tulis jam seperti 08.00"),
        ({"hari-0-opens_at": ""}, "Tulis jamnya"),
        ({"hari-0-break_ends_at": ""}, "Isi jam mulai dan selesai istirahat"),
        ({"hari-0-open": [], "hari-1-open": []}, "Pilih paling sedikit satu hari buka"),
        ({"last_ticket": ""}, "Tulis angkanya"),
    ],
)
def test_hours_that_cannot_be_are_refused(walker, changes, words):
    walker.account()
    walker.post("mall", **MALL)
    page = walker.press("hours", **changes)
    assert page.status_code == 422
    assert words in page.content.decode()


def test_saturday_and_a_holiday_less(walker):
    walker.account()
    walker.post("mall", **MALL)
    off = walker.get("hours").context["holidays"]
    changes = {"hari-2-open": "on", "hari-2-opens_at": "08:30", "hari-2-closes_at": "12.00"}
    walker.press("hours", libur=[day.date.isoformat() for day in off[1:]], **changes)
    walker.press("services", instansi=list(JOINED))
    for step in ("queues", "counters", "people", "review"):
        walker.press(step, **({"aksi": "buat"} if step == "review" else {}))
    mall = Mall.objects.get()
    saturday = mall.hours.get(weekday=5)
    assert (saturday.opens_at, saturday.last_ticket_at) == (dt.time(8, 30), dt.time(11, 30))
    assert not mall.holidays.filter(date=off[0].date).exists()
    assert mall.holidays.count() == len(off) - 1


def test_agencies_and_services_are_ticked_all_or_none_without_scripts(walker):
    walker.account()
    walker.post("mall", **MALL)
    walker.press("hours")
    answer = walker.press("services", aksi="kosong:daftar")
    assert answer["Location"].endswith("/layanan/#daftar")
    page = walker.get("services")
    assert page.context["count"] == 0
    nothing = walker.post("services")
    assert nothing.status_code == 422
    assert "Centang paling sedikit satu layanan" in nothing.content.decode()
    walker.press("services", aksi="semua:DINSOS")
    assert walker.get("services").context["count"] == 6
    assert walker.press("services")["Location"] == reverse("first_run:queues")


def test_changed_services_bring_new_proposals_and_unchanged_ones_keep_what_was_written(walker):
    walker.until("review")
    assert walker.press("services")["Location"] == reverse("first_run:review")
    assert walker.press("services", instansi=["PLN"])["Location"] == reverse("first_run:queues")
    assert len(walker.get("queues").context["rows"]) == 1


@pytest.mark.parametrize(
    ("step", "changes", "words"),
    [
        ("queues", {"antrean-0-prefix": "O"}, "Awalan: satu atau dua karakter"),
        ("queues", {"antrean-0-prefix": "", "antrean-0-name": ""}, "Tulis nama antreannya"),
        ("queues", {"antrean-0-prefix": "Z", "antrean-1-prefix": "z"}, "sudah dipakai antrean"),
        ("queues", {"antrean-0-online_share": "140"}, "100"),
        ("counters", {"loket-0-queues": "Q9"}, "Tidak ada antrean Q9"),
        ("counters", {"loket-1-number": "1"}, "Nomor loket ini sudah dipakai"),
        ("people", {"petugas-0-username": "Ratna"}, "Nama akun ini sudah dipakai"),
        ("people", {"petugas-0-name": ""}, "Tulis nama orangnya"),
        ("people", {"petugas-1-agency": ""}, "Peran ini harus menyebut instansinya"),
    ],
)
def test_rows_that_cannot_be_are_refused_at_their_field(walker, step, changes, words):
    walker.until(step)
    page = walker.press(step, **changes)
    assert page.status_code == 422
    assert words in page.content.decode()


def test_a_queue_without_a_counter_is_named(walker):
    walker.until("counters")
    rows = walker.get("counters").context["rows"]
    first = rows[0]["queues"].value()
    changes = {f"loket-{n}-queues": first for n in range(len(rows))}
    page = walker.press("counters", **changes)
    assert "Belum ada loket untuk antrean" in page.content.decode()


def test_another_number_of_counters_shares_the_queues_anew(walker):
    walker.until("counters")
    page = walker.post("counters", aksi="usul", count="1")
    assert [row["queues"].value().count(" ") for row in page.context["rows"]] == [1]
    assert walker.post("counters", aksi="usul", count="0").status_code == 422


def test_a_row_without_name_and_account_is_nobody(walker):
    walker.until("people")
    empty = {"petugas-0-name": "", "petugas-0-username": ""}
    walker.press("people", **empty)
    walker.press("review", aksi="buat")
    assert not Officer.objects.filter(role="front_desk").exists()


# -- a file of another mall ------------------------------------------------------------------------


def other_mall() -> bytes:
    """The file of a mall that is not here."""
    with transaction.atomic():
        data = setup_file.dump(document_of(mall=build_house().mall, at=NOW))
        transaction.set_rollback(True)
    return data


def test_a_file_of_another_mall_skips_what_it_says(walker):
    data = other_mall()
    bad = walker.account(file=io.BytesIO(data.replace(b'"prefix": "C"', b'"prefix": "O"')))
    assert bad.status_code == 422
    assert "queues 1 (O), prefix" in bad.content.decode()
    assert walker.account(file=io.BytesIO(data))["Location"] == reverse("first_run:mall")
    page = walker.get("mall")
    assert page.context["form"]["name"].value() == "MPP Gajah Mada"
    walker.press("mall", name="MPP Majapahit", slug="majapahit", regency="Kota Lain")
    assert walker.get("services")["Location"] == reverse("first_run:people")
    walker.press("people")
    walker.press("review", aksi="buat")
    mall = Mall.objects.get()
    assert (mall.slug, mall.regency) == ("majapahit", "Kota Lain")
    file, again = json.loads(data), document_of(mall=mall, at=NOW)
    for part in ("mall", "offices"):  # what was written here
        del file[part], again[part]
    assert again == file
    assert Window.objects.filter(queue__mall=mall).exists()


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("MPP Gajah Mada", "gajah-mada"),
        ("Mal Pelayanan Publik", "mal-pelayanan-publik"),
        ("MPP Admin", "mpp-admin"),
        ("MPP Kota Bandung Juara é", "bandung-juara-e"),
        ("", "mal"),
    ],
)
def test_the_address_is_proposed_from_the_name(name, slug):
    assert draft.slug_of(name) == slug
