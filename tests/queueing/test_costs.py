"""What a number and a call cost the database, counted; and that each look-up has its index."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.rules import sending
from queueing import issuing, rules
from queueing.models import Ticket, TicketEvent, Window
from queueing.rules import calling
from queueing.workflow import State
from tests.house import TODAY, at
from tests.queueing.promises import seats, sit


def statements(act):
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


def test_a_booking_takes_at_most_twelve_statements(house):
    window = house.window("C", 9)

    def book(**who):
        return statements(
            lambda: rules.book(
                mall=house.mall,
                wishes=[rules.Wish("KTP", window.pk)],
                at=at(7, 30),
                **{"name": "Siti", "phone": "081234567890", **who},
            )
        )

    first = book(nik="3576011201900001", request_key="k")
    assert first <= 12
    assert book(nik="3576011201900002", name="Budi", request_key="l") == first


def test_a_second_service_costs_no_more_statements(house):
    def book(*wishes):
        return statements(
            lambda: rules.book(mall=house.mall, wishes=wishes, name="Siti", at=at(7, 30))
        )

    one = book(rules.Wish("KTP", house.window("C", 9).pk))
    two = book(
        rules.Wish("KTP", house.window("C", 9).pk), rules.Wish("PBB", house.window("T", 10).pk)
    )
    assert two == one


@pytest.mark.parametrize("counter", [1, 2])
def test_a_call_takes_at_most_ten_statements_however_many_wait(house, counter):
    seats(house.window("C", 9), 100, block_size=150)
    place = sit(house, counter)
    costs = []
    for waiting in (1, 50):
        for _n in range(waiting - Ticket.objects.filter(state=State.WAITING).count()):
            house.waiting("KTP", 9, arrived=at(8, 45))
        costs.append(statements(lambda: rules.call_next(**place, at=at(9))))
        rules.undo(**place, at=at(9))
    assert costs[0] == costs[1] <= 10


def test_a_walk_in_takes_a_bounded_number_of_statements(house):
    assert statements(lambda: rules.walk_in(mall=house.mall, services=["KTP"], at=at(9))) <= 12


# -- indexes ---------------------------------------------------------------------------------------


def plan(sql, params=None):
    """The plan of a statement as if the tables were large, whatever was last counted of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_class SET relpages = 1, reltuples = 1e6"
            " WHERE relname LIKE 'queueing%%' AND relkind = 'r' RETURNING oid",
            [],
        )
        ours = [row[0] for row in cursor.fetchall()]
        cursor.execute("DELETE FROM pg_statistic WHERE starelid = ANY(%s)", [ours])
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {sql}", params)
        return "\n".join(row[0] for row in cursor.fetchall())


def alone(table, index):
    """Until the test ends the table has its primary key and this index: can it serve?"""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT c.relname, k.conname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('u', 'x')"
            " WHERE i.indrelid = %s::regclass AND NOT i.indisprimary AND c.relname <> %s",
            [table, index],
        )
        for name, constraint in cursor.fetchall():
            if constraint:
                cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{constraint}"')
            else:
                cursor.execute(f'DROP INDEX "{name}"')


def plan_of(queryset):
    sql, params = queryset.query.sql_with_params()
    return plan(sql, params)


def test_the_head_of_a_queue_is_read_from_the_line_in_its_order(house):
    house.waiting("KTP", 9, arrived=at(8, 45))
    alone("queueing_ticket", "who_waits_in_order")
    values = {
        "queue": house.queues["C"].pk,
        "date": TODAY,
        "at": at(9),
        "counter": house.counters[1].pk,
        "officer": house.people["officer"].pk,
        "mall": house.mall.pk,
        "number": 1,
        "zone": "",
        "note": "",
        "queues": [house.queues["C"].pk, house.queues["D"].pk],
    }
    head = plan(
        calling.CALL_HEAD.format(person_is_free=calling.PERSON_IS_FREE, lock=calling.LOCK_HEAD),
        values,
    )
    best = plan(calling.BEST_QUEUE.format(person_is_free=calling.PERSON_IS_FREE), values)
    for text in (head, best):
        assert "who_waits_in_order" in text
    scan = head[head.index("who_waits_in_order") :]
    assert "queue_id" in scan.splitlines()[1]
    # The line's own order is the order asked for: nobody sorts everybody who waits.
    assert "Sort" not in head.split("CTE called")[0]


@pytest.mark.parametrize(
    ("table", "index"),
    [
        ("queueing_ticket", "one_active_ticket_per_person"),
        ("queueing_visit", "visits_of_a_contact"),
    ],
)
def test_a_person_and_a_contact_are_found_by_their_keys(house, table, index):
    alone(table, index)
    asked = {"people": [b"x" * 32], "contact": b"y" * 32, "date": TODAY, "request": "k"}
    assert index in plan(issuing._OF_THE_CONTACT, asked)


def test_the_windows_of_a_day_have_their_index(house):
    alone("queueing_window", "window_of_a_day")
    windows = Window.objects.filter(queue=house.queues["C"], date=TODAY).order_by("starts_at")
    assert "window_of_a_day" in plan_of(windows)


def test_the_booked_of_a_window_have_their_index(house):
    alone("queueing_ticket", "booked_of_a_window")
    booked = Ticket.objects.filter(window=house.window("C", 9), state=State.BOOKED)
    assert "booked_of_a_window" in plan_of(booked)


def test_the_tickets_of_a_service_and_day_have_their_index(house):
    alone("queueing_ticket", "tickets_of_a_day")
    tickets = Ticket.objects.filter(mall=house.mall, date=TODAY).order_by("service_type_id")
    assert "tickets_of_a_day" in plan_of(tickets)


def test_the_last_act_at_a_counter_has_its_index(house):
    alone("queueing_ticketevent", "last_act_at_a_counter")
    last = TicketEvent.objects.filter(counter_id=house.counters[1].pk).order_by("-pk")[:1]
    assert "last_act_at_a_counter" in plan_of(last)


def test_messages_that_are_due_have_their_index(house):
    house.book("KTP", 9, phone="081234567890")
    alone("notifications_message", "message_due")
    due = "SELECT id FROM notifications_message WHERE state = 'due' AND send_after <= now()"
    asked = f"{due} ORDER BY send_after LIMIT 10 {sending.ONE_CLAIMER_PER_ROW}"
    assert "message_due" in plan(asked)
