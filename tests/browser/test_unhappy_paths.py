"""What goes wrong on the way to a number, and that nothing typed is lost: each with its way out."""

import re

import pytest
from django.db.models import F

from notifications.models import Message
from queueing.models import Ticket, Visit, Window
from tests.browser.citizen import Citizen
from tests.browser.conftest import PHONE
from tests.browser.test_main_job import living_house  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE_NUMBER = "0812 3456 7890"


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def citizen(request, living_house, open_page, accessible):  # noqa: F811
    """A person with a phone; axe looks at every screen."""
    return Citizen(open_page(PHONE, javascript=request.param), accessible)


@pytest.fixture
def reader(living_house, open_page, accessible):  # noqa: F811
    """The same, with scripts alone: what differs without them is held elsewhere."""
    return Citizen(open_page(PHONE), accessible)


def fill_up(windows):
    """The last seats are taken by others."""
    assert windows.update(taken=F("seats"), taken_online=F("online_seats"), issued=F("seats"))


def hour_of(window, house):
    return f"{window.starts_at.astimezone(house.mall.zone):%H.%M}"


def test_on_a_full_day_the_next_free_hour_is_one_tap_away(citizen, living_house):  # noqa: F811
    today = living_house.mall.today()
    fill_up(Window.objects.filter(queue=living_house.queues["D"], date=today))
    citizen.open("/gajah-mada/antrean/AKTA/")
    assert re.search(r"Sebelum .* sudah penuh", citizen.text)
    today_button = citizen.page.get_by_role("button", name=re.compile("^Hari ini"))
    assert today_button.is_disabled()  # stays visible, as full
    assert "penuh" in today_button.inner_text()
    citizen.press("Lanjut")  # the one tap: the next hour is chosen beforehand
    assert citizen.screens[-1] == "Siapa yang datang?"
    citizen.type("name", "Siti Aminah")
    citizen.press("Lanjut")
    citizen.press("Ambil nomor antrean")
    assert Ticket.objects.get().date > today


def test_an_hour_taken_while_typing_is_named_and_nothing_is_typed_again(
    citizen,
    living_house,  # noqa: F811
):
    citizen.to_the_review("AKTA", "Siti Aminah", phone=PHONE_NUMBER)
    chosen = citizen.page.locator("input[name=pilihan]").first.input_value().partition(":")[2]
    window = Window.objects.get(pk=chosen)
    fill_up(Window.objects.filter(pk=chosen))
    citizen.press("Ambil nomor antrean")
    told = f"Nomor belum terambil. Jam {hour_of(window, living_house)} baru saja penuh."
    assert told in citizen.page.get_by_role("alert").inner_text()
    assert citizen.page.locator(f"input[name=jam][value='{chosen}']").is_disabled()
    citizen.press("Lanjut")  # another hour is chosen beforehand
    assert citizen.screens[-1] == "Sudah benar?"
    assert "Siti Aminah" in citizen.text
    citizen.press("Ambil nomor antrean")
    ticket = Ticket.objects.get()
    assert ticket.window_id != window.pk
    assert (ticket.visit.name, ticket.visit.phone) == ("Siti Aminah", "+6281234567890")


def test_who_has_a_number_already_has_its_link_sent_and_learns_no_more(reader):
    reader.to_the_review("AKTA", "Siti Aminah", phone=PHONE_NUMBER)
    reader.press("Ambil nomor antrean")
    reader.to_the_review("AKTA", "Siti Aminah", phone=PHONE_NUMBER)
    reader.press("Ambil nomor antrean")
    assert (
        "Sudah ada nomor aktif untuk layanan ini." in reader.page.get_by_role("alert").inner_text()
    )
    assert reader.button("Ambil nomor antrean").count() == 0
    reader.press("Kirim tautannya ke kontak yang terdaftar")
    answer = reader.text
    assert reader.screens[-1] == "Periksa pesan Anda"
    assert Message.objects.filter(kind="link").count() == 1
    # who asks for a number that is not there is answered in the same words
    reader.to_the_review("AKTA", "Orang Lain", phone="0813 1111 2222")
    reader.page.evaluate(
        """() => {
            const form = document.getElementById("isian");
            form.action = form.action + "kirim-tautan/";
            form.noValidate = true;
        }"""
    )
    reader.press("Ambil nomor antrean")
    assert reader.text == answer
    assert Message.objects.filter(kind="link").count() == 1
    assert Ticket.objects.count() == 1


def test_a_wrong_nik_stays_in_its_field_beside_the_figures_counted(citizen):
    citizen.to_the_names("KTP")
    citizen.type("name", "Siti Aminah")
    citizen.type("nik", "3576 0141 0190 0001 23")
    citizen.type("phone", "12")
    citizen.press("Lanjut")
    assert citizen.page.title().startswith("Galat:")
    told = "NIK harus 16 angka. Yang Anda tulis 18 angka."
    assert told in citizen.page.get_by_role("alert").inner_text()
    nik = citizen.page.locator("input[name=nik]")
    assert nik.get_attribute("aria-invalid") == "true"
    said = [
        citizen.page.locator(f"#{one}") for one in nik.get_attribute("aria-describedby").split()
    ]
    assert told in " ".join(one.inner_text() for one in said)
    typed = {name: citizen.page.input_value(f"input[name={name}]") for name in ("nik", "phone")}
    assert typed == {"nik": "3576 0141 0190 0001 23", "phone": "12"}


def test_a_daughter_books_for_her_parents_until_the_cap_that_is_explained(reader):
    for person in ("Siti Aminah", "Pak Karto", "Bu Karto"):
        reader.to_the_review("AKTA", person, phone=PHONE_NUMBER)
        reader.press("Ambil nomor antrean")
        assert reader.label == Ticket.objects.get(visit__name=person).label
        reader.look = lambda _page: None  # looked at once is enough
    reader.to_the_review("AKTA", "Paman Joyo", phone=PHONE_NUMBER)
    reader.press("Ambil nomor antrean")
    told = reader.page.get_by_role("alert").inner_text()
    assert "Satu kontak paling banyak 3 nomor aktif per hari" in told
    assert "Nomor yang sudah diambil tetap berlaku." in told
    assert "Pendamping di kelurahan, desa, atau puskesmas" in told
    assert reader.page.input_value("input[name=name]") == "Paman Joyo"
    reader.type("phone", "0813 1111 2222")
    reader.press("Lanjut")
    reader.press("Ambil nomor antrean")
    assert Visit.objects.count() == 4


def test_a_change_of_mind_keeps_the_old_number_until_the_new_one_is_taken(
    citizen,
    living_house,  # noqa: F811
):
    citizen.to_the_review("AKTA", "Siti Aminah")
    citizen.press("Ambil nomor antrean")
    ticket = Ticket.objects.get()
    old = ticket.label
    citizen.follow("Pindah hari atau jam")
    assert "Nomor lama tetap milik Anda sampai yang baru terambil." in citizen.text
    move = citizen.page.get_by_role("button", name=re.compile("^Pindahkan"))
    wanted = citizen.page.locator("input[name=jam]:checked").input_value()
    fill_up(Window.objects.filter(pk=wanted))
    citizen.tap(move)
    assert "sudah penuh" in citizen.page.get_by_role("alert").inner_text()
    ticket.refresh_from_db()
    assert (ticket.label, ticket.state) == (old, "booked")
    citizen.tap(move)  # to the next hour, chosen beforehand
    ticket.refresh_from_db()
    assert ticket.label != old
    assert citizen.label == ticket.label
    window = Window.objects.get(pk=ticket.window_id)
    assert hour_of(window, living_house) in citizen.text

    citizen.taps = 0
    citizen.follow("Batalkan nomor ini")
    citizen.press("Ya, batalkan nomor ini")
    assert citizen.taps == 2
    assert "Nomor ini sudah dibatalkan." in citizen.text
    window.refresh_from_db()
    assert window.taken == 0

    citizen.press("Urungkan pembatalan")
    assert citizen.label == ticket.label
    window.refresh_from_db()
    assert window.taken == 1


def test_two_numbers_are_given_back_in_two_taps(reader):
    reader.open("/gajah-mada/antrean/AKTA/?bersama=PBB")
    reader.tap(
        reader.page.locator("main").get_by_role("button", name=re.compile("^Ambil .*, mulai"))
    )
    reader.type("name", "Siti Aminah")
    reader.press("Lanjut")
    reader.press("Ambil nomor antrean")
    reader.taps = 0
    reader.follow("Batalkan semua nomor")
    assert reader.screens[-1] == "Batalkan 2 nomor ini?"
    reader.press("Ya, batalkan semua")
    assert reader.taps == 2
    assert list(Ticket.objects.values_list("state", flat=True)) == ["cancelled"] * 2
    assert sum(Window.objects.values_list("taken", flat=True)) == 0
