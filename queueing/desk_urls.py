"""Addresses of the desks inside the admin: counters and the front desk."""

from django.urls import path

from queueing.admin import console, front_desk

app_name = "desks"
urlpatterns = [
    path("loket/", console.counters, name="counters"),
    path("loket/<int:counter_id>/", console.counter, name="counter"),
    path("loket/<int:counter_id>/<str:act>/", console.act, name="act"),
    path("meja-depan/", front_desk.front_desk, name="front_desk"),
    path("meja-depan/<str:act>/", front_desk.act, name="front_desk_act"),
]
