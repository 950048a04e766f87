"""The five tables as a bare project would declare them; nothing of the portal's code."""

# ruff: noqa: DJ008 - columns as they are in the database
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Window(models.Model):
    queue_id = models.BigIntegerField()
    date = models.DateField()
    seats = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField()
    taken_online = models.PositiveSmallIntegerField()
    issued = models.PositiveIntegerField()
    first_number = models.PositiveIntegerField()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "queueing_window"


class Visit(models.Model):
    mall_id = models.BigIntegerField()
    date = models.DateField()
    token = models.CharField(max_length=32)
    short_code = models.CharField(max_length=6)
    name = models.CharField(max_length=100)
    phone = models.BinaryField()
    email = models.BinaryField()
    nik = models.BinaryField()
    contact_key = models.BinaryField(null=True)
    language = models.CharField(max_length=2, default="id")
    priority = models.CharField(max_length=10, default="")
    priority_reason = models.CharField(max_length=160, default="")
    needs = ArrayField(models.CharField(max_length=16), default=list)
    accommodation = models.CharField(max_length=160, default="")
    channel = models.CharField(max_length=10)
    notice_version = models.CharField(max_length=20, default="")
    created_at = models.DateTimeField()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "queueing_visit"


class Ticket(models.Model):
    public_id = models.UUIDField()
    visit = models.ForeignKey(Visit, models.DO_NOTHING)
    mall_id = models.BigIntegerField()
    date = models.DateField()
    queue_id = models.BigIntegerField()
    service_type_id = models.BigIntegerField()
    window = models.ForeignKey(Window, models.DO_NOTHING)
    number = models.PositiveIntegerField()
    label = models.CharField(max_length=10)
    state = models.CharField(max_length=12)
    seat = models.CharField(max_length=8)
    walk_in = models.BooleanField(default=False)
    priority = models.BooleanField(default=False)
    person_key = models.BinaryField(null=True)
    booked_at = models.DateTimeField()
    recalls = models.PositiveSmallIntegerField(default=0)
    returns = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=20, default="")
    parked_reason = models.CharField(max_length=160, default="")
    flagged = models.BooleanField(default=False)

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "queueing_ticket"


class TicketEvent(models.Model):
    ticket = models.ForeignKey(Ticket, models.DO_NOTHING)
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    note = models.CharField(max_length=200, default="")

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "queueing_ticketevent"


class Message(models.Model):
    kind = models.CharField(max_length=20)
    channel = models.CharField(max_length=12)
    address = models.BinaryField(null=True)
    language = models.CharField(max_length=5)
    context = models.JSONField(default=dict)
    about = models.CharField(max_length=40)
    send_after = models.DateTimeField()
    not_after = models.DateTimeField(null=True)
    dedup_key = models.CharField(max_length=120)
    state = models.CharField(max_length=8)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=40, default="")
    created_at = models.DateTimeField()
    rehearsal = models.BooleanField(default=False)
    time_zone = models.CharField(max_length=40, default="Asia/Jakarta")
    person_key = models.BinaryField(max_length=32, null=True)
    provider_id = models.CharField(max_length=120, default="")
    report = models.CharField(max_length=12, default="")
    parts = models.PositiveSmallIntegerField(default=0)
    cost = models.DecimalField(max_digits=10, decimal_places=2, default=0)

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "notifications_message"
