"""The API keeps its own description: whatever is sent, no crash and no answer outside of it.

Requests are made from openapi.json, the same ones each time. What stands for a mall, a token or a
counter is a real one wherever the request is meant to be right, so that it reaches the rules; each
request meets the same hall and is taken back.
"""

from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode, checks
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi import checks as openapi_checks

from accounts.rules import issue_token
from complaints.rules import file_case
from mpp_portal.wsgi import application
from queueing import rules
from queueing.hall import hall_code
from tests.house import at

CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
]
EXAMPLES = 8  # of each operation, beside those at the edges of its parameters
ACTS_ON_SOMEBODY = ("recall", "start", "end", "park", "absent", "transfer", "undo")

description = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


@pytest.fixture
def hall(house) -> dict[str, Any]:
    """What stands for a name of the description, as parameter or field."""
    manager = house.people["manager"]
    here = house.waiting("KTP", 9, arrived=at(8, 40), name="Ani")
    house.waiting("KK", 9, arrived=at(8, 45), name="Budi")
    booked = house.book("KK", 9, name="Citra")
    filed = file_case(
        mall=house.mall, kind="complaint", text="Uji", at=at(8), channel="api", language="id"
    )
    rules.open_counter(counter_id=house.counters[1].pk, officer=manager, at=at(8, 30))
    return {
        "mall": "gajah-mada",
        "code": "KTP",
        "service": "KTP",
        "agency": "DUKCAPIL",
        "window": house.window("C", 11).pk,
        "nik": "3576014403910003",
        "phone": "081234567890",
        "email": "nama@contoh.id",
        "hall_code": hall_code(mall_id=house.mall.pk, at=at(9)),
        "token": booked.visit.token,
        "public_id": str(booked.public_id),
        "ticket": str(here.public_id),
        "number": filed.case.number,
        "pin": filed.pin,
        "counter": house.counters[1].pk,
        "officer": manager,
        "bearer": issue_token(user=manager, name="uji", at=at(7)),
    }


@pytest.fixture(autouse=True)
def _one_connection():
    """Each request is made within the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@description.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_answer_is_outside_the_description(case, hall, clock):
    clock.move_to(at(9))
    _make_real(case, hall)
    headers = {"Accept-Encoding": "identity"}
    if _is_right(case, ParameterLocation.HEADER):
        headers |= {"Authorization": f"Bearer {hall['bearer']}", "X-PIN": hall["pin"]}
    with transaction.atomic():
        _somebody_stands_there(case.operation.path.rpartition("/")[2], hall)
        response = case.call(headers=headers)
        transaction.set_rollback(True)
    case.validate_response(response, checks=CHECKS)


def _somebody_stands_there(act: str, hall: dict[str, Any]) -> None:
    if act in ACTS_ON_SOMEBODY:
        at_counter = {
            "counter_id": hall["counter"],
            "officer": hall["officer"],
            "at": at(8, 59, 30),
        }
        rules.call_next(**at_counter)
        if act == "end":
            rules.start(**at_counter)


def _make_real(case: Any, hall: dict[str, Any]) -> None:
    """Put real names into the parts of a request that are meant to be right."""
    if _is_right(case, ParameterLocation.PATH) and case.path_parameters:
        case.path_parameters.update({n: hall[n] for n in case.path_parameters if n in hall})
    if _is_right(case, ParameterLocation.BODY) and isinstance(case.body, dict):
        for part in (case.body, *(one for one in case.body.get("tickets") or [])):
            part.update({n: hall[n] for n in part if n in hall and part[n] is not None})
        if case.operation.path.endswith("/transfer") and "service" in case.body:
            case.body["service"] = "PBB"


def _is_right(case: Any, where: ParameterLocation) -> bool:
    part = case.meta.components.get(where)
    return part is None or part.mode == GenerationMode.POSITIVE
