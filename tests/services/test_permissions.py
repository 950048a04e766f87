"""Who may do what, where: every role and every permission, at home and abroad."""

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from services import permissions
from services.models import Officer

P = permissions
HELD = {
    "counter": {P.CALL, P.SEE_QUEUE},
    "front_desk": {P.FRONT_DESK, P.SEE_QUEUE, P.ENTER_SURVEYS},
    "liaison": {P.HANDLE_CASES},
    "complaints_desk": {
        *(P.HANDLE_CASES, P.HANDLE_ALL_CASES, P.JUDGE_OBJECTIONS, P.ENTER_SURVEYS),
    },
    "agency_head": {
        *(P.ARRANGE, P.EDIT_CATALOGUE, P.READ_FIGURES, P.SEE_QUEUE),
        *(P.HANDLE_CASES, P.JUDGE_OBJECTIONS),
    },
    "mall_manager": set(P.ALL),
    "leader": {P.READ_FIGURES},
    "helper": {P.BOOK_FOR_OTHERS},
}
OF_AN_AGENCY = {"counter", "liaison", "agency_head"}


def test_the_table_names_every_role():
    assert set(HELD) == set(Officer.Role.values) == set(P.GRANTS)


@pytest.mark.parametrize("permission", sorted(P.ALL))
@pytest.mark.parametrize("role", sorted(HELD))
def test_an_office_grants_its_permissions_where_it_reaches_and_nowhere_else(
    role, permission, hold_office, mall, other_mall, agency, foreign, far_agency
):
    whole = role not in OF_AN_AGENCY
    user = hold_office(role, mall=mall, agency=None if whole else agency)
    held = permission in HELD[role]

    assert P.can(user, permission) is held
    assert P.can(user, permission, agency=agency) is held
    assert P.can(user, permission, agency=foreign) is (held and whole)
    assert P.can(user, permission, agency=far_agency) is False
    assert P.can(user, permission, mall=mall) is (held and whole)
    assert P.can(user, permission, mall=other_mall) is False
    reach = {agency, foreign} if whole else {agency}
    assert set(P.agencies_for(user, permission)) == (reach if held else set())
    assert set(P.malls_for(user, permission)) == ({mall} if held and whole else set())


def test_an_office_that_ended_grants_nothing(head, agency):
    head.offices.update(active=False)
    assert not P.can(head, P.ARRANGE, agency=agency)


def test_a_blocked_account_may_nothing(head, agency):
    head.is_active = False
    assert not P.can(head, P.ARRANGE, agency=agency)
    assert not P.agencies_for(head, P.ARRANGE).exists()


def test_a_visitor_may_nothing(db, agency):
    assert not any(P.can(AnonymousUser(), permission) for permission in P.ALL)


def test_a_superuser_may_everything_everywhere(db, agency, far_agency):
    user = User.objects.create_superuser("root")
    assert all(P.can(user, permission, agency=far_agency) for permission in P.ALL)
    assert set(P.agencies_for(user, P.REVEAL)) == {agency, far_agency}


def test_two_offices_add_up(head, mall, foreign):
    Officer.objects.create(user=head, mall=mall, agency=foreign, role="counter")
    assert P.can(head, P.CALL, agency=foreign)
    assert not P.can(head, P.ARRANGE, agency=foreign)


def test_asking_many_times_takes_one_query(head, agency, foreign, django_assert_num_queries):
    with django_assert_num_queries(1):
        for permission in P.ALL:
            P.can(head, permission, agency=agency)
            P.can(head, permission, agency=foreign)
