"""Pages for today: queues are paused with a ready sentence, the mall's day is closed."""

import pytest
from django.urls import reverse

from notifications.models import Message
from queueing.models import DailyStatistic, Queue, QueueDay
from tests.house import TODAY, at


def address(model, act, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{act}", args=args)


def told(response):
    return " ".join(str(message) for message in response.context["messages"])


def test_a_queue_is_paused_with_a_ready_sentence_and_goes_on(sign_in, house):
    client, queue = sign_in("head"), house.queues["C"]
    page = address(Queue, "pause", queue.pk)
    form = {"reason": "blangko habis", "back_at": "10:30"}
    assert "dijeda" in told(client.post(page, form, follow=True))
    day = QueueDay.objects.get(queue=queue, date=TODAY)
    assert (day.paused_reason, day.expected_back_at) == ("blangko habis", at(10, 30))
    assert "blangko habis" in client.get(page).content.decode()
    assert "berjalan lagi" in told(client.post(page, {"resume": "1"}, follow=True))
    day.refresh_from_db()
    assert day.paused_reason == ""


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"reason": "other", "words": "x"}, "Tulis alasannya"),
        ({"reason": "blangko habis", "back_at": "08:00"}, "sudah lewat"),
        ({}, "m-error"),
    ],
)
def test_a_pause_without_a_reason_or_with_a_past_return_is_refused(sign_in, house, form, words):
    response = sign_in("head").post(address(Queue, "pause", house.queues["C"].pk), form | {"x": 1})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not QueueDay.objects.exclude(paused_reason="").exists()


def test_the_manager_closes_the_day_after_one_confirmation(sign_in, house):
    client, page = sign_in("manager"), address(Queue, "close_day")
    ticket = house.waiting("PBB", 9, arrived=at(9))
    assert client.get(page).context["malls"][0][1] == {"unserved": 1, "serving": 0, "booked": 0}
    assert client.post(page, {"mall": house.mall.pk}).status_code == 422
    ticket.refresh_from_db()
    assert ticket.state == "waiting"
    answer = client.post(page, {"mall": house.mall.pk, "sure": "on"}, follow=True)
    assert "1 nomor diakhiri" in told(answer)
    ticket.refresh_from_db()
    assert ticket.state == "unserved"
    assert DailyStatistic.objects.get().unserved == 1


def test_a_head_or_a_manager_elsewhere_does_not_close_the_day(sign_in, house):
    client, page = sign_in("head"), address(Queue, "close_day")
    ticket = house.waiting("PBB", 9, arrived=at(9))
    response = client.post(page, {"mall": house.mall.pk, "sure": "on"})
    assert response.status_code == 403
    assert sign_in("manager").post(page, {"mall": "abc", "sure": "on"}).status_code == 422
    ticket.refresh_from_db()
    assert ticket.state == "waiting"


# -- what a pause does is seen before -------------------------------------------------------------


def test_the_pause_page_counts_who_waits_who_comes_and_who_hears_of_it(sign_in, house):
    queue, client = house.queues["C"], sign_in("head")
    house.waiting("KTP", 9, arrived=at(9))
    house.book("KK", 10, email="a@contoh.id", now=at(9))
    house.book("KK", 13, name="Budi", now=at(9))
    page = address(Queue, "pause", queue.pk)
    (row,) = client.get(page).context["affected"]
    assert (row.waiting, row.booked, row.told) == (1, 2, 1)
    looked = client.post(page, {"reason": "blangko habis", "back_at": "10:30", "look": "1"})
    (row,) = looked.context["affected"]
    assert (row.waiting, row.booked, row.told) == (1, 1, 1)
    text = looked.content.decode()
    assert "Dijeda: blangko habis. Perkiraan kembali 10.30." in text
    assert "Perkiraan berjalan lagi: pukul 10.30." in text
    assert not QueueDay.objects.exclude(paused_reason="").exists()
    assert not Message.objects.filter(kind="paused").exists()


def test_several_queues_are_paused_together_for_one_reason(sign_in, house):
    client, page = sign_in("head"), address(Queue, "changelist")
    queues = [house.queues[prefix] for prefix in "CD"]
    chosen = {"action": "pause_chosen", "_selected_action": [queue.pk for queue in queues]}
    assert len(client.post(page, chosen).context["affected"]) == 2
    reason = {"pausing": "1", "reason": "sistem nasional sedang gangguan"}
    assert client.post(page, chosen | reason | {"back_at": "08:00"}).status_code == 422
    assert not QueueDay.objects.exclude(paused_reason="").exists()
    answer = client.post(page, chosen | reason, follow=True)
    assert "Dijeda: C Antrean C, D Antrean D." in told(answer)
    assert QueueDay.objects.filter(date=TODAY).exclude(paused_reason="").count() == 2


# -- a day is closed and its bookings moved -------------------------------------------------------


def closing(house, **more):
    return {"mall": house.mall.pk, "move": "1", "reason": "listrik padam"} | more


def test_the_manager_sees_who_moves_then_closes_the_day_and_moves_them(sign_in, house):
    client, page = sign_in("manager"), address(Queue, "close_day")
    ticket = house.book("PBB", 13, email="a@contoh.id", now=at(9))
    preview = client.post(page, closing(house))
    assert [one.ticket_id for one in preview.context["done"].displaced] == [ticket.pk]
    assert "listrik padam" in preview.content.decode()
    assert not QueueDay.objects.filter(closed_at__isnull=False).exists()
    plan = preview.context["done"].fingerprint
    answer = client.post(page, closing(house, plan=plan), follow=True)
    assert "1 nomor dipindahkan" in told(answer)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.window.starts_at) == ("booked", at(13, days=1))
    assert QueueDay.objects.filter(date=TODAY, closed_at=None).count() == 0


def test_moving_needs_a_reason_that_citizens_can_read(sign_in, house):
    page = address(Queue, "close_day")
    answer = sign_in("manager").post(page, closing(house, reason="other", words="x"))
    assert answer.status_code == 422
    assert "Tulis alasannya" in answer.content.decode()


def test_only_a_manager_moves_a_days_bookings(sign_in, house):
    ticket = house.book("PBB", 13, now=at(9))
    page = address(Queue, "close_day")
    assert sign_in("head").post(page, closing(house, plan="x")).status_code == 403
    ticket.refresh_from_db()
    assert ticket.date == TODAY
