"""Who sits at a counter, in which browser; a press acts once; a number called out of turn."""

import pytest

from queueing import rules
from queueing.models import CounterSession, Ticket, TicketEvent
from queueing.rules.sitting import standing
from tests.house import at
from tests.queueing.promises import keep_their_promises, refused, sit


def take(house, person, *, browser, number=1, **how):
    return rules.open_counter(
        counter_id=house.counters[number].pk,
        officer=house.people[person],
        at=at(9),
        browser=browser,
        **how,
    )


def press(house, *, browser="desk", seen=None, person="officer"):
    return rules.press(
        counter_id=house.counters[1].pk,
        officer=house.people[person],
        at=at(9),
        browser=browser,
        seen=seen,
    )


# -- one officer, one counter, one browser ---------------------------------------------------------


def test_a_second_browser_is_told_and_may_take_over(house):
    take(house, "officer", browser="desk")
    with refused("open_elsewhere"):
        take(house, "officer", browser="laptop")
    take(house, "officer", browser="laptop", take_over=True)
    with press(house, browser="laptop"):
        pass
    with refused("taken_over"), press(house, browser="desk"):
        pass
    assert CounterSession.objects.filter(closed_at=None).count() == 1


def test_a_program_sits_beside_no_browser_and_takes_none_away(house):
    take(house, "officer", browser="desk")
    take(house, "officer", browser="")
    assert CounterSession.objects.get().browser == "desk"


def test_a_colleague_takes_over_with_whoever_stands_at_the_counter(house):
    house.waiting("KTP", 9, arrived=at(8, 45))
    place = sit(house, 1)
    ticket = rules.call_next(**place, at=at(9))
    with refused("counter_taken"):
        take(house, "colleague", browser="b")
    take(house, "colleague", browser="b", take_over=True)
    ticket.refresh_from_db()
    assert ticket.officer == house.people["colleague"]
    assert TicketEvent.objects.filter(ticket=ticket).latest("pk").kind == "taken_over"
    with refused("not_allowed"):
        rules.start(**place, at=at(9, 1))
    rules.start(counter_id=place["counter_id"], officer=house.people["colleague"], at=at(9, 1))
    keep_their_promises()


def test_nobody_takes_over_from_another_counter_or_without_a_queue_there(house):
    sit(house, 1)
    take(house, "colleague", browser="b", number=2)
    with refused("officer_elsewhere"):
        take(house, "colleague", browser="b", take_over=True)
    with refused("nothing_assigned"):
        take(house, "foreign_officer", browser="b", take_over=True)


def test_a_counter_with_somebody_of_a_queue_that_is_not_ones_own_is_not_taken_over(house):
    house.waiting("AKTA", 9, arrived=at(8, 45))
    place = sit(house, 2)
    rules.call_next(**place, at=at(9))
    house.counters[2].assignments.filter(queue=house.queues["D"]).delete()
    with refused("still_serving"):
        take(house, "colleague", browser="b", number=2, take_over=True)


# -- one press, one act ----------------------------------------------------------------------------


def test_a_press_that_comes_twice_acts_once(house):
    for minute in (45, 46):
        house.waiting("KTP", 9, arrived=at(8, minute))
    place = sit(house, 1)
    with press(house, seen=""):
        first = rules.call_next(**place, at=at(9))
    with refused("seen_otherwise"), press(house, seen=""):
        rules.call_next(**place, at=at(9))
    seen = standing(place["counter_id"])
    with press(house, seen=seen):
        rules.recall(**place, at=at(9, 1))
    with refused("seen_otherwise"), press(house, seen=seen):
        rules.recall(**place, at=at(9, 1))
    first.refresh_from_db()
    assert (first.state, first.recalls) == ("called", 1)


def test_what_is_refused_under_a_press_leaves_nothing_behind(house):
    house.waiting("KTP", 9, arrived=at(8, 45))
    place = sit(house, 1)

    def cut_off():
        with press(house, seen=""):
            rules.call_next(**place, at=at(9))
            raise ValueError("power")

    with pytest.raises(ValueError, match="power"):
        cut_off()
    assert Ticket.objects.get().state == "waiting"


# -- out of turn -----------------------------------------------------------------------------------


def chosen(house, ticket, reason="Ibu hamil, tidak kuat menunggu", **change):
    return rules.call_chosen(
        **{**sit(house, 1), **change}, ticket_id=ticket.pk, reason=reason, at=at(9)
    )


def test_a_chosen_number_is_called_with_its_reason_on_record(house):
    house.waiting("KTP", 9, arrived=at(8, 45))
    second = house.waiting("KTP", 9, arrived=at(8, 50))
    assert chosen(house, second).pk == second.pk
    event = TicketEvent.objects.filter(ticket=second).latest("pk")
    assert (event.kind, event.note) == ("called", "Ibu hamil, tidak kuat menunggu")
    undone = rules.undo(**sit(house, 1), at=at(9, 0, 30))
    assert undone.state == "waiting"
    keep_their_promises()


def test_nobody_is_called_out_of_turn_without_a_reason_or_from_another_line(house):
    mine = house.waiting("KTP", 9, arrived=at(8, 45))
    other = house.waiting("AKTA", 9, arrived=at(8, 45))
    with refused("reason_needed"):
        chosen(house, mine, reason="  ya ")
    with refused("not_waiting"):
        chosen(house, other)
    chosen(house, mine)
    with refused("still_serving"):
        chosen(house, mine)


def test_who_is_at_another_counter_is_not_called_away(house):
    visit = rules.book(
        mall=house.mall,
        wishes=[
            rules.Wish("KTP", house.window("C", 9).pk),
            rules.Wish("AKTA", house.window("D", 10).pk),
        ],
        name="Siti",
        at=at(7),
    )
    rules.check_in(visit_id=visit.pk, at=at(9))
    there = sit(house, 3, "third")
    rules.call_next(**there, at=at(9))
    with refused("person_elsewhere"):
        chosen(house, visit.tickets.get(service_type__code="KTP"))


# -- papers that are missing, and the next service of the visit ------------------------------------


def test_missing_papers_are_named(house):
    ticket = house.waiting("KTP", 9, arrived=at(8, 45))
    place = sit(house, 1)
    rules.call_next(**place, at=at(9))
    rules.start(**place, at=at(9))
    with refused("missing_papers_needed"):
        rules.end(**place, at=at(9, 5), outcome="documents_missing")
    rules.end(**place, at=at(9, 5), outcome="documents_missing", note="KK asli; akta kelahiran")
    assert TicketEvent.objects.filter(ticket=ticket).latest("pk").note == "KK asli; akta kelahiran"


@pytest.mark.parametrize(("goes_on", "called"), [(True, True), (False, False)])
def test_who_goes_on_to_the_next_service_is_called_there_at_once(house, goes_on, called):
    visit = rules.book(
        mall=house.mall,
        wishes=[
            rules.Wish("KTP", house.window("C", 9).pk),
            rules.Wish("AKTA", house.window("D", 10).pk),
        ],
        name="Siti",
        at=at(7),
    )
    rules.check_in(visit_id=visit.pk, at=at(9))
    place = sit(house, 1)
    rules.call_next(**place, at=at(9))
    rules.start(**place, at=at(9))
    rules.end(**place, at=at(9, 5), goes_on=goes_on)
    there = sit(house, 3, "third")
    assert bool(rules.call_next(**there, at=at(9, 6))) is called
