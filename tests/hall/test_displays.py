"""The hall's displays: numbers and counters only, by zone, and no call that a page may miss."""

import datetime as dt
import re
import threading

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from queueing import rules, speech
from queueing.board import LATE, hall
from queueing.hall import hall_code
from queueing.models import CallAnnouncement, Counter, CounterAssignment, Notice, Queue
from queueing.zones import NO_LETTERS, zone_fault, zones
from services.models import Mall
from tests.hall.devices import pair_device
from tests.house import TODAY, at

HALL = "/gajah-mada/layar/"
TIMUR = f"{HALL}timur/"
PART = {"HX-Request": "true"}


def page(address=HALL, client=None, **query):
    answer = (client or Client()).get(address, query, headers=PART if query else {})
    assert answer.status_code == 200
    return answer.content.decode()


def call(house, number=1, who="officer", *, now=None, service="KTP", name="Siti Aminah", hour=9):
    """Somebody is called to a counter; the announcement."""
    now = now or at(9)
    seat = {"counter_id": house.counters[number].pk, "officer": house.people[who]}
    house.waiting(service, hour, arrived=at(hour - 1, 50), name=name)
    rules.open_counter(**seat, at=now)
    rules.call_next(**seat, at=now)
    return CallAnnouncement.objects.latest("pk")


def announce(house, ticket, *, when, recall=False):
    return CallAnnouncement.objects.create(
        mall=house.mall, date=TODAY, ticket=ticket, label=ticket.label, counter_number=1,
        zone="timur", recall=recall, at=when,
    )  # fmt: skip


def carried(text):
    """The ids of the calls that a part carries to the page."""
    return [int(found) for found in re.findall(r'data-call="(\d+)"', text)]


# -- numbers only ----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [HALL, TIMUR])
def test_a_display_shows_numbers_and_counters_and_never_a_person_or_a_service(
    house, clock, address
):
    clock.move_to(at(9))
    service, queue = house.services["KTP"], house.queues["C"]
    service.name, queue.name = "Pengobatan Rahasia", "Antrean Rahasia"
    service.save()
    queue.save()
    house.civil.name = "Dinas Rahasia"
    house.civil.save()
    shown = call(house, name="Siti Rahasia")
    for text in (page(address), page(address, sejak=0)):
        assert shown.label.split()[1] in text
        assert "Rahasia" not in text
        assert "Dinas" not in text


def test_the_code_for_checking_in_is_for_paired_displays_and_the_front_desk(house, clock, display):
    clock.move_to(at(9))
    code = hall_code(mall_id=house.mall.pk, at=at(9))
    seen = {"stranger": Client(), "display": display.client}
    elsewhere = Mall.objects.create(slug="lain", name="MPP Lain", regency="Kota", province="Jawa")
    seen["foreign display"] = pair_device(elsewhere, "display").client
    seen["kiosk"] = pair_device(house.mall, "kiosk").client
    for name in ("front_desk", "officer", "helper"):
        seen[name] = Client()
        seen[name].force_login(house.people[name])
    told = {who for who, client in seen.items() if f"<b>{code}</b>" in page(client=client)}
    assert told == {"display", "front_desk"}
    display.active = False
    display.save()
    assert code not in page(client=display.client)


def test_only_a_device_that_may_speak_does_so_by_itself(house, display):
    assert 'data-speaks="yes"' in page(client=display.client)
    assert 'data-speaks="ask"' in page()
    display.speaks = False
    display.save()
    assert 'data-speaks="no"' in page(client=display.client)


# -- zones -----------------------------------------------------------------------------------------


def test_a_zone_is_where_its_counters_stand(house, clock):
    Counter.objects.filter(number=4).update(zone="Sayap Barat", floor="3")
    found = {zone.slug: zone for zone in zones(house.mall)}
    assert list(found) == ["sayap-barat", "timur"]
    assert found["sayap-barat"].queue_ids == {house.queues["T"].pk}
    assert found["timur"].queue_ids == {house.queues["C"].pk, house.queues["D"].pk}
    clock.move_to(at(9))
    east, west = call(house), call(house, 4, "foreign_officer", service="PBB")
    barat = page(f"{HALL}sayap-barat/")
    assert "Zona Sayap Barat" in barat
    assert carried(barat) == [west.pk]
    assert carried(page(TIMUR)) == [east.pk]
    CallAnnouncement.objects.filter(pk=west.pk).update(zone="")  # its counter stands in no zone
    assert carried(page(TIMUR)) == [east.pk, west.pk]
    assert carried(page(f"{HALL}sayap-barat/")) == [west.pk]
    CallAnnouncement.objects.filter(pk=west.pk).update(zone="Sayap Barat")
    both = page()
    assert carried(both) == [east.pk, west.pk]
    assert "Lantai 3, zona Sayap Barat" in both
    assert Client().get(f"{HALL}utara/").status_code == 404


def test_a_queue_with_a_rotating_desk_is_in_that_zone_on_its_day_only(house):
    desk = Counter.objects.create(mall=house.mall, number=9, zone="bersama")
    CounterAssignment.objects.create(counter=desk, queue=house.queues["T"], weekday=2)
    found = {zone.slug: zone.queue_ids for zone in zones(house.mall, TODAY)}
    assert found["bersama"] == {house.queues["T"].pk}
    assert house.queues["T"].pk in found["timur"]
    tomorrow = {z.slug: z.queue_ids for z in zones(house.mall, TODAY + dt.timedelta(days=1))}
    assert tomorrow["bersama"] == frozenset()
    assert Client().get(f"{HALL}bersama/").status_code == 200


def test_two_zones_of_a_mall_never_share_an_address(house, client):
    assert zone_fault(mall=house.mall, zone="timur") == ""
    assert zone_fault(mall=house.mall, zone="Timur!") == "timur"
    assert zone_fault(mall=house.mall, zone="？") == NO_LETTERS
    assert zone_fault(mall=house.mall, zone="") == ""
    counter = house.counters[1]
    client.force_login(house.people["manager"])
    address = f"/admin/queueing/counter/{counter.pk}/change/"
    form = {"mall": house.mall.pk, "number": 1, "floor": "2", "directions": "", "active": "on"}
    form |= {"assignments-TOTAL_FORMS": 0, "assignments-INITIAL_FORMS": 0}
    answer = client.post(address, form | {"zone": "Timur !"})
    assert "Sudah ada zona “timur”" in answer.content.decode()
    assert client.post(address, form | {"zone": "barat"}).status_code == 302
    counter.refresh_from_db()
    assert counter.zone == "barat"


# -- calls -----------------------------------------------------------------------------------------


def test_a_page_learns_of_every_call_after_the_id_it_knows(house, clock):
    ticket = call(house).ticket
    later = [announce(house, ticket, when=at(9, 10), recall=True) for _ in range(3)]
    clock.move_to(at(9, 30))
    assert carried(page(sejak=later[0].pk)) == [later[1].pk, later[2].pk]
    assert carried(page(sejak=later[2].pk)) == []
    assert f'data-last="{later[2].pk}"' in page(sejak=later[2].pk)
    many = [announce(house, ticket, when=at(9, 20), recall=True).pk for _ in range(150)]
    assert carried(page(sejak=later[2].pk)) == many  # a page that was away misses none
    assert len(carried(page())) == 0  # a page that just came is told only of the last seconds
    for nonsense in ("abc", "-1", "9" * 30, "²"):
        assert page(sejak=nonsense)


def test_a_call_that_commits_after_a_higher_id_is_still_told(open_house, clock):
    """Two real transactions: the lower id becomes visible last."""
    ticket = call(open_house).ticket
    clock.move_to(at(9, 1))
    drawn, may_end = threading.Event(), threading.Event()
    ids = {}

    def slow():
        try:
            with transaction.atomic():
                ids["low"] = announce(open_house, ticket, when=at(9, 0, 50)).pk
                drawn.set()
                may_end.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert drawn.wait(20)
    high = announce(open_house, ticket, when=at(9, 0, 51)).pk
    assert ids["low"] < high
    first = carried(page(sejak=0))
    assert high in first
    assert ids["low"] not in first
    may_end.set()
    thread.join()
    assert ids["low"] in carried(page(sejak=high))
    clock.move_to(at(9, 0, 51) + LATE + dt.timedelta(seconds=1))
    assert ids["low"] not in carried(page(sejak=high))


def test_what_is_called_together_stands_together_and_gives_way(house, clock):
    first = call(house, 1, now=at(9))
    second = call(house, 2, "colleague", now=at(9, 0, 5), name="Budi", service="KK")
    third = call(house, 3, "third", now=at(9, 0, 8), service="AKTA")
    seen = hall(mall=house.mall, at=at(9, 0, 10))
    assert [one.id for one in seen.now] == [third.pk, second.pk, first.pk]
    seen = hall(mall=house.mall, at=at(9, 0, 18))
    assert [one.id for one in seen.now] == [third.pk]
    assert [one.id for one in seen.recent] == [second.pk, first.pk]
    rules.start(counter_id=house.counters[3].pk, officer=house.people["third"], at=at(9, 0, 20))
    assert [one.id for one in hall(mall=house.mall, at=at(9, 1)).now] == [second.pk]
    clock.move_to(at(9, 1))
    assert "has-2" not in page()


def test_a_recall_does_not_stand_beside_its_own_number(house):
    ticket = call(house, now=at(9)).ticket
    again = announce(house, ticket, when=at(9, 0, 4), recall=True)
    seen = hall(mall=house.mall, at=at(9, 0, 6))
    assert [one.id for one in seen.now] == [again.pk]
    assert seen.recent == []
    assert [one.recall for one in seen.calls] == [False, True]


def test_a_call_tells_what_its_ticket_is_now(house, clock):
    clock.move_to(at(9))
    call(house)
    assert 'data-state="called"' in page(sejak=0)
    rules.undo(counter_id=house.counters[1].pk, officer=house.people["officer"], at=at(9, 0, 5))
    assert 'data-state="waiting"' in page(sejak=0)


def test_the_version_changes_with_the_words_of_the_voice_and_with_the_pages_files(
    house, clock, monkeypatch
):
    def version(**query):
        return re.search('data-version="([0-9a-f]+)"', page(**query))[1]

    robot = version()
    assert version(sejak=0) == robot
    clock.move_to(at(9))
    assert version(sejak=0) == robot
    manager = house.people["manager"]
    rules.keep_clip(mall=house.mall, key="bel", content=speech.bell(), by=manager, at=at(9))
    recorded = version()
    assert version(sejak=0) == recorded != robot
    rules.drop_clip(mall=house.mall, key="bel")
    assert version(sejak=0) == robot
    monkeypatch.setattr("queueing.views.board.static", lambda path: f"/static/new/{path}")
    assert version(sejak=0) != robot


# -- pauses, notices, waits ------------------------------------------------------------------------


def test_a_pause_is_shown_with_its_reason_and_return(house, clock):
    clock.move_to(at(9))
    rules.pause(
        queue_id=house.queues["C"].pk, reason="blangko habis", at=at(9), expected_back_at=at(10, 30)
    )
    text = page()
    assert "kembali 10.30" in text
    assert "Antrean C dijeda: blangko habis." in text
    assert "Perkiraan kembali 10.30." in text
    clock.move_to(at(10, 31))
    assert "kembali 10.30" not in page()
    rules.resume(queue_id=house.queues["C"].pk, at=at(10, 32))
    assert "dijeda" not in page()


def test_a_notice_stands_for_its_time_and_in_its_zone(house, clock):
    notice = {"mall": house.mall, "starts_at": at(9), "ends_at": at(10)}
    Notice.objects.create(text="Musala pindah ke lantai 3", **notice)
    Notice.objects.create(text="Loket 4 pindah", zone="timur", **notice)
    Counter.objects.filter(number=4).update(zone="barat")
    for moment, shown in ((at(8, 59), False), (at(9), True), (at(9, 59), True), (at(10), False)):
        clock.move_to(moment)
        assert ("Musala pindah" in page()) == shown
    seen = {zone: hall(mall=house.mall, at=at(9), zone=zone).notices for zone in ("timur", "barat")}
    assert seen["timur"] == ["Musala pindah ke lantai 3", "Loket 4 pindah"]
    assert seen["barat"] == ["Musala pindah ke lantai 3"]
    clock.move_to(at(9))
    texts = set()
    for seconds in (0, 12):  # several take turns
        clock.move_to(at(9, 0, seconds))
        texts |= {text for text in seen["timur"] if text in page(TIMUR)}
    assert texts == set(seen["timur"])


def test_a_manager_writes_a_notice_for_a_zone_that_there_is(house, client, clock):
    client.force_login(house.people["manager"])
    form = {
        "mall": house.mall.pk, "text": "Tutup pukul 12.00", "zone": "Timur",
        "starts_at_0": "2026-11-25", "starts_at_1": "09:00",
        "ends_at_0": "2026-11-25", "ends_at_1": "08:00",
    }  # fmt: skip
    address = "/admin/queueing/notice/add/"
    assert "sesudah mulainya" in client.post(address, form).content.decode()
    form["ends_at_1"] = "12:00"
    refused = client.post(address, form | {"zone": "bulan"}).content.decode()
    assert "Zona yang ada: timur" in refused
    assert client.post(address, form).status_code == 302
    assert Notice.objects.get().zone == "timur"


def test_a_tile_says_how_long_or_why_not(house, clock):
    clock.move_to(at(9))
    assert "Loket tutup" in page()
    call(house, 1)
    text = page()
    assert "Tanpa antre" in text  # nobody waits at C, and somebody serves there
    for _ in range(3):
        house.waiting("KK", 9, arrived=at(8, 50))
    assert re.search(r"\d+–\d+ menit|jam", page())


def test_the_screen_speaks_indonesian_to_everybody(house):
    assert "Baru dipanggil" in Client(headers={"Accept-Language": "en"}).get(HALL).content.decode()


# -- what it costs ---------------------------------------------------------------------------------


def questions(address, client=None, **query):
    with CaptureQueriesContext(connection) as asked:
        page(address, client, **query)
    return len(asked)


@pytest.mark.parametrize("address", [HALL, TIMUR])
def test_a_board_costs_four_queries_however_many_queues(house, clock, address, display):
    clock.move_to(at(9))
    last = call(house).pk
    assert Queue.objects.count() == 3
    few = questions(address, sejak=last)
    letters = [a + b for a in "ABE" for b in "123456789"]
    for n, prefix in enumerate(letters, start=20):
        queue = Queue.objects.create(
            mall=house.mall, agency=house.civil, prefix=prefix, name=prefix
        )
        counter = Counter.objects.create(mall=house.mall, number=n, zone="timur")
        CounterAssignment.objects.create(counter=counter, queue=queue)
    assert len(hall(mall=house.mall, at=at(9)).queues) == 30
    assert few == questions(address, sejak=last) == 4
    assert questions(address) == 4
    assert questions(address, display.client, sejak=last) <= 6  # and who the device is
