"""Bare views: two that write the five rows, by one CTE and by the ORM; one page of 20 rows."""

import json
import os
import secrets
import uuid

from django.db import connection, transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from bench import floors
from bench.floor.models import Message, Ticket, TicketEvent, Visit, Window

_about: dict[int, tuple[int, int, int, str]] = {}


def about(window_id: int) -> tuple[int, int, int, str]:
    """(mall, service, queue, prefix) of a window; a bare project would have them in the page."""
    if window_id not in _about:
        with connection.cursor() as cursor:
            cursor.execute(floors.ABOUT_WINDOW, [window_id])
            _about[window_id] = cursor.fetchone()
    return _about[window_id]


@csrf_exempt
def by_cte(request: HttpRequest) -> JsonResponse:
    """One statement, in a transaction of its own."""
    asked = json.loads(request.body)
    window = asked["tickets"][0]["window"]
    with connection.cursor() as cursor:
        cursor.execute(floors.CTE, floors.values(window, *about(window), asked["name"]))
        row = cursor.fetchone()
    if row is None:
        return JsonResponse({"code": "full"}, status=409)
    return JsonResponse({"label": row[0]}, status=201)


@csrf_exempt
def by_orm(request: HttpRequest) -> JsonResponse:
    """select_for_update, save, and a create for each row."""
    asked = json.loads(request.body)
    window_id = asked["tickets"][0]["window"]
    mall, service, queue, prefix = about(window_id)
    now = timezone.now()
    with transaction.atomic():
        window = Window.objects.select_for_update().get(pk=window_id)
        if window.taken >= window.seats:
            return JsonResponse({"code": "full"}, status=409)
        number = window.first_number + window.issued
        window.taken = F("taken") + 1
        window.taken_online = F("taken_online") + 1
        window.issued = F("issued") + 1
        window.save(update_fields=["taken", "taken_online", "issued"])
        visit = Visit.objects.create(
            mall_id=mall,
            date=window.date,
            token=secrets.token_urlsafe(24),
            short_code=secrets.token_urlsafe(5)[:6],
            name=asked["name"],
            phone=os.urandom(46),
            email=os.urandom(32),
            nik=os.urandom(32),
            contact_key=os.urandom(32),
            channel="api",
            created_at=now,
        )
        ticket = Ticket.objects.create(
            public_id=uuid.uuid4(),
            visit=visit,
            mall_id=mall,
            date=window.date,
            queue_id=queue,
            service_type_id=service,
            window=window,
            number=number,
            label=f"{prefix} {number:03d}",
            state="booked",
            seat="online",
            person_key=os.urandom(32),
            booked_at=now,
        )
        TicketEvent.objects.create(ticket=ticket, kind="issued", at=now)
        Message.objects.create(
            kind="booked",
            channel="console",
            address=os.urandom(46),
            language="id",
            context=floors.CONTEXT,
            about=str(ticket.public_id),
            send_after=now,
            not_after=now,
            dedup_key=f"{ticket.public_id}:booked:{window_id}",
            state="due",
            created_at=now,
        )
    return JsonResponse({"label": ticket.label}, status=201)


def page(request: HttpRequest) -> HttpResponse:
    """Twenty tickets with their visits: one query, one template over a base, no translation."""
    tickets = Ticket.objects.select_related("visit").order_by("pk")[:20]
    return render(request, "page.html", {"tickets": tickets})


urlpatterns = [path("cte", by_cte), path("orm", by_orm), path("page", page, name="page")]
