"""One answer for one finished visit, which leads to nobody; every no has its sentence."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, models, transaction

from privacy import erasure
from surveys import refusals, rules
from surveys.elements import CODES
from surveys.models import Channel, Invitation, Response
from surveys.refusals import Refusal
from tests.house import TODAY, at, at_once
from tests.surveys.conftest import ALL_THREE, KEY

pytestmark = pytest.mark.django_db
PROFILE = {"sex": "female", "age_group": "30_39", "education": "sma", "work": "wirausaha"}


def answer(token, answers=None, key=KEY, now=None, **more):
    rules.answer(
        token=token, answers=answers or ALL_THREE, at=now or at(11), request_key=key, **more
    )


def refused(code, act, **how):
    with pytest.raises(Refusal) as no:
        act(**how)
    assert no.value.code == code
    assert no.value.message.endswith(".")


# -- inviting --------------------------------------------------------------------------------


def test_a_finished_ticket_is_invited_once_however_often_it_is_asked(
    house, service, reference, token
):
    again = rules.invite(
        mall=house.mall, agency=service.agency, service=service, date=TODAY,
        reference=reference, at=at(12),
    )  # fmt: skip
    assert again == token
    assert len(token) == 24
    invitation = Invitation.objects.get()
    assert invitation.expires_at == at(0, days=15)  # 14 whole days after the visit's


def test_two_sweeps_at_once_make_one_invitation(open_house, reference):
    service = open_house.services["KTP"]

    def ask(_n):
        return rules.invite(
            mall=open_house.mall, agency=service.agency, service=service, date=TODAY,
            reference=reference, at=at(10),
        )  # fmt: skip

    assert len(set(at_once(8, ask))) == 1
    assert Invitation.objects.count() == 1


def test_a_visit_of_long_ago_is_not_invited(house, service, reference):
    refused(
        "too_late", rules.invite, mall=house.mall, agency=service.agency, service=service,
        date=TODAY, reference=reference, at=at(0, days=15),
    )  # fmt: skip
    assert not Invitation.objects.exists()


def test_the_open_link_of_a_ticket_is_found_until_it_is_answered_or_too_old(reference, token):
    assert rules.open_token(reference=reference, at=at(11)) == token
    assert rules.open_token(reference=reference, at=at(0, days=15)) is None
    answer(token)
    assert rules.open_token(reference=reference, at=at(11)) is None


# -- answering -------------------------------------------------------------------------------


def test_nine_answers_are_kept_for_service_and_week_and_nothing_more(token, service):
    answer(token)
    response = Response.objects.get()
    assert [getattr(response, code) for code in CODES] == [3] * 9
    assert (response.agency, response.service_type) == (service.agency, service)
    assert response.week == TODAY - dt.timedelta(days=2)  # its Monday
    assert (response.channel, response.entered_by) == (Channel.WEB, None)
    assert Invitation.objects.get().answered_on == TODAY


def test_what_is_skipped_is_nothing_and_not_a_zero(token):
    answer(token, {"waktu": 4})
    response = Response.objects.get()
    assert (response.waktu, response.biaya) == (4, None)


def test_the_same_form_sent_twice_is_one_response(token):
    answer(token)
    answer(token, dict.fromkeys(CODES, 1))
    assert [r.waktu for r in Response.objects.all()] == [3]


def test_a_form_sent_many_times_at_once_is_one_response(open_house, reference):
    service = open_house.services["KTP"]
    token = rules.invite(
        mall=open_house.mall, agency=service.agency, service=service, date=TODAY,
        reference=reference, at=at(10),
    )  # fmt: skip
    outcomes = at_once(8, lambda n: answer(token, key=f"perangkat-{n % 2}"))
    assert Response.objects.count() == 1
    refusals_seen = {str(no) for no in outcomes if no is not None}
    assert refusals_seen == {"already_answered"}
    assert len([no for no in outcomes if no is None]) == 4  # the same device may repeat itself


def test_another_device_cannot_answer_again(token):
    answer(token)
    refused("already_answered", answer, token=token, key="perangkat-lain")


def test_refusals_of_answering(token):
    refused("unknown_survey", answer, token="tebakan-yang-cukup-panjang")
    refused("unknown_survey", answer, token="x" * 5000)
    refused("unknown_survey", rules.find, token="tak\0ada-tak-ada-tak-ada")
    refused("bad_answer", answer, token=token, answers=ALL_THREE | {"waktu": 5})
    refused("bad_answer", answer, token=token, answers=ALL_THREE | {"lain": 1})
    refused("bad_answer", answer, token=token, integrity=(4,))
    refused("nothing_answered", answer, token=token, answers=dict.fromkeys(CODES))
    refused("expired", answer, token=token, now=at(0, days=15))
    assert not Response.objects.exists()
    assert Invitation.objects.get().answered_on is None


def test_the_operators_own_questions_are_kept_with_their_version(token, settings):
    settings.SURVEY_INTEGRITY_QUESTIONS = ["Tidak ada pungutan.", "Tidak ada calo."]
    refused("bad_answer", answer, token=token, integrity=(4, 7))
    answer(token, integrity=(4, None))
    response = Response.objects.get()
    assert response.integrity == [4, None]
    assert len(response.integrity_asked) == 12


# -- nobody is to be found -------------------------------------------------------------------


def test_no_column_leads_from_a_response_to_a_ticket(token, reference):
    answer(token)
    rules.add_profile(request_key=KEY, profile=PROFILE)
    related = {f.related_model for f in Response._meta.fields if f.is_relation}
    assert {model._meta.label for model in related} == {
        "services.Mall", "services.Agency", "services.ServiceType", "accounts.User",
    }  # fmt: skip
    assert not [f for f in Response._meta.fields if isinstance(f, models.DateTimeField)]
    assert not [f for f in Response._meta.fields if isinstance(f, models.AutoField)]  # no order
    sides = [set(map(str, model.objects.values_list().get())) for model in (Invitation, Response)]
    places = {str(value) for value in Response.objects.values_list(
        "mall_id", "agency_id", "service_type_id").get()}  # fmt: skip
    assert sides[0] & sides[1] <= places | {"None", "web", ""}
    assert KEY not in str(sides)


def transactions():
    """The transaction that last wrote the invitation and the one that wrote the response."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.xmin::text, r.xmin::text FROM surveys_invitation i, surveys_response r"
        )
        return cursor.fetchone()


def test_after_the_night_not_even_the_transaction_is_in_common(open_house, reference):
    service = open_house.services["KTP"]
    token = rules.invite(
        mall=open_house.mall, agency=service.agency, service=service, date=TODAY,
        reference=reference, at=at(10),
    )  # fmt: skip
    answer(token)
    assert len(set(transactions())) == 1
    erase_all(at(20))
    assert len(set(transactions())) == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT amend_key FROM surveys_response WHERE amend_key IS NOT NULL")
        assert not cursor.fetchall()
    assert not Invitation.objects.exclude(request_hash=None).exists()
    refused("already_answered", answer, token=token)
    refused("cannot_add", rules.add_text, request_key=KEY, text="terlambat")


def test_the_night_lays_responses_in_an_order_of_their_own(filled):
    """As they came, the place of each on the disk would follow that of its invitation."""
    filled("KTP", 30, TODAY - dt.timedelta(days=2), text="Kursi kurang")
    for number, response in enumerate(Response.objects.all()):
        response.amend_key = bytes([number]) * 32
        response.save(update_fields=["amend_key"])
    as_they_lie = "SELECT id FROM surveys_response ORDER BY ctid"
    with connection.cursor() as cursor:
        assert rules.erase_responses(at(20)) == 30
        cursor.execute(as_they_lie)
        found = [pk for (pk,) in cursor.fetchall()]
    assert found == sorted(found)
    assert {r.text for r in Response.objects.all()} == {"Kursi kurang"}


# -- adding, the same day, from the same device ----------------------------------------------


def test_profile_and_words_are_added_by_the_device_that_answered(token):
    answer(token)
    rules.add_profile(request_key=KEY, profile=PROFILE)
    rules.add_text(request_key=KEY, text="  Kursi kurang.  \n\n")
    response = Response.objects.get()
    assert {field: getattr(response, field) for field in PROFILE} == PROFILE
    assert response.text == "Kursi kurang."
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM surveys_response")
        assert b"Kursi" not in bytes(cursor.fetchone()[0])  # encrypted


def test_refusals_of_adding(token):
    refused("cannot_add", rules.add_text, request_key=KEY, text="belum menjawab")
    answer(token)
    refused("cannot_add", rules.add_profile, request_key="perangkat-lain", profile=PROFILE)
    refused("bad_choice", rules.add_profile, request_key=KEY, profile={"sex": "lain"})
    refused("text_too_long", rules.add_text, request_key=KEY, text="x" * 1001)


# -- paper -----------------------------------------------------------------------------------


@pytest.fixture
def enter(house, service):
    def enter(who="front_desk", **how):
        rules.enter_paper(
            **{
                "officer": house.people[who],
                "service": service,
                "date": TODAY,
                "answers": ALL_THREE,
                "at": at(11),
                "request_key": "kertas-1",
            }
            | how
        )

    return enter


@pytest.mark.parametrize("who", ["front_desk", "complaints_desk", "manager"])
def test_the_desks_enter_paper_forms_marked_as_such(enter, house, who):
    enter(who, profile=PROFILE, text="Tulisan tangan")
    enter(who)  # the same sending again
    response = Response.objects.get()
    assert (response.channel, response.entered_by) == (Channel.PAPER, house.people[who])
    assert response.text == "Tulisan tangan"


def test_a_paper_form_is_counted_in_the_week_of_its_entry_so_that_no_past_week_grows(enter):
    enter(date=TODAY - dt.timedelta(days=30))
    assert Response.objects.get().week == TODAY - dt.timedelta(days=2)


def test_a_form_sent_again_after_the_night_or_at_once_is_entered_once(open_house):
    def enter(_n=0, now=None):
        rules.enter_paper(
            officer=open_house.people["front_desk"], service=open_house.services["KTP"],
            date=TODAY, answers=ALL_THREE, at=now or at(11), request_key="kertas-1",
        )  # fmt: skip

    at_once(4, enter)
    erase_all(at(20))
    enter(now=at(8, days=1))
    assert Response.objects.count() == 1


@pytest.mark.parametrize("who", ["officer", "liaison", "head", "leader", "helper"])
def test_nobody_else_enters_any(enter, who):
    refused("not_allowed", enter, who=who)
    assert not Response.objects.exists()


def test_refusals_of_paper(enter):
    refused("bad_date", enter, date=TODAY + dt.timedelta(days=1))
    refused("bad_date", enter, date=TODAY - dt.timedelta(days=61))
    refused("nothing_answered", enter, answers={})
    refused("bad_choice", enter, profile={"work": "raja"})
    refused("text_too_long", enter, text="x" * 1001)


def test_words_on_a_paper_form_are_not_changed_from_a_phone(enter):
    enter()
    refused("cannot_add", rules.add_text, request_key="kertas-1", text="lain")


# -- erasing ---------------------------------------------------------------------------------


def erase_all(now):
    holdings = {h.name: h for h in erasure.inventory() if h.name.startswith("surveys.")}
    assert set(holdings) == {"surveys.Invitation", "surveys.Response"}
    return sum(holding.erase(now) for holding in holdings.values())


def test_past_their_time_links_words_and_data_are_emptied_and_the_marks_stay(
    token, settings, house
):
    answer(token)
    rules.add_profile(request_key=KEY, profile=PROFILE)
    rules.add_text(request_key=KEY, text="Kursi kurang")
    erase_all(at(11, days=settings.RETENTION_VISIT_DAYS))
    assert Invitation.objects.get().token == token
    assert Response.objects.get().text == "Kursi kurang"
    erase_all(at(11, days=settings.RETENTION_VISIT_DAYS + 1))
    invitation = Invitation.objects.get()
    assert (invitation.token, invitation.reference) == (None, None)
    assert erase_all(at(11, days=settings.RETENTION_SURVEY_DAYS + 7)) == 1
    response = Response.objects.get()
    assert (response.text, response.sex, response.work) == ("", "", "")
    assert (response.waktu, response.erased) == (3, True)
    assert erase_all(at(11, days=settings.RETENTION_SURVEY_DAYS + 8)) == 0


# -- the database keeps what it can ----------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [{"waktu": 5}, {"waktu": 0}, {"week": TODAY}, {"channel": "paper"}, {"entered_by_id": 1}],
)
def test_the_database_takes_no_form_that_cannot_be(token, wrong, house):
    answer(token)
    response = Response.objects.get()
    if "entered_by_id" in wrong:
        wrong = {"entered_by_id": house.people["front_desk"].pk}
    for field, value in wrong.items():
        setattr(response, field, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        response.save()


def test_every_refusal_is_raised_by_a_rule_and_tried_here():
    rooms = Path(rules.__file__).read_text()
    tried = Path(__file__).read_text()
    assert set(re.findall(r'Refusal\("(\w+)"', rooms)) == set(refusals._TEXTS)
    assert not [code for code in refusals._TEXTS if f'"{code}"' not in tried]
