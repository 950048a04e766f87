"""Everybody reads whether promises are kept and what was published, and nothing of a person."""

import csv
import datetime as dt
import io
import itertools
import re
from collections import defaultdict

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from complaints.figures import DESK, SMALLEST, Line, by_agency, figures_of, may_be_told, rows, shown
from complaints.models import Case, CaseEvent, Publication
from complaints.published import PAGE
from complaints.similar import similar
from complaints.workflow import State, Step
from services.models import Agency, Holiday, Mall
from tests.house import TODAY, at

FIRST = TODAY - dt.timedelta(days=365)
WHO = {"name": "Siti Aminah", "phone": "081234567890", "email": "siti@contoh.id"}


def past(filed, *, answered=2, state=State.CLOSED, due=5, completion=14, days_ago=63, **asked):
    """A case of the past: received on a day, answered so many days later, or not at all."""
    case = filed(at=at(10, days=-days_ago), **asked).case
    on = case.received_at + dt.timedelta(days=answered) if answered is not None else None
    start = case.counted_from
    Case.objects.filter(pk=case.pk).update(
        state=state,
        first_answered_at=on if state not in (State.REJECTED, State.MOVED) else None,
        first_answer_due_on=start + dt.timedelta(days=due),
        level="ordinary",
        level_days=14,
        completion_due_on=start + dt.timedelta(days=completion),
        closed_at=on if state in (State.CLOSED, State.REJECTED, State.MOVED) else None,
        closes_on=TODAY if state == State.ANSWERED else None,
        waiting_since=start if state == State.NEEDS_COMPLETION else None,
    )
    if on and state not in (State.REJECTED, State.MOVED):
        CaseEvent.objects.create(case=case, kind=Step.ANSWERED, at=on, note="Sudah.")
    return case


@pytest.fixture
def publisher(db):
    return User.objects.create(username="publisher", is_staff=True)


@pytest.fixture
def publication(filed, publisher):
    """Publish a case in these words."""

    def put(subject="Lama menunggu", text="Antrean berhenti.", answer="Ditambah.", **asked):
        case = filed(**(WHO | asked)).case
        return Publication.objects.create(
            case=case,
            subject=subject,
            text=text,
            answer=answer,
            published_at=at(12) + dt.timedelta(minutes=case.pk % 500),
            published_by=publisher,
        )

    return put


# -- in time ---------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("case", "judged"),
    [
        ({}, (1, 1)),
        ({"answered": 5}, (1, 1)),  # on the day itself
        ({"answered": 6}, (1, 0)),
        ({"answered": 4, "completion": 3}, (1, 0)),
        ({"answered": 4, "state": State.ANSWERED}, (1, 1)),
        ({"answered": None, "state": State.RECEIVED}, (1, 0)),
        ({"answered": None, "state": State.RECEIVED, "days_ago": 2}, None),  # its date is to come
        ({"answered": None, "state": State.NEEDS_COMPLETION}, None),  # the clock stands
        ({"answered": 4, "state": State.IN_FOLLOW_UP}, (1, 0)),  # objected to, and not resolved
        ({"answered": 4, "state": State.IN_FOLLOW_UP, "completion": 300}, (1, 1)),
        ({"state": State.REJECTED}, (1, 1)),  # a reason is an answer
        ({"state": State.MOVED, "answered": 9}, (1, 0)),
        ({"state": State.WITHDRAWN}, None),
    ],
)
def test_a_case_is_in_time_by_its_two_dates(filed, mall, case, judged):
    past(filed, **case)
    found = by_agency(mall, first=FIRST, today=TODAY).get(None)
    assert (found and (found["cases"], found["kept"])) == judged


@pytest.mark.django_db
def test_the_median_counts_working_days_without_holidays_and_without_the_reporters(filed, mall):
    for answered in (2, 3, 5, 6, 8):  # from a Wednesday: 2, 2, 3, 4, 6 working days
        past(filed, answered=answered, days_ago=63)
    assert by_agency(mall, first=FIRST, today=TODAY)[None]["days"] == 3
    Holiday.objects.create(mall=mall, date=TODAY - dt.timedelta(days=62), name="Libur")
    assert by_agency(mall, first=FIRST, today=TODAY)[None]["days"] == 2
    Case.objects.update(waited_days=1)
    assert by_agency(mall, first=FIRST, today=TODAY)[None]["days"] == 1
    Case.objects.filter(pk=Case.objects.order_by("pk").first().pk).update(state=State.WITHDRAWN)
    assert by_agency(mall, first=FIRST, today=TODAY)[None]["days"] is None  # of four: nobody's


@pytest.mark.django_db
def test_a_confidential_case_counts_with_the_malls_desk_and_in_one_statement(filed, mall, civil):
    past(filed, agency_code="DUKCAPIL")
    past(filed, agency_code="DUKCAPIL", confidential=True)
    past(filed, days_ago=400)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = by_agency(mall, first=FIRST, today=TODAY)
    assert len(asked) == 1
    assert {key: row["cases"] for key, row in found.items()} == {civil.pk: 1, None: 1}


# -- small groups ----------------------------------------------------------------------------------


def told(counts):
    """What everybody sees of groups with so many cases."""
    lines = [Line(f"{n}", f"{n}", count, 0) for n, count in enumerate(counts)]
    seen = shown(lines, first=FIRST, last=TODAY)
    return (
        seen.total and seen.total.cases,
        tuple((line.code, line.cases) for line in seen.lines),
        seen.together and seen.together.cases,
        tuple(seen.hidden),
    )


@pytest.mark.parametrize(("groups", "most"), [(1, 20), (2, 16), (3, 13), (4, 8)])
def test_nobody_can_work_out_a_group_of_fewer_than_five(groups, most):
    """Whoever knows the rule and tries every possible mall is left with three numbers or more."""
    worlds = defaultdict(list)
    for counts in itertools.product(range(most + 1), repeat=groups):
        worlds[told(counts)].append(counts)
    for seen, possible in worlds.items():
        if (seen[0] or 0) > most:  # some of the malls it could be were not tried
            continue
        for group, numbers in enumerate(zip(*possible, strict=True)):
            if min(numbers) < SMALLEST:
                assert len(set(numbers)) >= 3, (seen, group, possible[:3])


@given(st.lists(st.integers(0, 40), min_size=1, max_size=24))
def test_what_is_shown_adds_up_and_no_small_group_is_in_it(counts):
    total, lines, together, hidden = told(counts)
    assert all(cases >= SMALLEST for _code, cases in lines)
    assert len(lines) + len(hidden) == len(counts)
    assert len(hidden) != 1 or len(counts) == 1
    assert (total or 0) == sum(cases for _code, cases in lines) + (together or 0)
    assert together is None or together >= SMALLEST
    # Swapping what two small groups have changes nothing that is shown.
    small = [n for n, count in enumerate(counts) if count < SMALLEST]
    if len(small) > 1:
        swapped = list(counts)
        swapped[small[0]], swapped[small[1]] = counts[small[1]], counts[small[0]]
        assert told(swapped) == told(counts)


def test_a_sum_that_tells_of_one_is_kept_back():
    assert not may_be_told([3], 9)
    assert not may_be_told([4, 4], 9)  # nothing but four and four
    assert not may_be_told([0, 5], 5)
    assert not may_be_told([4, 9], 9)
    assert not may_be_told([1, 2], 9)
    assert may_be_told([3, 3], 9)
    assert may_be_told([2, 9], 12)


# -- the page --------------------------------------------------------------------------------------


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode()))


@pytest.fixture
def address(mall):
    return reverse("complaints:open", args=[mall.slug])


@pytest.fixture
def year(filed, mall, civil, tax, time_machine):
    """Ten cases of one agency, nine of them in time; twenty of another; three of a third."""
    time_machine.move_to(at(12))
    small = Agency.objects.create(mall=mall, code="KECIL", name="Kantor Kecil")
    Agency.objects.create(mall=mall, code="SEPI", name="Kantor Sepi")
    for n in range(10):
        past(filed, agency_code="DUKCAPIL", answered=2 if n else 9)
    for _ in range(20):
        past(filed, agency_code="BPKPD")
    for _ in range(3):
        past(filed, agency_code="KECIL", confidential=False)
    return small


@pytest.mark.django_db
def test_the_first_sentence_is_the_answer_and_the_worst_is_first(client, address, year):
    answer = client.get(address)
    page = text_of(answer)
    assert "9 dari 10 pengaduan dijawab tepat waktu." in page
    assert [line.code for line in answer.context["figures"].lines] == ["DUKCAPIL", "BPKPD"]
    assert "90%" in page
    assert "Sampaikan pengaduan" in page
    assert "Lacak pengaduan" in page
    assert "SP4N-LAPOR!" in page


@pytest.mark.django_db
def test_small_groups_have_their_name_only_and_are_in_no_total(client, address, year):
    seen = client.get(address).context["figures"]
    assert [str(name) for name in seen.hidden] == [str(DESK), "Kantor Kecil", "Kantor Sepi"]
    assert (seen.total.cases, seen.together) == (30, None)


@pytest.mark.django_db
def test_data_says_what_the_page_says(client, mall, year):
    data = client.get(reverse("complaints:figures", args=[mall.slug, "json"]))
    table = client.get(reverse("complaints:figures", args=[mall.slug, "csv"]))
    items = data.json()["items"]
    assert [(item["of"], item["agency_code"], item["cases"]) for item in items[:3]] == [
        ("mall", "", 30),
        ("agency", "DUKCAPIL", 10),
        ("agency", "BPKPD", 20),
    ]
    assert {item["cases"] for item in items[3:]} == {None}
    assert data.json()["licence"] == "CC BY 4.0"
    lines = list(csv.DictReader(io.StringIO(table.content.decode())))
    assert [line["cases"] for line in lines] == ["30", "10", "20", "", "", ""]
    for answer in (data, table):
        again = client.get(answer.wsgi_request.path, headers={"if-none-match": answer["ETag"]})
        assert again.status_code == 304
    assert client.get(reverse("complaints:figures", args=[mall.slug, "xml"])).status_code == 404


@pytest.mark.django_db
def test_a_name_that_would_be_a_formula_is_none_in_the_table(client, mall, year):
    Agency.objects.filter(code="BPKPD").update(name="=1+1")
    table = client.get(reverse("complaints:figures", args=[mall.slug, "csv"])).content.decode()
    assert ",'=1+1," in table


@pytest.mark.django_db
def test_a_mall_without_cases_says_what_would_be_here(client, address):
    page = text_of(client.get(address))
    assert "Belum cukup pengaduan untuk dihitung." in page
    assert "Belum ada pengaduan yang diterbitkan." in page


@pytest.mark.django_db
def test_published_cases_are_shown_without_their_case(client, address, publication, civil, filed):
    item = publication(agency_code="DUKCAPIL", text="<script>alert(1)</script> Antre.")
    filed(subject="Tidak terbit", **WHO)
    for path in (address, reverse("complaints:published", args=[civil.mall.slug, item.pk])):
        page = client.get(path).content.decode()
        assert "Lama menunggu" in page
        assert "Dinas Dukcapil" in page
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
        for secret in (*WHO.values(), item.case.number, "pukul 9 sesuai jadwal", "Tidak terbit"):
            assert secret not in page


@pytest.mark.django_db
def test_what_is_withdrawn_confidential_or_of_another_mall_is_not_there(
    client, address, publication, mall
):
    other = Mall.objects.create(slug="lain", name="Lain", regency="Lain", province="Lain")
    gone, secret, abroad = publication(), publication(), publication(mall=other)
    Publication.objects.filter(pk=gone.pk).update(withdrawn_at=at(13))
    Case.objects.filter(pk=secret.case_id).update(confidential=True)
    assert "Lama menunggu" not in client.get(address).content.decode()
    assert similar(mall, "Lama menunggu antrean berhenti") == []
    for item in (gone, secret, abroad):
        path = reverse("complaints:published", args=[mall.slug, item.pk])
        assert client.get(path).status_code == 404
    assert client.get(reverse("complaints:published", args=["lain", abroad.pk])).status_code == 200


@pytest.mark.django_db
def test_they_are_sifted_by_agency_and_words(client, address, publication, civil, tax):
    publication("Paspor hilang", agency_code="DUKCAPIL")
    publication("Pajak salah", agency_code="BPKPD")

    def found(**asked):
        return [item.subject for item in client.get(address, asked).context["page"].items]

    assert found(instansi="BPKPD") == ["Pajak salah"]
    assert found(kata="paspor") == ["Paspor hilang"]
    assert found(kata="paspor", instansi="BPKPD") == []
    assert len(found(instansi="TIDAK-ADA")) == 2
    for hostile in ("' | !! &", "\0", "a" * 5000, "<->", ":*"):
        assert client.get(address, {"kata": hostile}).status_code == 200
    for cursor in ("x", "1-", "9" * 16 + "-1", "-1-1", "1-" + "9" * 18):
        assert client.get(address, {"sesudah": cursor}).status_code == 200


@pytest.mark.django_db
def test_pages_follow_each_other_without_gap_or_repetition(client, address, publication):
    made = {publication(f"Nomor {n}").pk for n in range(2 * PAGE + 3)}
    seen, path = [], address
    while path:
        answer = client.get(path)
        seen += [item.pk for item in answer.context["page"].items]
        after = answer.context["page"].next
        path = f"{address}?{answer.context['next']}" if after else None
    assert (len(seen), set(seen)) == (len(made), made)


@pytest.mark.django_db
def test_fifty_publications_cost_as_many_queries_as_one(client, address, publication, civil):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return len(asked)

    publication(agency_code="DUKCAPIL")
    one = cost()
    for _ in range(49):
        publication(agency_code="DUKCAPIL")
    assert cost() == one <= 8


# -- like a story ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_story_finds_what_was_published_with_words_in_common(publication, mall):
    near = publication("Mesin antrean mati", "Kios tidak mencetak karcis antrean.")
    publication("Toilet kotor", "Lantai dua basah.")
    publication("Parkir penuh", "Tidak ada karcis.")  # one word in common says little
    story = "Pagi ini mesin kios mati dan tidak mencetak karcis untuk saya."
    with CaptureQueriesContext(connection) as asked:
        assert similar(mall, story) == [near]
    assert len(asked) == 1
    for n in range(4):
        publication(f"Mesin kios mati {n}", "Karcis tidak keluar.")
    assert len(similar(mall, story)) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "story",
    [
        "",
        " ",
        "\0",
        "\ud800 antrean mesin",
        "' | ! & ( ) :* <-> \\",
        "antrean:* | mesin & !x",
        "dan yang di",
        "a" * 9000,
        "mesin antrean " * 900,
        "%s %(x)s {}",
        "'; drop table x; --",
    ],
)
def test_any_story_is_safe(publication, mall, story):
    item = publication("Mesin antrean mati", "Kios tidak mencetak karcis.")
    expected = [item] if "mesin" in story and "antrean" in story else []
    assert similar(mall, story) == expected


@pytest.mark.django_db
def test_the_search_uses_its_index(publication, mall):
    item = publication()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE complaints_publication")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    with CaptureQueriesContext(connection) as asked:
        assert similar(mall, item.text + item.subject) is not None
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + asked[0]["sql"])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "words_of_publications" in plan


@pytest.mark.django_db
def test_open_data_names_no_one(filed, mall, year):
    told = rows(figures_of(mall, today=TODAY))
    assert set(told[0]) == set(told[-1])
    assert not set(WHO.values()) & {str(value) for row in told for value in row.values()}
