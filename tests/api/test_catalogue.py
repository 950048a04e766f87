"""Malls, services and windows over the API."""

import pytest
from django.test.utils import CaptureQueriesContext

from services.models import Agency, Fee, ServiceStandard, ServiceType
from tests.house import TODAY, at


def test_malls_are_listed_by_address_and_name(house, ask):
    answer = ask("GET", "/malls")
    assert answer.status_code == 200
    assert answer.json() == {
        "items": [{"slug": "gajah-mada", "name": "MPP Gajah Mada"}],
        "next": None,
    }


def test_services_carry_their_agency_mode_and_standard(house, ask):
    items = ask("GET", "/malls/gajah-mada/services").json()["items"]
    ktp = next(item for item in items if item["code"] == "KTP")
    assert ktp["agency"] == {"code": "DUKCAPIL", "name": "Dinas Dukcapil"}
    assert (ktp["booking_mode"], ktp["needs_nik"], ktp["counter_minutes"]) == ("both", True, 15)
    paspor = next(item for item in items if item["code"] == "PASPOR")
    assert (paspor["booking_mode"], paspor["external_system"]) == ("external", "M-Paspor")
    assert paspor["counter_minutes"] is None


def test_an_empty_fee_varies_and_nought_is_free(house, ask):
    standard = ServiceStandard.objects.get(service_type=house.services["KK"])
    Fee.objects.create(standard=standard, amount=0, legal_basis="UU 24/2013")

    def fee(code):
        items = ask("GET", "/malls/gajah-mada/services").json()["items"]
        return next(item["fee"] for item in items if item["code"] == code)

    assert fee("KTP") is None
    assert fee("KK") == 0
    Fee.objects.create(standard=standard, amount=50_000, variant="terlambat")
    assert fee("KK") is None  # two amounts: the rows say which


def test_services_come_by_agency_by_search_and_in_pages(house, ask):
    def codes(query):
        answer = ask("GET", f"/malls/gajah-mada/services?{query}").json()
        return [item["code"] for item in answer["items"]], answer["next"]

    assert codes("agency=BPKPD") == (["PASPOR", "PBB", "SIDANG"], None)
    assert codes("q=ktp")[0] == ["KTP"]
    first, following = codes("limit=4")
    rest, end = codes(f"limit=4&cursor={following}")
    assert (len(first), len(rest), end) == (4, 2, None)
    assert not set(first) & set(rest)


@pytest.mark.parametrize("query", ["", "q=layanan"])
def test_services_cost_the_same_queries_for_one_and_for_fifty(house, ask, connection, query):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert ask("GET", f"/malls/gajah-mada/services?{query}").status_code == 200
        return len(seen)

    queries()  # the words of the catalogue are read every five minutes
    few = queries()
    other = Agency.objects.create(mall=house.mall, code="LAIN", name="Dinas Lain")
    for number in range(50):
        service = ServiceType.objects.create(
            agency=other, code=f"X{number}", name=f"Layanan {number}"
        )
        standard = ServiceStandard.objects.create(
            service_type=service, valid_from=TODAY, approved_at=at(6)
        )
        Fee.objects.create(standard=standard, amount=number)
    assert queries() == few


def test_windows_have_offsets_seats_and_the_gates_answer(house, ask):
    answer = ask("GET", f"/malls/gajah-mada/services/KTP/windows?date={TODAY}").json()
    assert answer["items"][0] == {
        "id": house.window("C", 8).pk,
        "starts_at": "2026-11-25T08:00:00+07:00",
        "ends_at": "2026-11-25T09:00:00+07:00",
        "seats_left": 4,
        "code": "",
    }
    assert answer["next"] is None
    assert answer["availability"]["open"] is True
    assert answer["availability"]["next_date"] == "2026-11-26"


def test_windows_say_why_nothing_can_be_taken(house, ask):
    for code, date, why in [
        ("PASPOR", "", "external"),
        ("SIDANG", "", "walk_in_only"),
        ("KTP", "?date=2026-11-24", "past"),
        ("KTP", "?date=2026-11-28", "closed"),
        ("KTP", "?date=2027-02-01", "not_yet_released"),
    ]:
        answer = ask("GET", f"/malls/gajah-mada/services/{code}/windows{date}")
        assert answer.status_code == 200
        gate = answer.json()["availability"]
        assert (gate["open"], gate["code"]) == (False, why)
        assert gate["message"]


def test_windows_cost_the_same_queries_whatever_their_number(house, ask, connection):
    def queries(date):
        with CaptureQueriesContext(connection) as seen:
            items = ask("GET", f"/malls/gajah-mada/services/KTP/windows?date={date}").json()
        return len(items["items"]), len(seen)

    many, cost = queries(TODAY)
    house.queues["C"].windows.filter(date="2026-11-26").exclude(
        pk=house.window("C", 9, days=1).pk
    ).delete()
    assert queries("2026-11-26") == (1, cost)
    assert many > 5


def test_what_does_not_exist_is_a_404_in_json(house, ask):
    for path, code in [
        ("/malls/tidak-ada/services", "unknown_mall"),
        ("/malls/%00/services", "unknown_mall"),
        ("/malls/tidak-ada/board", "unknown_mall"),
        ("/malls/gajah-mada/services/TIDAK/windows", "unknown_service"),
        ("/malls/gajah-mada/services/%00/windows", "unknown_service"),
        ("/tidak/ada", "not_found"),
        ("/", "not_found"),
    ]:
        answer = ask("GET", path)
        assert answer.status_code == 404
        assert answer.json()["code"] == code
        assert answer.json()["message"]
        assert answer.json()["fields"] == {}


def test_a_bad_query_names_its_field(house, ask):
    for query, field in [
        ("limit=0", "limit"),
        ("limit=banyak", "limit"),
        ("q=%00", "q"),
        ("cursor=%00", "cursor"),
    ]:
        answer = ask("GET", f"/malls/gajah-mada/services?{query}")
        assert answer.status_code == 422
        assert answer.json()["code"] == "bad_input"
        assert list(answer.json()["fields"]) == [field]


def test_a_bad_date_says_how_dates_are_written(house, ask):
    answer = ask("GET", "/malls/gajah-mada/services/KTP/windows?date=kemarin")
    assert answer.status_code == 422
    assert answer.json()["fields"] == {"date": "Tanggal ditulis seperti 2026-11-25."}


def test_a_method_that_is_not_served_is_a_405_in_json(house, ask):
    answer = ask("DELETE", "/malls")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer["Allow"]


def test_the_docs_list_every_operation_without_any_script(house, ask):
    page = ask("GET", "/docs")
    assert page.status_code == 200
    text = page.content.decode()
    for path, methods in ask("GET", "/openapi.json").json()["paths"].items():
        for method in methods:
            assert f"{method.upper()}</span> {path}" in text
    assert "<script" not in text
    assert " src=" not in text
