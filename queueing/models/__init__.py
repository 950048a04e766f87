"""Queues, counters, windows of a day, visits and their tickets, and the log of what happened."""

from queueing.models.day import QueueDay, Window
from queueing.models.desk import Inquiry
from queueing.models.figures import DailyStatistic, EstimateShown
from queueing.models.hall import Device, HelpCall, Notice, SlipPrint, VoiceClip
from queueing.models.house import (
    PREFIX,
    Counter,
    CounterAssignment,
    CounterSession,
    Queue,
    QueueClosure,
    QueueHours,
    QueueService,
)
from queueing.models.moving_up import EarlierWish, FreedSeat
from queueing.models.visits import CallAnnouncement, Ticket, TicketEvent, Visit

__all__ = [
    "PREFIX",
    "CallAnnouncement",
    "Counter",
    "CounterAssignment",
    "CounterSession",
    "DailyStatistic",
    "Device",
    "EarlierWish",
    "EstimateShown",
    "FreedSeat",
    "HelpCall",
    "Inquiry",
    "Notice",
    "Queue",
    "QueueClosure",
    "QueueDay",
    "QueueHours",
    "QueueService",
    "SlipPrint",
    "Ticket",
    "TicketEvent",
    "Visit",
    "VoiceClip",
    "Window",
]
