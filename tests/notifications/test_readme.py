"""The gateways of README.md can be used as they stand there."""

import re
from pathlib import Path

import pytest

from notifications.channels import sms, sms_report

README = (Path(__file__).parents[2] / "README.md").read_text()
FOUND = re.findall(r"^(SMS_(?:REQUEST|ANSWER|REPORT))=(\{.*\})$", README, re.MULTILINE)
EXAMPLES = [dict(FOUND[n : n + 3]) for n in range(0, len(FOUND), 3)]


def test_there_are_two_and_each_is_whole():
    assert [len(example) for example in EXAMPLES] == [3, 3]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_read(example, settings, monkeypatch):
    monkeypatch.setenv("SMS_KEY", "x")
    monkeypatch.setenv("SMS_PASSWORD", "x")
    for name, text in example.items():
        setattr(settings, name, text)
    assert sms.gateway().accepted
    assert sms_report.reading().delivered
