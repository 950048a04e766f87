"""The Celery application; its timetable is in schedule.py."""

import os

from celery import Celery

from mpp_portal.schedule import TIMETABLE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mpp_portal.settings")
app = Celery("mpp_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = TIMETABLE
app.autodiscover_tasks()
