"""How times stand on the pages."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import translation

from services.models import Mall
from services.templatetags.portal import span, until

MALL = Mall(time_zone="Asia/Jakarta")


def moment(hour, minute=0, day=25):
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=MALL.zone).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("language", "nine_to_noon", "until_midnight"),
    [("id", "09.00–12.00", "22.30–24.00"), ("en", "09:00–12:00", "22:30–24:00")],
)
def test_a_stretch_is_written_in_the_malls_time(language, nine_to_noon, until_midnight):
    with translation.override(language):
        assert span(SimpleNamespace(starts_at=moment(9), ends_at=moment(12)), MALL) == nine_to_noon
        late = SimpleNamespace(starts_at=moment(22, 30), ends_at=moment(0, day=26))
        assert span(late, MALL) == until_midnight
        assert until(moment(0, 30), MALL).startswith("00")
