"""Heads read averages of their own agency, never a single form; desks enter what is on paper."""

import datetime as dt
import html
import re
from decimal import Decimal

import pytest
import time_machine
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from queueing.models import DailyStatistic
from surveys import rules
from surveys.elements import CODES
from surveys.figures import Quarter, report
from surveys.models import Channel, Response
from tests.house import TODAY, at

pytestmark = pytest.mark.django_db
RESULTS, PAPER = "/admin/survei/", "/admin/survei/kertas/"
MONDAY = TODAY - dt.timedelta(days=2)
BEFORE = Quarter.of(TODAY).before
LAST = dt.date(2026, 9, 28)  # its last week, which ends in the next


def weeks_ago(number):
    return MONDAY - dt.timedelta(weeks=number)


@pytest.fixture(autouse=True)
def _wednesday_noon():
    with time_machine.travel(at(12), tick=False):
        yield


@pytest.fixture
def as_who(client, house):
    def sign_in(name):
        client.force_login(house.people[name])
        return client

    return sign_in


def text_of(page):
    return html.unescape(page.content.decode())


def test_single_responses_are_in_no_list_of_the_admin():
    assert not [m for m in admin.site._registry if m._meta.app_label == "surveys"]


def test_a_head_reads_the_own_agency_and_no_address_opens_another(as_who, house, filled):
    filled("KTP", 12, weeks_ago(1))
    filled("PBB", 12, weeks_ago(1), mark=1)
    client = as_who("head")
    page = text_of(client.get(RESULTS))
    assert "75,00" in page
    assert "tampil sesudah triwulan selesai" in page
    assert house.tax.name not in page
    assert client.get(RESULTS, {"instansi": house.tax.pk}).status_code == 404
    assert client.get(RESULTS, {"periode": "1999-1"}).status_code == 404
    assert "25,00" in text_of(as_who("manager").get(RESULTS, {"instansi": house.tax.pk}))


@pytest.mark.parametrize("who", ["officer", "liaison", "front_desk", "complaints_desk"])
def test_who_reads_no_figures_reads_none_of_these(as_who, who):
    assert as_who(who).get(RESULTS).status_code == 403


def test_below_ten_nothing_is_shown_not_even_words(as_who, house, filled):
    filled("KTP", 9, weeks_ago(1), text="Kursi kurang")
    page = text_of(as_who("head").get(RESULTS))
    assert "Belum dapat ditampilkan" in page
    assert "Kursi kurang" not in page
    assert "75,00" not in page


def test_a_week_that_is_not_over_waits_and_so_do_fewer_than_ten_more(house, filled):
    filled("KTP", 10, weeks_ago(3))
    filled("KTP", 4, weeks_ago(2), mark=1)
    filled("KTP", 50, weeks_ago(0), mark=1)
    quarter = Quarter.of(TODAY)
    first = report(house.civil, quarter, today=TODAY)
    assert (first.index.complete, str(first.index.score), first.waiting) == (10, "75.00", True)
    filled("KTP", 6, weeks_ago(1), mark=1)
    second = report(house.civil, quarter, today=TODAY)
    assert (second.index.complete, len(second.weeks), second.waiting) == (20, 2, False)
    assert [line.complete for line in second.weeks] == [10, 10]


def test_incomplete_forms_are_not_in_the_index_and_their_share_is_said(house, filled):
    filled("KTP", 15, weeks_ago(1))
    filled("KTP", 5, weeks_ago(1), mark=1, biaya=None)
    found = report(house.civil, Quarter.of(TODAY), today=TODAY).index
    assert (found.forms, found.complete, str(found.score)) == (20, 15, "75.00")
    assert float(found.incomplete_share) == 0.25


def test_small_services_cannot_be_found_by_subtraction(house, filled):
    filled("KTP", 30, LAST)
    filled("KK", 12, LAST, mark=2)
    filled("AKTA", 3, LAST, mark=1)
    lines = report(house.civil, BEFORE, today=TODAY).services
    assert {line.name: line.complete for line in lines} == {
        "Layanan KTP": 30, "Layanan KK": None, "Layanan AKTA": None,
    }  # fmt: skip
    assert [str(line.score) for line in lines if line.score] == ["75.00"]


def test_a_running_quarter_says_nothing_of_services_and_groups(house, filled):
    """A service that grows by eleven beside a total that grows by twelve would tell of one."""
    filled("KTP", 30, LAST, sex="female")
    sunday = LAST + dt.timedelta(days=6)
    for today, shown in [(sunday, []), (sunday + dt.timedelta(days=8), ["Layanan KTP"])]:
        found = report(house.civil, BEFORE, today=today)
        assert [line.name for line in found.services] == shown
        assert bool(found.groups) == bool(shown)
    assert not BEFORE.over(sunday + dt.timedelta(days=1))  # the night has still to pass


def test_groups_of_respondents_are_shown_from_ten_on_and_none_by_subtraction(as_who, house, filled):
    filled("KTP", 30, LAST, sex="female", work="pns")
    filled("KTP", 12, LAST, mark=2, sex="male")
    filled("KTP", 4, LAST, mark=1)
    sex, _age, _education, work = report(house.civil, BEFORE, today=TODAY).groups
    assert [(line.name, line.complete, line.score) for line in sex.lines] == [
        ("Perempuan", 30, 75), ("Laki-laki", None, None), ("Tidak diisi", None, None),
    ]  # fmt: skip
    assert [(line.name, line.complete) for line in work.lines] == [("PNS", 30), ("Tidak diisi", 16)]
    page = text_of(as_who("head").get(RESULTS, {"periode": str(BEFORE)}))
    assert "Menurut jenis kelamin" in page
    assert "Layanan KTP" in page


def test_groups_go_at_once_when_the_first_of_them_is_erased(house, filled):
    filled("KTP", 30, LAST, sex="female")
    filled("KTP", 1, LAST, erased=True)
    assert report(house.civil, BEFORE, today=TODAY).groups == []


def test_integrity_is_the_mean_of_ten_answers_or_more_to_todays_questions(
    as_who, house, filled, settings
):
    settings.SURVEY_INTEGRITY_QUESTIONS = ["Tidak ada pungutan.", "Tidak ada calo."]
    asked = rules.version_of(settings.SURVEY_INTEGRITY_QUESTIONS)
    filled("KTP", 9, LAST, integrity=[4, None], integrity_asked=asked)
    filled("KTP", 1, LAST, integrity=[3, 1], integrity_asked=asked)
    filled("KTP", 20, LAST, integrity=[1, 1], integrity_asked="lain")
    found = report(house.civil, BEFORE, today=TODAY).integrity
    assert found == [("Tidak ada pungutan.", 10, Decimal("3.90"))]
    page = text_of(as_who("head").get(RESULTS, {"periode": str(BEFORE)}))
    assert "3,90" in page


def served(house, date, people):
    DailyStatistic.objects.create(
        mall=house.mall, agency=house.civil, service_type=house.services["KTP"], date=date,
        walk_in=people, served=people, rolled_up_at=at(12),
    )  # fmt: skip


def test_the_sample_is_taken_of_who_was_served_in_the_quarter_before(as_who, house, filled):
    filled("KTP", 30, weeks_ago(1))
    quarter = Quarter.of(TODAY)
    served(house, quarter.first - dt.timedelta(days=1), 10)
    served(house, quarter.first, 500)
    unknown = report(house.civil, quarter, today=TODAY).index
    assert (unknown.needed, unknown.indicative) == (None, True)  # the figures begin too late
    assert "data pengguna triwulan sebelumnya belum lengkap" in text_of(as_who("head").get(RESULTS))
    served(house, quarter.before.first + dt.timedelta(days=3), 10)
    known = report(house.civil, quarter, today=TODAY).index
    assert (known.needed, known.indicative) == (19, False)
    assert "sampel tercapai" in text_of(as_who("head").get(RESULTS))


def test_a_service_of_another_agency_that_is_given_away_keeps_its_forms(house, filled):
    """Quarters meet without a gap or a week twice."""
    quarter = Quarter(2026, 4)
    assert (quarter.first, quarter.end) == (dt.date(2026, 10, 1), dt.date(2027, 1, 1))
    assert (quarter.after, str(quarter.before)) == (Quarter(2027, 1), "2026-3")
    assert quarter.before.end == quarter.first


def test_words_are_shown_without_marks_service_or_day(as_who, filled):
    filled("KTP", 12, weeks_ago(1))
    filled("AKTA", 1, weeks_ago(1), text="<b>Kursi</b> kurang")
    page = as_who("head").get(RESULTS).content.decode()
    assert "&lt;b&gt;Kursi" in page
    [shown] = re.findall(r'<div class="m-more">(.*?)</div>', page)
    assert "AKTA" not in shown


def test_the_page_costs_the_same_for_many_forms(as_who, filled):
    client = as_who("head")
    filled("KTP", 10, weeks_ago(1))
    client.get(RESULTS)
    costs = []
    for count in (1, 60):
        filled("KK", count, weeks_ago(2))
        with CaptureQueriesContext(connection) as queries:
            client.get(RESULTS)
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 10


# -- paper -----------------------------------------------------------------------------------


def fields(page, house, **more):
    key = re.search(r'name="request_key" value="([^"]+)"', page.content.decode())[1]
    marks = dict.fromkeys(CODES, "4")
    day = {"date": TODAY.isoformat(), "service": house.services["KTP"].pk}
    return {"mal": "gajah-mada", "request_key": key, **day, **marks, **more}


def test_a_desk_enters_a_form_and_the_next_keeps_the_service(as_who, house):
    client = as_who("front_desk")
    form = fields(client.get(PAPER), house, waktu="", work="pns", text="Tulisan tangan")
    page = client.post(PAPER, form, follow=True)
    assert "Formulir dicatat" in text_of(page)
    assert re.search(rf'value="{house.services["KTP"].pk}" selected', page.content.decode())
    client.post(PAPER, form)  # sent again
    response = Response.objects.get()
    assert (response.channel, response.waktu, response.biaya) == (Channel.PAPER, None, 4)
    assert (response.entered_by, response.work) == (house.people["front_desk"], "pns")


def test_what_needs_mending_is_said_and_nothing_is_lost(as_who, house):
    client = as_who("complaints_desk")
    page = client.get(PAPER)
    late = (TODAY + dt.timedelta(days=1)).isoformat()
    wrong = client.post(PAPER, fields(page, house, date=late, text="Tulisan tangan"))
    assert wrong.status_code == 422
    assert f"{rules.PAPER_DAYS} hari yang lalu" in text_of(wrong)
    assert "Tulisan tangan" in text_of(wrong)
    empty = client.post(PAPER, fields(page, house, **dict.fromkeys(CODES, "")))
    assert "Jawab paling sedikit satu" in text_of(empty)
    no_service = client.post(PAPER, fields(page, house, service=""))
    assert "Pilih layanan yang dinilai." in text_of(no_service)
    assert not Response.objects.exists()


@pytest.mark.parametrize("who", ["officer", "liaison", "head", "leader"])
def test_nobody_else_enters_forms(as_who, who):
    assert as_who(who).get(PAPER).status_code == 403
    assert as_who(who).post(PAPER, {}).status_code == 403


def test_a_mall_of_others_is_not_there(as_who, house):
    house.mall.__class__.objects.create(slug="lain", name="MPP Lain", regency="x")
    assert as_who("front_desk").get(PAPER, {"mal": "lain"}).status_code == 404
