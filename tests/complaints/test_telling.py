"""Each step tells the reporter that there is something to read, and staff what waits for them."""

import datetime as dt
import json
import logging

import pytest
from django.db import transaction

from complaints import rules, surroundings
from complaints.models import Case
from complaints.rules.telling import about, colleagues
from complaints.workflow import STEPS, Step
from notifications import texts
from notifications.models import Message
from services.models import Officer
from tests.complaints.conftest import STORY
from tests.house import at

pytestmark = pytest.mark.django_db
Role = Officer.Role
WHO = {
    "name": "Siti Aminah",
    "phone": "081234567890",
    "email": "siti@contoh.id",
    "subject": "Loket tutup",
    "place": "Lantai dua",
    "agency_code": "DUKCAPIL",
}


@pytest.fixture
def crew(person, civil):
    """One of each who handles cases, all with an e-mail address."""
    offices = {
        "desk": (Role.COMPLAINTS_DESK, None),
        "manager": (Role.MALL_MANAGER, None),
        "liaison": (Role.LIAISON, civil),
        "head": (Role.AGENCY_HEAD, civil),
    }
    found = {name: person(*office) for name, office in offices.items()}
    for name, user in found.items():
        user.email, user.first_name = f"{name}@contoh.id", name.title()
        user.save()
    return found


@pytest.fixture
def told():
    """The messages written since it was last asked: (kind, address), and their rows."""
    seen = set()

    def news():
        rows = [m for m in Message.objects.order_by("pk") if m.pk not in seen]
        seen.update(m.pk for m in rows)
        news.rows = rows
        return sorted((m.kind, m.address) for m in rows)

    return news


def to(*names):
    return [("case_duty", f"{name}@contoh.id") for name in sorted(names)]


def siti(kind):
    return (f"case_{kind}", "siti@contoh.id")


def forward(case, crew, civil):
    desk = {"case_id": case.pk, "by": crew["desk"], "at": at(10)}
    rules.check(**desk)
    rules.classify(level="ordinary", **desk)
    return rules.forward(agency=civil, **desk)


def test_from_receipt_to_the_end_each_hears_what_concerns_them(filed, crew, civil, told):
    case = filed(**WHO).case
    assert told() == [*to("desk"), siti("received")]
    by_desk = {"case_id": case.pk, "by": crew["desk"], "at": at(11)}
    by_liaison = {**by_desk, "by": crew["liaison"]}
    rules.check(**by_desk)
    assert told() == []
    rules.classify(level="ordinary", **by_desk)
    assert told() == [siti("changed")]
    rules.forward(agency=civil, **by_desk)
    assert told() == to("liaison")
    rules.ask_for_more(text="Pukul berapa?", **by_liaison)
    assert told() == [siti("question")]
    rules.complete(case=case, text="Pukul 9.", at=at(12))
    assert told() == to("liaison")
    rules.respond(text="Sedang diperiksa.", **by_liaison)
    assert told() == [siti("changed")]
    rules.answer(text="Loket ditambah.", **by_liaison)
    assert told() == [siti("answer")]
    assert told.rows[0].context["date"] == "Rabu, 9 Desember 2026"
    rules.object_to(case=case, text="Masih lama.", at=at(12))
    assert told() == to("desk", "head")
    rules.answer(text="Sudah diperiksa.", **{**by_desk, "by": crew["head"]})
    told()
    rules.close_unanswered(at(10, days=20))
    assert told() == [siti("changed")]
    rules.reopen(case=case, text="Belum.", at=at(10, days=21))
    assert told() == [siti("changed"), *to("desk")]  # with the date that moved


@pytest.mark.parametrize(
    ("act", "asked", "said"),
    [
        (rules.reject, {"reason": "Bukan layanan."}, "tidak dapat diproses"),
        (rules.move_elsewhere, {"text": "Ke pusat."}, "dialihkan"),
        (rules.merge, {"into_id": None}, "digabung"),
    ],
)
def test_an_end_is_told_and_takes_back_what_was_not_sent_yet(filed, crew, act, asked, said, told):
    case, other = filed(**WHO).case, filed().case
    told()
    asked = {**asked, "into_id": other.pk} if "into_id" in asked else asked
    act(case_id=case.pk, by=crew["desk"], at=at(11), **asked)
    assert told() == [siti("changed")]
    assert said in told.rows[0].context["news"]
    of_case = Message.objects.filter(about=about(case.pk))
    assert list(of_case.filter(state="due").values_list("kind", flat=True)) == ["case_changed"]
    assert of_case.filter(state="voided").count() == 2


def test_dates_that_move_are_told_with_the_new_one(filed, crew, civil, told):
    case = forward(filed(**WHO).case, crew, civil)
    rules.ask_for_more(case_id=case.pk, text="Apa?", by=crew["liaison"], at=at(11, days=1))
    told()
    rules.complete(case=case, text="Itu.", at=at(11, days=6))
    assert told() == [siti("changed"), *to("liaison")]
    news = [m.context["news"] for m in told.rows if m.kind == "case_changed"]
    assert news == ["Batas waktu pengaduan bergeser ke Senin, 7 Desember 2026."]
    question = Message.objects.get(kind="case_question")
    assert question.state == "voided"  # it was answered before it left


def test_an_answer_after_a_silent_wait_tells_of_the_answer_alone(filed, crew, civil, told):
    case = forward(filed(**WHO).case, crew, civil)
    rules.ask_for_more(case_id=case.pk, text="Apa?", by=crew["liaison"], at=at(11))
    told()
    rules.answer(case_id=case.pk, text="Selesai.", by=crew["liaison"], at=at(11, days=5))
    assert told() == [siti("answer")]


def test_what_goes_to_who_oversees_the_agency_names_nobody(filed, crew, civil, mall, told):
    mall.email = "pengaduan@gajahmada.id"
    mall.save()
    civil.oversight_contact = "Inspektorat@contoh.id"
    civil.save()
    case = forward(filed(**WHO).case, crew, civil)
    rules.answer(case_id=case.pk, text="Selesai.", by=crew["liaison"], at=at(11))
    rules.object_to(case=case, text="Belum.", at=at(12))
    told()
    rules.escalate(case_id=case.pk, text="Mohon periksa Siti.", by=crew["desk"], at=at(13))
    assert told() == [siti("changed"), ("case_oversight", "inspektorat@contoh.id")]
    context = next(m.context for m in told.rows if m.kind == "case_oversight")
    assert context["agency"] == "Dinas Dukcapil"
    assert context["desk"] == "pengaduan@gajahmada.id"
    assert "Siti" not in json.dumps(context)


def test_a_contact_of_oversight_that_is_no_address_is_left_to_the_desk(filed, crew, civil, told):
    civil.oversight_contact = "Jalan Gajah Mada 1"
    civil.save()
    case = forward(filed(agency_code="DUKCAPIL").case, crew, civil)
    rules.answer(case_id=case.pk, text="Selesai.", by=crew["liaison"], at=at(11))
    rules.object_to(case=case, text="Belum.", at=at(12))
    told()
    rules.escalate(case_id=case.pk, text="Mohon periksa.", by=crew["desk"], at=at(13))
    assert told() == []


def test_without_a_contact_nobody_is_written_to_but_staff(filed, crew, told):
    filed()
    assert told() == to("desk")


def test_a_phone_alone_will_do_and_the_language_is_the_reporters(filed, settings, told):
    settings.NOTIFICATION_CHANNELS = ["whatsapp", "sms", "email"]
    filed(phone="081234567890", language="en")
    assert told() == [("case_received", "+6281234567890")]
    (row,) = told.rows
    assert (row.channel, row.language, row.context["date"]) == (
        "whatsapp",
        "en",
        "Wednesday, 2 December 2026",
    )


@pytest.mark.parametrize("flag", ["anonymous", "confidential"])
def test_who_hides_is_told_without_a_name(filed, crew, flag, told):
    filed(**WHO, **{flag: True})
    assert [m.context["first_name"] for m in _sent_to_siti(told)] == [""]


def test_who_does_not_hide_is_called_by_the_first_name(filed, civil, told):
    filed(**WHO)
    assert [m.context["first_name"] for m in _sent_to_siti(told)] == ["Siti"]


def _sent_to_siti(told):
    told()
    return [m for m in told.rows if m.kind.startswith("case_") and m.kind != "case_duty"]


def test_the_message_and_the_step_are_one_transaction(filed, crew, told):
    case = filed(**WHO).case
    told()
    with transaction.atomic():
        rules.reject(case_id=case.pk, reason="Bukan.", by=crew["desk"], at=at(11))
        transaction.set_rollback(True)
    assert told() == []
    assert not Message.objects.filter(about=about(case.pk)).exclude(state="due").exists()
    case.refresh_from_db()
    assert case.events.count() == 1


def test_nothing_of_the_story_stands_in_a_message_or_a_log(filed, crew, civil, caplog, told):
    caplog.set_level(logging.DEBUG)
    case, pin = filed(**WHO, service_code="")
    case = forward(case, crew, civil)
    by_liaison = {"case_id": case.pk, "by": crew["liaison"], "at": at(11)}
    rules.ask_for_more(text="Pertanyaan rahasia.", **by_liaison)
    rules.complete(case=case, text="Keterangan rahasia.", at=at(12))
    rules.answer(text="Jawaban rahasia.", **by_liaison)
    rules.object_to(case=case, text="Keberatan rahasia.", at=at(13))
    secrets = ["Aminah", "81234567890", "siti@", pin, "Loket tutup", "Lantai dua", "rahasia"]
    secrets += [STORY, "DUKCAPIL", "Dukcapil"]
    columns = [f.name for f in Message._meta.fields if f.name not in {"address", "routes"}]
    everything = str(list(Message.objects.values_list(*columns)))
    for secret in secrets:
        assert secret not in everything, secret
        assert secret not in caplog.text, secret
    assert case.number not in caplog.text
    dedup = Message.objects.values_list("about", "dedup_key")
    assert not any(case.number in key for row in dedup for key in row)
    for row in Message.objects.all():
        written = texts.render(kind=row.kind, language=row.language, context=row.context)
        assert not any(secret in written.body + written.short for secret in secrets)


def test_a_withdrawn_case_takes_back_what_was_not_sent(filed, crew, told):
    case = filed(**WHO).case
    rules.withdraw(case=case, at=at(11))
    assert set(Message.objects.values_list("state", flat=True)) == {"voided"}
    assert told() == [*to("desk"), siti("received")]  # and no message more


def test_an_erased_case_takes_back_what_was_not_sent(filed, crew, settings):
    settings.RETENTION_CASE_DAYS = 1
    filed(**WHO)
    rules.erase_cases(at(10, days=3))
    assert set(Message.objects.values_list("state", flat=True)) == {"voided"}


def test_who_it_is_about_hears_nothing_nor_who_sat_at_that_counter(
    filed, crew, civil, monkeypatch, told
):
    case = filed(**WHO, counter_number=4).case
    case.about_person = crew["head"]
    case.save()
    sat = {crew["liaison"].pk: {(case.mall_id, 4)}}
    monkeypatch.setattr(surroundings, "_counters", lambda user: sat.get(user.pk, frozenset()))
    told()
    case = forward(case, crew, civil)
    rules.answer(case_id=case.pk, text="Selesai.", by=crew["desk"], at=at(11))
    rules.object_to(case=case, text="Belum.", at=at(12))
    told()
    addresses = {m.address for m in Message.objects.all()}
    assert addresses == {"desk@contoh.id", "manager@contoh.id", "siti@contoh.id"}


def test_of_a_confidential_case_the_agency_hears_nothing(filed, crew, told):
    case = filed(**WHO, confidential=True).case
    by_desk = {"case_id": case.pk, "by": crew["desk"], "at": at(11)}
    rules.check(**by_desk)
    rules.answer(text="Selesai.", **by_desk)
    rules.object_to(case=case, text="Belum.", at=at(12))
    addresses = {m.address for m in Message.objects.all()}
    # The desk answered, so the manager judges.
    assert addresses == {"desk@contoh.id", "manager@contoh.id", "siti@contoh.id"}


def test_who_is_named_later_does_not_get_what_still_waits(filed, crew, civil, told):
    case = forward(filed(**WHO).case, crew, civil)
    told()
    named = {"person": crew["liaison"], "counter_number": None}
    rules.name_about(case_id=case.pk, by=crew["desk"], at=at(11), **named)
    assert told() == to("head")
    unsent = Message.objects.filter(kind="case_duty", state="due")
    assert {m.address for m in unsent} == {"head@contoh.id"}


def test_where_the_desk_is_who_it_is_about_the_manager_hears_of_it(filed, crew, told):
    case = filed().case
    told()
    Case.objects.filter(pk=case.pk).update(about_person=crew["desk"])
    case.refresh_from_db()
    event = case.events.get()
    rules.telling.tell(case, _again(event))
    assert told() == to("manager")


def _again(event):
    """The same step once more: as if it were only now."""
    event.pk += 1_000_000
    return event


def test_nobody_is_told_who_could_not_open_the_case(filed, crew, civil, tax, person, passed_on):
    stranger = person(Role.LIAISON, tax)
    stranger.email = "asing@contoh.id"
    stranger.save()
    for flags in ({}, {"confidential": True}):
        case = passed_on(filed(**WHO, **flags).case)
        for who in rules.telling.Who:
            for user in colleagues(case, who):
                assert Case.objects.visible_to(user).filter(pk=case.pk).exists()


def test_who_has_left_or_has_no_address_is_not_written_to(filed, crew, told):
    crew["desk"].offices.update(active=False)
    crew["manager"].email = ""
    crew["manager"].save()
    filed()
    assert told() == []


def test_who_enters_a_case_is_not_told_of_it(filed, crew, told):
    filed(channel="whatsapp", entry=rules.Entry(entered_by=crew["desk"]))
    assert told() == []


def test_a_rehearsal_reaches_nobody(filed, crew, mall, told):
    mall.rehearsal = True
    mall.save()
    filed(**WHO)
    told()
    assert {(m.rehearsal, m.channel) for m in told.rows} == {(True, "console")}


def test_costs_go_to_the_mall_and_the_night_is_the_malls(filed, mall, civil, told):
    filed(**WHO)
    told()
    (row,) = told.rows
    assert (row.mall_id, row.agency_id, row.time_zone) == (mall.pk, None, "Asia/Jakarta")
    assert row.not_after - row.send_after == dt.timedelta(days=7)


def test_every_step_that_ends_a_case_is_told_but_the_reporters_own():
    ends = rules.telling._ENDS
    assert ends == {Step.CLOSED, Step.REJECTED, Step.MERGED, Step.MOVED, Step.WITHDRAWN}
    assert ends - set(rules.telling._NEWS) == {Step.WITHDRAWN}
    assert all(STEPS[step][1] for step in ends)
