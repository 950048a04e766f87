"""Addresses of the queues: the mall's pages, taking a number, tickets, the hall's display."""

from django.urls import path

from queueing.views import board, booking, mall, service, ticket
from services import converters  # noqa: F401  (registers <mall:...>)

app_name = "queueing"

_mall = [
    path("<mall:mall>/", mall.home, name="home"),
    path("<mall:mall>/bantuan/", mall.help_page, name="help"),
    path("<mall:mall>/layanan/<str:code>/", service.service, name="service"),
    path("<mall:mall>/antrean/<str:code>/", booking.book, name="book"),
    path("<mall:mall>/layar/", board.display, name="display"),
    path("<mall:mall>/tiket-saya/", mall.my_tickets, name="my_tickets"),
    path("<mall:mall>/tiket-saya/lupakan/", mall.forget_tickets, name="forget_tickets"),
]
_ticket = [
    path("tiket/<str:token>/", ticket.ticket, name="ticket"),
    path("tiket/<str:token>/lapor/", ticket.check_in, name="check_in"),
    path("tiket/<str:token>/<uuid:public_id>/kembali/", ticket.come_back, name="come_back"),
    path("tiket/<str:token>/<uuid:public_id>/batal/", ticket.cancel, name="cancel"),
    path("tiket/<str:token>/<uuid:public_id>/pindah/", ticket.move, name="move"),
]
urlpatterns = _ticket + _mall
