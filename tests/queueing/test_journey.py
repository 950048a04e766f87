"""One person's way through the rules, from booking to the close of the day."""

from queueing import rules
from queueing.models import TicketEvent
from tests.house import TODAY, at


def test_two_services_of_two_agencies_in_one_visit(house):
    first, second = house.window("C", 9), house.window("T", 10)
    visit = rules.book(
        mall=house.mall,
        wishes=[rules.Wish("KTP", first.pk), rules.Wish("PBB", second.pk)],
        name="Siti Aminah",
        phone="0812-3456-7890",
        at=at(8, 0),
    )
    assert [t.label for t in visit.new_tickets] == ["C 012", "T 023"]
    rules.check_in(visit_id=visit.pk, at=at(8, 50))
    officer = house.people["officer"]
    rules.open_counter(counter_id=house.counters[1].pk, officer=officer, at=at(8, 55))
    called = rules.call_next(counter_id=house.counters[1].pk, officer=officer, at=at(9, 0))
    assert called.label == "C 012"
    rules.start(counter_id=house.counters[1].pk, officer=officer, at=at(9, 1))
    done = rules.end(counter_id=house.counters[1].pk, officer=officer, at=at(9, 11))
    assert done.state == "done"
    kinds = TicketEvent.objects.filter(ticket=done).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["issued", "checked_in", "called", "started", "ended"]
    assert rules.close_day(mall=house.mall, date=TODAY, at=at(16)) == 1
    assert rules.close_day(mall=house.mall, date=TODAY, at=at(16)) == 0
