"""The network printer as the kiosk reaches it: where it may be, how long it is waited for."""

import socket
import time

import pytest

from queueing import printer
from tests.hall.paper import a_closed_port, a_printer


@pytest.mark.parametrize("host", ["192.168.1.50", "10.0.0.7", "fd00::7", "127.0.0.1"])
def test_addresses_of_printers(host):
    assert printer.is_host(host)


@pytest.mark.parametrize(
    "host",
    [
        *("", "http://x", "a b", "a/b", "999.1.1.1", "-x", "0.0.0", "printer-1", "kios.mpp.local"),
        *("169.254.169.254", "224.0.0.1", "::", "fe80::1", "fe80::1%eth0", "ff02::1"),
        "0.0.0.0",  # noqa: S104 - nobody listens there
        *("::ffff:169.254.169.254", "::ffff:0.0.0.0", "::ffff:224.0.0.1"),
    ],
)
def test_what_is_no_address_of_a_printer(host):
    assert not printer.is_host(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_in_production_the_server_itself_is_no_printer(settings, host):
    settings.PRODUCTION = True
    assert not printer.is_host(host)


def test_a_long_address_is_judged_at_once():
    started = time.perf_counter()
    assert not printer.is_host("a" * 119 + "!")
    assert time.perf_counter() - started < 0.1


def test_a_printer_that_was_speaking_to_another_is_asked_once_more(monkeypatch):
    connect, refused = socket.create_connection, []

    def busy_at_first(*args, **kwargs):
        if not refused:
            refused.append(1)
            raise ConnectionRefusedError
        return connect(*args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", busy_at_first)
    with a_printer() as thermal:
        assert printer.look(thermal.host, thermal.port) == ""
    assert printer.look("127.0.0.1", a_closed_port()) == "printer_away"


def test_slow_printers_hold_two_of_the_servers_hands_and_no_third(monkeypatch):
    monkeypatch.setattr(printer, "_WAIT_S", 0.05)
    with a_printer() as thermal:
        for _two in range(2):
            printer._SPEAKING.acquire()
        try:
            assert printer.send(thermal.host, thermal.port, b"") == (
                printer.Outcome(False, "printer_away")
            )
        finally:
            for _two in range(2):
                printer._SPEAKING.release()
        assert printer.send(thermal.host, thermal.port, b"").out
