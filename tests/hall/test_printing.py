"""The kiosk's paper: what it says, that it came out, and what happens when it did not."""

import time
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection

from queueing import printer, rules, slips
from queueing.models import Device, SlipPrint, TicketEvent, Visit
from queueing.refusals import Refusal
from queueing.rules import printing as under_test
from services.models import Fee, Mall, ServiceStandard
from tests.hall.devices import pair_device
from tests.hall.paper import a_closed_port, a_printer, decode
from tests.house import at, at_once


@contextmanager
def refused(code):
    with pytest.raises(Refusal) as refusal:
        yield
    assert refusal.value.code == code


@pytest.fixture
def thermal():
    with a_printer() as found:
        yield found


@pytest.fixture
def network_kiosk(house, thermal) -> Device:
    return with_printer(house.mall, thermal)


def with_printer(mall, thermal, **fields):
    address = {"printer_host": thermal.host, "printer_port": thermal.port}
    return pair_device(mall, "kiosk", printer="network", **address, **fields)


def walk_in(house, *services, now=None, **more):
    more = {"mall": house.mall, "printing": True, "at": now or at(9), **more}
    return rules.walk_in(services=services or ["KTP"], **more)


def print_slip(visit, device, now=None):
    return rules.print_slip(visit_id=visit.pk, device=device, at=now or at(9))


def states(visit):
    return [ticket.state for ticket in visit.tickets.order_by("pk")]


def who(visit, device, now):
    return {"visit_id": visit.pk, "device": device, "at": now}


# -- what the paper says --------------------------------------------------------------------------


def _furnish(house):
    standard = ServiceStandard.objects.get(service_type=house.services["KTP"])
    standard.requirements = ["KTP-el: asli, 1 fotokopi", "usia minimal 17 tahun"]
    standard.save()
    Fee.objects.create(standard=standard, amount=50_000)
    Mall.objects.filter(pk=house.mall.pk).update(phone="0811-0000-000")
    house.mall.refresh_from_db()
    rules.open_counter(
        counter_id=house.counters[1].pk, officer=house.people["officer"], at=at(8, 55)
    )


def test_a_slip_says_all_that_its_holder_needs(house):
    _furnish(house)
    house.waiting("KTP", 9, arrived=at(8, 50))
    visit = walk_in(house)
    found = slips.slip(visit, at(9))
    assert (found.mall, found.date) == (
        "MPP Gajah Mada, Kota Mojokerto",
        "Rabu, 25 November 2026",
    )
    one = found.tickets[0]
    assert (one.label, one.service, one.agency) == (
        visit.tickets.get().label,
        "Layanan KTP",
        "Dinas Dukcapil",
    )
    assert one.place == "Lantai 2, zona timur, loket 1, 2"
    assert one.when_is == "Perkiraan dipanggil"
    assert one.when.startswith("09.")
    assert one.ahead == "1 orang di depan Anda saat dicetak."
    assert one.fee == "Biaya resmi: Rp50.000"
    assert found.papers == ("KTP-el (asli, 1 fotokopi)",)
    assert found.conditions == ("Usia minimal 17 tahun",)
    assert found.address == f"{settings.BASE_URL}/tiket/{visit.token}/"
    assert found.short_code.replace(" ", "") == visit.short_code
    assert found.missed == "Terlewat? Nomor tidak hangus. Datangi meja depan."
    assert found.free == "Mengambil nomor antrean gratis."
    assert found.asked_for_money == "Diminta bayar? Lapor 0811-0000-000."
    assert found.printed_at == "Dicetak pukul 09.00"


def test_a_slip_for_a_later_hour_says_when_to_report_present(house):
    for _person in range(6):
        rules.walk_in(mall=house.mall, services=["KTP"], at=at(8))
    visit = walk_in(house, now=at(8))
    one = slips.slip(visit, at(8)).tickets[0]
    assert (one.when, one.ahead) == ("09.00–10.00", "")
    assert one.when_is == "Lapor hadir pukul 08.30 sampai 10.30."


def test_without_an_open_counter_no_time_is_promised(house):
    one = slips.slip(walk_in(house), at(9)).tickets[0]
    assert (one.when, one.when_is) == ("", "")
    assert one.ahead == "Anda berikutnya saat dicetak."


def test_a_fee_that_varies_is_not_said_to_be_nothing(house):
    standard = ServiceStandard.objects.get(service_type=house.services["KTP"])
    visit = walk_in(house)
    assert slips.slip(visit, at(9)).tickets[0].fee == ""
    Fee.objects.create(standard=standard, amount=None)
    assert slips.slip(visit, at(9)).tickets[0].fee == "Biaya resmi: biaya bervariasi"


def test_a_slip_speaks_the_visits_language(house):
    visit = walk_in(house, language="en")
    assert slips.slip(visit, at(9)).date == "Wednesday, 25 November 2026"


def test_a_slip_asks_at_most_eight_queries_however_many_numbers(
    house, django_assert_max_num_queries
):
    visit = Visit.objects.select_related("mall").get(pk=walk_in(house, "KTP", "AKTA", "PBB").pk)
    with django_assert_max_num_queries(9):
        assert len(slips.slip(visit, at(9)).tickets) == 3


@pytest.mark.parametrize(("paper_mm", "columns", "size"), [(58, 32, 4), (80, 48, 6)])
def test_the_paper_holds_the_slip_in_its_width_with_qr_and_cut(house, paper_mm, columns, size):
    _furnish(house)
    visit = walk_in(house)
    found = slips.slip(visit, at(9))
    paper = decode(printer.draw(found, paper_mm))
    assert all(len(line.text) * line.size <= columns for line in paper.lines)
    label = visit.tickets.get().label
    assert paper.size_of(label) == size
    assert paper.size_of(found.tickets[0].when.replace("–", "-")) == columns // 16
    assert paper.qr == f"{settings.BASE_URL}/tiket/{visit.token}/"
    assert paper.cuts == 1
    assert "[ ] KTP-el (asli, 1 fotokopi)" in paper.text
    assert "- Usia minimal 17 tahun" in paper.text
    assert decode(printer.draw(slips.slip(visit, at(9), qr=False), paper_mm)).qr == ""
    for sentence in (found.missed, found.free, found.asked_for_money, found.printed_at):
        assert sentence in paper.words
    assert visit.token not in paper.text


def test_letters_that_printers_do_not_agree_on_are_made_plain():
    assert printer.plain("“Kafé” 09.00–10.00 · 漢\n\x1b@") == '"Kafe" 09.00-10.00 - ?  @'


# -- the printer's answer --------------------------------------------------------------------------


def test_a_number_waits_when_the_printer_says_that_the_paper_is_out(house, network_kiosk, thermal):
    visit = walk_in(house)
    assert states(visit) == ["printing"]
    print_ = print_slip(visit, network_kiosk)
    assert (print_.state, print_.trouble, print_.again) == ("out", "", False)
    assert states(visit) == ["waiting"]
    thermal.close()
    assert visit.tickets.get().label in thermal.papers[0].text


def test_a_double_tap_prints_once(house, network_kiosk, thermal):
    visit = walk_in(house)
    assert print_slip(visit, network_kiosk) == print_slip(visit, network_kiosk)
    thermal.close()
    assert len(thermal.papers) == 1


@pytest.mark.parametrize(
    ("mode", "trouble", "within"),
    [
        ("paper_out", "paper_out", 1),
        ("runs_out", "paper_out", 1),
        ("offline", "printer_away", 1),
        ("closes", "printer_away", 1),
        ("dies", "printer_away", 1),
        ("silent", "printer_away", 3),
        ("hangs", "printer_away", 5),
    ],
)
def test_a_printer_that_fails_is_told_apart_in_time(
    house, network_kiosk, thermal, mode, trouble, within
):
    thermal.mode = mode
    visit = walk_in(house)
    started = time.perf_counter()
    print_ = print_slip(visit, network_kiosk)
    assert time.perf_counter() - started < within
    assert (print_.state, print_.trouble) == ("failed", trouble)
    assert states(visit) == ["printing"]
    network_kiosk.refresh_from_db()
    assert (network_kiosk.trouble, network_kiosk.trouble_at) == (trouble, at(9))


def test_a_printer_that_refuses_the_connection_is_away(house, network_kiosk):
    network_kiosk.printer_port = a_closed_port()
    assert print_slip(walk_in(house), network_kiosk).trouble == "printer_away"


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("x" * 70 + ".id", 9100)])
def test_an_address_that_cannot_be_is_away(house, network_kiosk, host, port):
    network_kiosk.printer_host, network_kiosk.printer_port = host, port
    assert print_slip(walk_in(house), network_kiosk).trouble == "printer_away"


def test_little_paper_is_told_and_still_printed_on(house, network_kiosk, thermal):
    thermal.mode = "paper_low"
    print_ = print_slip(walk_in(house), network_kiosk)
    assert (print_.state, print_.trouble) == ("out", "paper_low")
    network_kiosk.refresh_from_db()
    assert network_kiosk.trouble == "paper_low"


def test_a_new_roll_ends_the_trouble_by_itself(house, network_kiosk, thermal):
    thermal.mode = "paper_out"
    rules.look_at_printers(at=at(9))
    network_kiosk.refresh_from_db()
    assert network_kiosk.trouble == "paper_out"
    thermal.mode = "ready"
    rules.look_at_printers(at=at(9, 1))
    network_kiosk.refresh_from_db()
    assert network_kiosk.trouble == ""


def test_a_printer_that_just_printed_is_left_to_the_people_before_it(house, network_kiosk, thermal):
    print_slip(walk_in(house), network_kiosk)
    thermal.mode = "paper_out"
    rules.look_at_printers(at=at(9, 0, 59))
    network_kiosk.refresh_from_db()
    assert network_kiosk.trouble == ""
    rules.look_at_printers(at=at(9, 1))
    network_kiosk.refresh_from_db()
    assert network_kiosk.trouble == "paper_out"


def test_a_printer_that_believes_the_paper_is_out_is_contradicted(house, network_kiosk):
    visit = walk_in(house)
    assert print_slip(visit, network_kiosk).state == "out"
    assert rules.slip_did_not_come(**who(visit, network_kiosk, at(9, 1))).state == "failed"
    network_kiosk.refresh_from_db()
    assert network_kiosk.trouble == "printer_away"
    assert states(visit) == ["waiting"]
    assert rules.print_again(**who(visit, network_kiosk, at(9, 2))).state == "out"
    assert states(visit) == ["waiting"]


@pytest.mark.parametrize(("said", "out"), [("failed", True), ("out", False)])
def test_what_a_person_said_meanwhile_stands(house, network_kiosk, monkeypatch, said, out):
    visit = walk_in(house)

    def while_somebody_speaks(*_paper):
        act = rules.slip_came_out if said == "out" else rules.slip_did_not_come
        act(**who(visit, network_kiosk, at(9)))
        return printer.Outcome(out, "" if out else "paper_out")

    monkeypatch.setattr(printer, "send", while_somebody_speaks)
    assert print_slip(visit, network_kiosk).state == said
    assert SlipPrint.objects.get().state == said
    assert states(visit) == ["waiting"]


def test_a_paper_that_came_out_and_was_not_counted_is_counted_by_the_next_touch(
    house, network_kiosk, thermal
):
    visit = walk_in(house)
    SlipPrint.objects.create(device=network_kiosk, visit=visit, state="out", at=at(9))
    assert print_slip(visit, network_kiosk).state == "out"
    assert states(visit) == ["waiting"]
    thermal.close()
    assert not thermal.papers


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_printer_is_spoken_to(open_house, thermal, monkeypatch):
    kiosk, send = with_printer(open_house.mall, thermal), printer.send
    spoken = []

    def watched(*args):
        spoken.append(connection.in_atomic_block)
        return send(*args)

    monkeypatch.setattr(printer, "send", watched)
    visit = walk_in(open_house)
    print_slip(visit, kiosk)
    rules.print_again(**who(visit, kiosk, at(9, 1)))
    assert spoken == [False, False]


@pytest.mark.django_db(transaction=True)
def test_two_taps_in_one_moment_print_once(open_house, thermal):
    kiosk = with_printer(open_house.mall, thermal)
    visit = walk_in(open_house)
    prints = at_once(2, lambda i: print_slip(visit, kiosk))
    assert {print_.pk for print_ in prints} == {SlipPrint.objects.get().pk}
    thermal.close()
    assert len(thermal.papers) == 1


# -- who prints through the browser, or not at all -------------------------------------------------


def test_a_browsers_print_waits_for_somebody_to_say_that_it_came_out(house, kiosk):
    visit = walk_in(house)
    assert print_slip(visit, kiosk).state == "sent"
    assert states(visit) == ["printing"]
    rules.slip_came_out(**who(visit, kiosk, at(9, 1)))
    rules.slip_came_out(**who(visit, kiosk, at(9, 1)))
    assert states(visit) == ["waiting"]
    assert SlipPrint.objects.get().state == "out"


def test_paper_that_was_confirmed_too_late_is_still_good(house, kiosk):
    visit = walk_in(house)
    print_slip(visit, kiosk)
    rules.expire_unprinted(at=at(9, 2, 1))
    assert states(visit) == ["cancelled"]
    rules.slip_came_out(**who(visit, kiosk, at(9, 3)))
    assert states(visit) == ["waiting"]


def test_paper_that_did_not_come_is_seen_at_the_device_until_the_next_one_does(house, kiosk):
    visit = walk_in(house)
    print_slip(visit, kiosk)
    assert rules.slip_did_not_come(**who(visit, kiosk, at(9, 1))).state == "failed"
    kiosk.refresh_from_db()
    assert kiosk.trouble == "printer_away"
    assert states(visit) == ["printing"]
    assert rules.print_again(**who(visit, kiosk, at(9, 1))).state == "sent"
    rules.slip_came_out(**who(visit, kiosk, at(9, 2)))
    kiosk.refresh_from_db()
    assert kiosk.trouble == ""
    assert states(visit) == ["waiting"]


def test_a_kiosk_without_paper_confirms_at_once_and_keeps_no_print(house):
    bare = pair_device(house.mall, "kiosk", printer="none")
    visit = walk_in(house)
    assert print_slip(visit, bare).state == "out"
    assert states(visit) == ["waiting"]
    assert not SlipPrint.objects.exists()
    with refused("no_paper_here"):
        rules.print_again(**who(visit, bare, at(9, 1)))


# -- once more -------------------------------------------------------------------------------------


def test_a_slip_is_printed_again_twice_and_each_time_written_down(house, network_kiosk, thermal):
    visit = walk_in(house, "KTP", "AKTA")
    print_slip(visit, network_kiosk)
    assert rules.reprints_left(visit_id=visit.pk, at=at(9, 1)) == 2
    for minute in (1, 2):
        again = rules.print_again(**who(visit, network_kiosk, at(9, minute)))
        assert (again.state, again.again) == ("out", True)
    with refused("reprints_used"):
        rules.print_again(**who(visit, network_kiosk, at(9, 3)))
    assert rules.reprints_left(visit_id=visit.pk, at=at(9, 3)) == 0
    written = TicketEvent.objects.filter(kind="reprinted", note=network_kiosk.name)
    assert written.count() == 4
    thermal.close()
    assert len(thermal.papers) == 3


def test_a_failed_print_is_tried_again_at_another_kiosk_with_the_same_limit(
    house, network_kiosk, thermal, kiosk
):
    thermal.mode = "paper_out"
    visit = walk_in(house)
    print_slip(visit, network_kiosk)
    rules.print_again(**who(visit, network_kiosk, at(9, 1)))
    assert rules.print_again(**who(visit, kiosk, at(9, 2))).state == "sent"
    with refused("reprints_used"):
        rules.print_again(**who(visit, kiosk, at(9, 2)))


def test_after_ten_minutes_the_front_desk_prints(house, kiosk):
    visit = walk_in(house)
    print_slip(visit, kiosk)
    rules.slip_came_out(**who(visit, kiosk, at(9, 1)))
    with refused("reprint_too_late"):
        rules.print_again(**who(visit, kiosk, at(9, 10, 1)))
    assert rules.reprints_left(visit_id=visit.pk, at=at(9, 10, 1)) == 0


def test_a_number_that_left_the_line_unprinted_is_back_when_its_holder_asks(house, kiosk):
    visit = walk_in(house)
    print_slip(visit, kiosk)
    rules.expire_unprinted(at=at(9, 2, 1))
    rules.print_again(**who(visit, kiosk, at(9, 4)))
    assert states(visit) == ["waiting"]


def test_without_paper_the_numbers_join_the_line_too(house, kiosk):
    visit = walk_in(house)
    print_slip(visit, kiosk)
    rules.slip_did_not_come(**who(visit, kiosk, at(9, 1)))
    rules.join_the_line(**who(visit, kiosk, at(9, 1)))
    assert states(visit) == ["waiting"]


def test_what_is_over_is_not_printed_again(house, kiosk):
    visit = walk_in(house)
    print_slip(visit, kiosk)
    rules.slip_came_out(**who(visit, kiosk, at(9, 1)))
    rules.cancel_visit(visit_id=visit.pk, at=at(9, 2))
    with refused("cannot_reprint"):
        rules.print_again(**who(visit, kiosk, at(9, 3)))


# -- who may ---------------------------------------------------------------------------------------


def test_a_kiosk_of_another_mall_prints_and_confirms_nothing(house, kiosk):
    other = Mall.objects.create(slug="lain", name="MPP Lain", regency="Lain", province="Lain")
    stranger = pair_device(other, "kiosk", name="asing")
    visit = walk_in(house)
    print_slip(visit, kiosk)
    for act in (
        rules.print_slip,
        rules.print_again,
        rules.slip_came_out,
        rules.slip_did_not_come,
        rules.join_the_line,
    ):
        with refused("unknown_ticket"):
            act(**who(visit, stranger, at(9, 1)))
    assert states(visit) == ["printing"]


def test_a_number_that_was_never_taken_at_a_kiosk_has_no_print_to_repeat(house, kiosk):
    visit = house.book("KTP", 10).visit
    for act in (rules.print_slip, rules.print_again, rules.slip_did_not_come):
        with refused("not_printing"):
            act(**who(visit, kiosk, at(9, 1)))


def test_the_rules_limits_are_what_the_design_says():
    assert (under_test.REPRINTS, under_test.REPRINT_FOR.total_seconds()) == (2, 600)
    assert printer.WHOLE_S < 5
