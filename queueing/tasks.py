"""Work of the queueing room on the timetable: each calls one function and is safe to repeat."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from notifications.tasks import send_due
from queueing import rules, shown_estimates, statistics
from queueing.models import Queue
from services.models import Mall


@shared_task
def make_windows() -> None:
    """Windows of every active queue, as far ahead as they may be booked."""
    queues = Queue.objects.filter(active=True, mall__active=True).select_related("mall", "agency")
    rules.materialise(queues=list(queues), at=timezone.now())


@shared_task
def mark_no_shows() -> None:
    """Who never came; their seats go to walk-ins."""
    rules.mark_no_shows(at=timezone.now())


@shared_task
def expire_unprinted() -> None:
    """Tickets that never came out of the printer."""
    rules.expire_unprinted(at=timezone.now())


@shared_task
def expire_kept() -> None:
    """Places that the mall kept for people it moved, and that nobody confirmed in time."""
    rules.expire_kept(at=timezone.now())


@shared_task
def pass_on_freed_seats() -> None:
    """Seats that were given back: to the next who would come earlier, or to everybody."""
    rules.pass_on(at=timezone.now())


@shared_task
def look_at_printers() -> None:
    """How the kiosks' network printers are."""
    rules.look_at_printers(at=timezone.now())


@shared_task
def keep_estimates() -> None:
    """What came of the waits that people were told, and, each mall by itself, what they are now."""
    shown_estimates.settle(at=timezone.now())
    for mall_id in Mall.objects.filter(active=True).values_list("pk", flat=True):
        keep_estimates_of.apply_async((mall_id,), expires=60)


@shared_task
def keep_estimates_of(mall_id: int) -> None:
    """What waits this mall's people are told now."""
    shown_estimates.keep(mall=Mall.objects.get(pk=mall_id), at=timezone.now())


@shared_task
def tell() -> None:
    """Who was called and who is almost there, and at once what is due."""
    rules.tell_the_line(at=timezone.now())
    send_due()


@shared_task
def ask_how_it_was() -> None:
    """The survey, to who has finished a visit."""
    rules.ask_how_it_was(at=timezone.now())


@shared_task
def write_digests() -> None:
    """The daily letters to heads and officers, each at its hour on the mall's clock."""
    rules.write_digests(at=timezone.now())


@shared_task
def close_past_days() -> None:
    """Days that are over, each in its mall's own zone."""
    rules.close_past_days(at=timezone.now())


@shared_task
def roll_up_yesterday() -> None:
    """Yesterday's final figures of every mall."""
    for mall in Mall.objects.filter(active=True):
        statistics.roll_up(mall=mall, date=mall.today() - timedelta(days=1))


@shared_task
def roll_up_today() -> None:
    """Today's figures so far of every mall."""
    for mall in Mall.objects.filter(active=True):
        statistics.roll_up(mall=mall, date=mall.today())
