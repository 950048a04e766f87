"""The kiosk's paper and reporting present, as somebody before the kiosk has it."""

import pytest
from django.test import Client
from django.urls import reverse

from queueing import rules
from queueing.models import Device, SlipPrint, Ticket
from queueing.rules.reporting import TRIES
from tests.hall.person import KIOSK, fill, taken
from tests.house import at

# -- the paper ------------------------------------------------------------------------------------


def test_no_paper_once_more_or_on_without(person, house, at_nine):
    person.see("layanan/")
    person.touch("ambil/", layanan="KK")
    told = person.touch("karcis/", karcis="tidak")
    assert "Karcis tidak keluar." in told
    assert "Panggil petugas" in told
    assert "Apakah karcisnya keluar?" in person.touch("karcis/", karcis="ulang")
    person.touch("karcis/", karcis="tidak")
    told = person.touch("karcis/", karcis="tanpa")
    assert taken().state == "waiting"
    assert "Pindai dengan HP" in told
    assert "Karcis tidak keluar." not in told


def test_paper_that_was_said_to_be_out_and_is_not_is_a_trouble_still(person, house, at_nine):
    person.see("layanan/")
    person.touch("ambil/", layanan="KK")
    person.touch("karcis/", karcis="keluar")
    told = person.touch("karcis/", karcis="tidak")
    assert "Karcis tidak keluar." in told
    assert "Cetak ulang" in told
    assert Device.objects.get().trouble == "printer_away"
    assert taken().state == "waiting"
    person.touch("karcis/", karcis="tanpa")
    assert "Pindai dengan HP" in person.text
    assert taken().state == "waiting"


def test_a_number_whose_paper_was_interrupted_is_printed_by_the_second_touch(
    person, house, at_nine, monkeypatch
):
    person.see("layanan/")
    form = {**person.hidden, "layanan": "KK"}
    print_slip = rules.print_slip
    monkeypatch.setattr(rules, "print_slip", _breaks_down)
    with pytest.raises(ConnectionError):
        person.client.post(KIOSK + "ambil/", form)
    monkeypatch.setattr(rules, "print_slip", print_slip)
    person.page = person.client.post(KIOSK + "ambil/", form, follow=True)
    assert "Apakah karcisnya keluar?" in person.text
    assert Ticket.objects.count() == SlipPrint.objects.count() == 1


def _breaks_down(**_what):
    raise ConnectionError


def test_who_must_answer_is_told_why_and_whose_paper_was_not_confirmed_what_to_do(
    person, house, at_nine
):
    person.see("layanan/")
    person.touch("ambil/", layanan="KK")
    assert "Sentuh Ya agar nomor Anda ikut dipanggil." in person.text
    page = reverse("queueing:ticket", args=[taken().visit.token])
    rules.expire_unprinted(at=at(9, 5))
    at_nine.move_to(at(9, 5), tick=False)
    told = Client().get(page).content.decode()
    assert "Karcisnya belum dikonfirmasi. Pindai karcis ini di kios" in told
    assert "sudah dibatalkan" not in told
    rules.report_at_kiosk(device=Device.objects.get(), typed=page, at=at(9, 6))
    rules.cancel_visit(visit_id=taken().visit_id, at=at(9, 7))
    assert "Nomor ini sudah dibatalkan." in Client().get(page).content.decode()


@pytest.mark.parametrize("paper_mm", [58, 80])
def test_the_browsers_paper_has_the_width_of_the_roll(person, house, at_nine, paper_mm):
    Device.objects.update(paper_mm=paper_mm)
    person.see("layanan/")
    person.touch("ambil/", layanan="KK")
    assert f"m-slip--{paper_mm}mm" in person.html
    assert f"print-{paper_mm}mm" in person.html


def test_without_paper_a_later_hour_is_for_the_code(person, house, at_nine):
    fill(house, "T", 9)
    Device.objects.update(printer=Device.Printer.NONE)
    person.see("layanan/PBB/")
    assert "Datang lagi dan pindai kode ini pukul" in person.touch("ambil/")


def test_reprints_end(person, house, at_nine):
    person.see("layanan/")
    person.touch("ambil/", layanan="KK")
    for _n in range(2):
        person.touch("karcis/", karcis="tidak")
        person.touch("karcis/", karcis="ulang")
    person.touch("karcis/", karcis="tidak")
    assert 'value="ulang"' not in person.html
    assert "2 kali" in person.touch("karcis/", karcis="ulang")
    assert SlipPrint.objects.count() == 3


def test_a_kiosk_without_paper_shows_the_code(person, house, at_nine):
    Device.objects.update(printer=Device.Printer.NONE)
    person.see("layanan/")
    told = person.touch("ambil/", layanan="KK")
    assert taken().state == "waiting"
    assert taken().visit.short_code[:3] in told
    assert "Apakah" not in told
    assert "Ambil karcis" not in told


# -- reporting present ----------------------------------------------------------------------------


def test_a_scanned_ticket_reports_present_from_any_page(person, house, at_nine):
    visit = house.book("KTP", 9).visit
    for path in ("", "layanan/", "hadir/"):
        assert 'name="kode"' in (person.see(path), person.html)[1]
    told = person.touch("hadir/", kode=f"https://mpp.example/tiket/{visit.token}/")
    assert "Anda tercatat hadir" in told
    assert taken().state == "waiting"
    assert taken().label in told
    assert visit.token not in " ".join(person.addresses)


def test_the_short_code_does_as_well_typed_in_any_way(person, house, at_nine):
    visit = house.book("KTP", 9).visit
    person.see("hadir/")
    typed = f"{visit.short_code[:3].lower()} {visit.short_code[3:]}"
    assert "Anda tercatat hadir" in person.touch("hadir/", kode=typed)
    assert visit.short_code not in " ".join(person.addresses)
    assert "Cetak karcis" in person.text
    assert "Apakah karcisnya keluar?" in person.touch("karcis/", karcis="ulang")


def test_all_numbers_of_a_visit_are_shown(person, house, at_nine):
    wishes = [
        rules.Wish("KTP", house.window("C", 9).pk),
        rules.Wish("PBB", house.window("T", 11).pk),
    ]
    visit = rules.book(mall=house.mall, wishes=wishes, at=at(8), name="Siti Aminah")
    person.see("hadir/")
    told = person.touch("hadir/", kode=visit.short_code)
    for ticket in visit.tickets.all():
        assert ticket.label in told
    assert "Siti" not in told


def test_too_early_too_late_another_day_and_unknown_say_what_to_do(person, house, clock):
    early = house.book("KTP", 11).visit
    other_day = house.book("PBB", 9, days=1, name="Budi").visit
    clock.move_to(at(9), tick=False)
    person.see("hadir/")
    assert "Lapor hadir mulai pukul 10.30" in person.touch("hadir/", kode=early.short_code)
    assert "Kamis, 26 November" in person.touch("hadir/", kode=other_day.short_code)
    assert "ke meja depan" in person.touch("hadir/", kode="ZZZZZZ")
    assert "Pindai kode QR" in person.touch("hadir/", kode=" ")
    clock.move_to(at(12, 31), tick=False)
    assert "Ambil nomor baru" in person.touch("hadir/", kode=early.short_code)
    assert early.short_code not in " ".join(person.addresses)


def test_a_paper_whose_number_had_left_the_line_brings_it_back(person, house, at_nine):
    person.see("layanan/")
    person.touch("ambil/", layanan="KK")
    at_nine.move_to(at(9, 5), tick=False)
    rules.expire_unprinted(at=at(9, 5))
    assert taken().state == "cancelled"
    person.see("?baru")
    person.touch("hadir/", kode=f"/tiket/{taken().visit.token}/")
    assert taken().state == "waiting"
    assert taken().checked_in_at == at(9)


def test_a_paper_for_a_later_hour_is_confirmed_and_counts_at_its_hour(
    person, house, kiosk, at_nine
):
    scanned = _for_ten(person, house)
    told = person.touch("hadir/", kode=scanned)
    assert "Lapor hadir mulai pukul 09.30" in told
    assert taken().state == "booked"
    assert SlipPrint.objects.get().state == "out"
    at_nine.move_to(at(9, 45), tick=False)
    person.touch("hadir/", kode=scanned)
    assert (taken().state, taken().checked_in_at) == ("waiting", at(9, 45))


def test_a_paper_nobody_confirmed_counts_when_its_hour_has_come(person, house, kiosk, at_nine):
    scanned = _for_ten(person, house)
    rules.expire_unprinted(at=at(9, 5))
    assert taken().state == "cancelled"
    at_nine.move_to(at(10), tick=False)
    assert "Anda tercatat hadir" in person.touch("hadir/", kode=scanned)
    assert (taken().state, taken().checked_in_at) == ("waiting", at(10))


def test_a_paper_nobody_confirmed_that_comes_after_its_hour_is_too_late(
    person, house, kiosk, at_nine
):
    scanned = _for_ten(person, house)
    rules.expire_unprinted(at=at(9, 5))
    at_nine.move_to(at(11, 31), tick=False)
    assert "Batas lapor hadir sudah lewat" in person.touch("hadir/", kode=scanned)


def _for_ten(person, house) -> str:
    """A number for ten o'clock is taken at nine and its paper left; what its QR says."""
    fill(house, "T", 9)
    person.see("layanan/PBB/")
    person.touch("ambil/")
    person.see("?baru")
    return f"/tiket/{taken().visit.token}/"


@pytest.mark.parametrize("then", ["keluar", "tidak", ""])
def test_the_paper_of_this_morning_is_no_matter_of_now(person, house, at_nine, then):
    scanned = _for_ten(person, house)
    person.see("layanan/")
    print_ = SlipPrint.objects.get()
    print_.state = {"keluar": "out", "tidak": "failed", "": "sent"}[then]
    print_.save()
    rules.join_the_line(visit_id=print_.visit_id, device=person.device, at=at(9, 1))
    at_nine.move_to(at(10), tick=False)
    told = person.touch("hadir/", kode=scanned)
    assert "Anda tercatat hadir" in told
    for other in ("Ambil karcis Anda", "Apakah", "Karcis tidak keluar", "Cetak karcis"):
        assert other not in told
    assert "data-print" not in person.html


def test_only_who_showed_the_qr_gets_the_qr(person, house, at_nine):
    visit = house.book("KTP", 9).visit
    page = reverse("queueing:ticket", args=[visit.token])
    person.see("hadir/")
    for shown, code in ((True, page), (False, visit.short_code)):
        person.touch("hadir/", kode=code)
        assert ("Kode QR tiket" in person.html) == shown
        assert taken().label in person.text
        assert "loket 1, 2" in person.text
        SlipPrint.objects.all().delete()
        person.touch("karcis/", karcis="ulang")
        assert "m-slip__code" in person.html
        assert ("m-slip__qr" in person.html) == shown
        assert ("<svg" in person.html.split('class="m-kslip"')[1]) == shown


def test_showing_the_paper_confirms_it(person, house, at_nine):
    person.see("layanan/")
    person.touch("ambil/", layanan="KK")
    person.touch("hadir/", kode=f"/tiket/{taken().visit.token}/")
    assert taken().state == "waiting"


def test_a_cancelled_number_is_not_revived(person, house, at_nine):
    visit = house.book("KTP", 9).visit
    rules.cancel_visit(visit_id=visit.pk, at=at(9))
    person.see("hadir/")
    assert "tidak dapat dipakai lagi" in person.touch("hadir/", kode=visit.short_code)


def test_guesses_at_codes_are_counted_by_kiosk(person, house, at_nine):
    visit = house.book("KTP", 9).visit
    for _n in range(TRIES):
        person.touch("hadir/", kode="ZZZZZZ")
    assert "Terlalu banyak percobaan" in person.touch("hadir/", kode=visit.short_code)
    assert taken().state == "booked"
    scanned = person.touch("hadir/", kode=f"/tiket/{visit.token}/")
    assert "Anda tercatat hadir" in scanned


def test_the_refusals_are_of_the_table(kiosk, house, at_nine):
    for typed, code in (("", "code_missing"), ("ZZZZZZ", "unknown_ticket")):
        with pytest.raises(rules.reporting.Refusal) as refused:
            rules.report_at_kiosk(device=kiosk, typed=typed, at=at(9))
        assert refused.value.code == code
