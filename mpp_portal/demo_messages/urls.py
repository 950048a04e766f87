"""Addresses of the demo's messages; they answer in the demo only."""

from django.urls import path

from mpp_portal.demo_messages import views

app_name = "demo_messages"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("alamat/", views.whose, name="whose"),
    path("kirim/<int:message_id>/", views.send_now, name="send_now"),
    path("<slug:caught>/", views.message, name="message"),
    path("<slug:caught>/isi/", views.framed, name="framed"),
]
