"""Addresses of the first run, gone once somebody has set the portal up."""

from django.urls import path

from mpp_portal.first_run import views

app_name = "first_run"
STEPS = {
    "account": "",
    "mall": "mal/",
    "hours": "jam/",
    "services": "layanan/",
    "queues": "antrean/",
    "counters": "loket/",
    "people": "petugas/",
    "review": "periksa/",
}
urlpatterns = [
    *(path(address, views.step, {"name": name}, name=name) for name, address in STEPS.items()),
    path("selesai/", views.done, name="done"),
]
