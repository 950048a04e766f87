"""Addresses of this room: where providers report what became of messages."""

from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("pesan/kabar/whatsapp/", views.whatsapp, name="whatsapp_reports"),
    path("pesan/kabar/sms/", views.sms, name="sms_reports"),
]
