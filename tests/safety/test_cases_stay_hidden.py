"""Who reported, and what is confidential, is read by nobody who must not, wherever they look.

Every address that a browser or program may ask for is asked by everybody, for three cases of the
civil registry: an anonymous one, a confidential one, and one about its own liaison.
"""

# ruff: noqa: F401, F811 (a fixture of another file)

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings

from complaints import rules
from complaints.models import Case, CaseEvent
from notifications.models import Message
from tests.house import at
from tests.safety.test_who_may import STAFF_ROLES, Street, _fill, _values, doors, street

NAME, PHONE, EMAIL = "Marsinah Widyaningrum", "081298765432", "marsinah.w@contoh.id"
PLACE, ACCOUNT, LINK = "lorong arsip ungu", "@marsinah_menulis", "https://contoh.id/kiriman/77"
SUBJECT, STORY, NOTE = "Perkara Kelinci", "kelinci bersayap tembaga", "catatan bebek perunggu"
IDENTITY = [NAME, "Marsinah", PHONE, PHONE[1:], EMAIL, ACCOUNT, LINK]
REPORT = [SUBJECT, STORY, NOTE, PLACE]  # each followed by the kind of the case
DESK = {"complaints_desk", "manager", "superuser"}
ABOUT_CASES = re.compile(
    r"case|aduan|complaint|pesan|message|log|riwayat|jejak|autocomplete|dasbor"
)


@dataclass
class Hidden:
    """The three cases of the civil registry, with their numbers and PINs."""

    street: Street
    filed: dict[str, rules.Filed]

    def page(self, role: str, path: str, query: str = "") -> str:
        """What somebody is answered, as text; nothing that it did stays."""
        answer = self.street.knock(role, "GET", path + query)
        body = b"".join(answer) if answer.streaming else answer.content
        return body.decode(errors="replace")


@pytest.fixture
def hidden(street) -> Hidden:
    house = street.house
    desk, liaison = house.people["complaints_desk"], house.people["liaison"]

    def file(kind: str, **flags: Any) -> rules.Filed:
        filed = rules.file_case(
            mall=house.mall,
            kind="complaint",
            subject=f"{SUBJECT} {kind}",
            text=f"{STORY} {kind}",
            agency_code=house.civil.code,
            place=f"{PLACE} {kind}",
            name=NAME,
            phone=PHONE,
            email=EMAIL,
            at=at(8),
            channel="instagram",
            language="id",
            entry=rules.Entry(entered_by=desk, account=ACCOUNT, permalink=LINK),
            **flags,
        )
        rules.check(case_id=filed.case.pk, by=desk, at=at(8, 1))
        rules.classify(case_id=filed.case.pk, level="ordinary", by=desk, at=at(8, 2))
        rules.add_note(case_id=filed.case.pk, text=f"{NOTE} {kind}", by=desk, at=at(8, 3))
        CaseEvent.objects.create(case=filed.case, kind="forwarded", at=at(8, 4), by=desk)
        return filed

    filed = {"anonymous": file("anonymous", anonymous=True)}
    filed |= {"confidential": file("confidential", confidential=True), "about": file("about")}
    Case.objects.filter(pk=filed["about"].case.pk).update(about_person=liaison)
    return Hidden(street, filed)


def paths(street: Street, case: Case) -> Iterator[str]:
    """Every address for GET that could speak of a case, with this case in it."""
    for address, _attempt in doors():
        method, route = address.split(" ", 1)
        if method != "GET" or not ABOUT_CASES.search(route):
            continue
        route = route.replace("{", "<").replace("}", ">")
        names = {**street.own, "number": case.number, "object_id": case.pk, "pk": case.pk}
        try:
            values = {**_values(street, route, None, "own"), **names}
        except AssertionError:
            values = names
        yield "/" + _fill(route, values)


@pytest.mark.parametrize("kind", ["anonymous", "confidential", "about"])
def test_nobody_reads_what_is_not_theirs_anywhere(hidden, kind):
    case = hidden.filed[kind].case
    opened = 0
    for path in paths(hidden.street, case):
        for role in ["anonymous", "citizen", *STAFF_ROLES]:
            words = list(IDENTITY)
            may_read = role in DESK or (kind == "anonymous" and role in {"liaison", "head"})
            may_read = may_read or (kind == "about" and role == "head")
            if not may_read:
                words += [f"{word} {kind}" for word in REPORT]
            text = hidden.page(role, path)
            opened += f"{STORY} {kind}" in text
            found = [word for word in words if word in text]
            assert not found, f"{role} {path}: {found}"
    assert opened, "the walk reads no case at all"


@pytest.mark.parametrize("query", ["?q=Marsinah", f"?q={PHONE}", "?q=kelinci", "?q=bersayap"])
def test_a_search_finds_nobody_by_name_contact_or_words(hidden, query):
    for role in STAFF_ROLES:
        text = hidden.page(role, "/admin/complaints/case/", query)
        for filed in hidden.filed.values():
            assert filed.case.number not in text, f"{role} {query}"


def test_messages_hold_neither_story_nor_who_told_it(hidden):
    for message in Message.objects.filter(kind__startswith="case"):
        first_name = message.context.pop("first_name", "")  # only of who gave it openly
        assert first_name in {"", "Marsinah"}
        kept = f"{message.context} {message.about} {message.dedup_key}"
        assert not [word for word in [*IDENTITY, *REPORT] if word in kept], message.kind
