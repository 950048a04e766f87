"""The voice: the right words in order, clips that can be heard, the mall's own before the robot."""

import array
import io
import math
import re
import sys
import wave
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mpp_portal.checks import the_hall_has_a_voice
from queueing import rules, speech, voice
from queueing.kiosk import SPOKEN
from queueing.models import VoiceClip
from tests.house import at

OWN = speech.bell()


def heard(clip: bytes) -> tuple[float, array.array]:
    """Seconds and samples of a WAV."""
    with wave.open(io.BytesIO(clip)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 22050)
        samples = array.array("h", file.readframes(file.getnframes()))
    return len(samples) / 22050, samples


# -- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "satu"),
        (10, "sepuluh"),
        (11, "sebelas"),
        (14, "empat belas"),
        (20, "dua puluh"),
        (25, "dua puluh lima"),
        (100, "seratus"),
        (103, "seratus tiga"),
        (110, "seratus sepuluh"),
        (111, "seratus sebelas"),
        (219, "dua ratus sembilan belas"),
        (999, "sembilan ratus sembilan puluh sembilan"),
        (1204, "satu dua nol empat"),
    ],
)
def test_a_counter_is_counted_in_indonesian(number, words):
    assert voice.spoken(voice.counted(number)) == words


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("C 037", "ce nol tiga tujuh"),
        ("T2 014", "te dua nol satu empat"),
        ("AB 1204", "a be satu dua nol empat"),
        ("C K01", "ce ka nol satu"),
        ("Q 900", "ki sembilan nol nol"),
    ],
)
def test_a_number_is_spelled_one_character_after_the_other(label, words):
    assert voice.spoken(voice.spelled(label)) == words


def test_a_call_is_the_bell_the_number_and_the_counter():
    assert voice.of_call("C 067", 7) == [
        "bel", "nomor-antrean", "huruf-c", "angka-0", "angka-6", "angka-7",
        "silakan-ke-loket", "angka-7",
    ]  # fmt: skip
    assert voice.of_number("C 067")[0] == "nomor-antrean-anda"


def test_every_number_at_every_counter_has_its_clips():
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    keys = {key for first in letters for key in voice.of_call(f"{first}1 234", 1)}
    keys |= {key for n in range(1, 1000) for key in voice.of_call(f"Z {n:03}", n)}
    assert keys | set(voice.of_number("A 567")) == set(voice.WORDS)


# -- sounds ----------------------------------------------------------------------------------------


def test_every_clip_is_short_loud_enough_and_like_no_other():
    clips = {key: voice.sound(key) for key in voice.WORDS}
    for key, clip in clips.items():
        seconds, samples = heard(clip)
        loudness = 20 * math.log10(math.hypot(*samples) / math.sqrt(len(samples)) / 32767)
        assert 0.15 < seconds < 3, key
        assert -23 < loudness < -14, key
        assert max(map(abs, samples)) < 32767, key
        assert max(map(abs, samples[:500])) > 300, f"{key} begins with silence"
    assert len(set(clips.values())) == len(clips)
    assert sum(map(len, clips.values())) < 1_500_000


def test_a_busy_call_is_over_before_the_next_one():
    for label, counter, most in (("C 067", 14, 6.5), ("T2 968", 99, 8)):
        call = voice.of_call(label, counter)
        assert sum(heard(voice.sound(key))[0] for key in call) < most


def test_words_asked_for_at_once_do_not_mix():
    """The robot's voice wavers a little, so what is compared is how long a word lasts."""
    texts = [word for word in voice.WORDS.values() if word] * 2
    one_by_one = [heard(speech.say(text))[0] for text in texts]
    speech.say.cache_clear()
    with ThreadPoolExecutor(8) as threads:
        at_once = [heard(clip)[0] for clip in threads.map(speech.say, texts)]
    assert at_once == pytest.approx(one_by_one, abs=0.03)


def test_the_same_words_sound_otherwise_in_the_other_language():
    assert speech.say("nomor", "id") != speech.say("nomor", "en")
    with pytest.raises(speech.Silent):
        speech.say("nomor", "bahasa-yang-tidak-ada")


# -- addresses -------------------------------------------------------------------------------------


def test_all_addresses_cost_one_query_and_lead_to_sounds(house, django_assert_num_queries):
    with django_assert_num_queries(1):
        addresses = voice.addresses(house.mall)
    assert set(addresses) == set(voice.WORDS)
    for key in ("bel", "huruf-c", "silakan-ke-loket"):
        answer = Client().get(addresses[key])
        assert answer["Content-Type"] == "audio/wav"
        assert answer.content == voice.sound(key)


def test_a_clip_is_kept_for_a_year_under_its_version_and_asked_again_without(house):
    address = voice.addresses(house.mall)["angka-7"]
    answer = Client().get(address)
    assert {"public", "immutable", "max-age=31536000"} <= set(answer["Cache-Control"].split(", "))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    other = Client().get(re.sub(r"v=\w+", "v=lama", address))
    assert (other.status_code, other["Cache-Control"]) == (200, "public, no-cache")
    same = Client().get(address, headers={"If-None-Match": answer["ETag"]})
    assert (same.status_code, same.content) == (304, b"")


def test_a_recording_replaces_the_robot_under_another_address(house):
    before = voice.addresses(house.mall)["angka-7"]
    keep(house, "angka-7")
    after = voice.addresses(house.mall)["angka-7"]
    assert after != before
    assert Client().get(after).content == OWN
    assert Client().get(f"{after}&robot=1").content == voice.sound("angka-7")
    rules.drop_clip(mall=house.mall, key="angka-7")
    assert voice.addresses(house.mall)["angka-7"] == before


def test_the_kiosk_speaks_its_sentences_in_two_languages(house):
    key = next(iter(SPOKEN))
    indonesian, english = (
        Client().get(voice.sentence_address(house.mall, key, one)) for one in ("id", "en")
    )
    assert heard(indonesian.content)[0] > 1
    assert "immutable" in indonesian["Cache-Control"]
    assert indonesian.content != english.content


@pytest.mark.parametrize("path", ["nama.wav", "id/tidak-ada.wav", "fr/mulai.wav", "id/bel.wav"])
def test_what_is_not_in_the_lists_is_not_spoken(house, path):
    assert Client().get(f"/gajah-mada/suara/{path}").status_code == 404


def test_without_the_library_only_the_robot_is_silent(house, monkeypatch):
    keep(house, "angka-1")
    speech.say.cache_clear()
    cannot = "import sys; sys.stderr.write('tidak ada'); sys.exit(3)"
    monkeypatch.setattr(speech, "ROBOT", [sys.executable, "-c", cannot])
    addresses = voice.addresses(house.mall)
    silent = Client().get(addresses["angka-7"])
    assert (silent.status_code, silent["Cache-Control"]) == (503, "no-store")
    assert Client().get(addresses["angka-1"]).content == OWN
    assert Client().get(addresses["bel"]).status_code == 200
    assert [warning.id for warning in the_hall_has_a_voice(None)] == ["mpp_portal.W002"]
    page = of(house, "manager").get("/admin/suara/")
    assert "Suara robot tidak tersedia" in page.content.decode()
    monkeypatch.undo()
    assert the_hall_has_a_voice(None) == []


def test_a_robot_that_crashes_takes_nobody_with_it_and_is_asked_again(tmp_path, monkeypatch):
    speech.say.cache_clear()
    robot = speech.ROBOT
    died = tmp_path / "died"
    once = f"""
import os, pathlib, subprocess, sys
if not pathlib.Path({str(died)!r}).exists():
    pathlib.Path({str(died)!r}).touch()
    os.kill(os.getpid(), 11)
sys.exit(subprocess.call([*{robot!r}, *sys.argv[1:]]))
"""
    monkeypatch.setattr(speech, "ROBOT", [sys.executable, "-c", once])
    assert heard(speech.say("loket"))[0] > 0.2
    assert died.exists()
    monkeypatch.setattr(
        speech, "ROBOT", [sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"]
    )
    with pytest.raises(speech.Silent):
        speech.say("nomor")


# -- the page --------------------------------------------------------------------------------------


def of(house, who: str) -> Client:
    client = Client()
    client.force_login(house.people[who])
    return client


def keep(house, key: str) -> VoiceClip:
    manager = house.people["manager"]
    return rules.keep_clip(mall=house.mall, key=key, content=OWN, by=manager, at=at(7, 45))


def upload(client: Client, content: bytes = OWN, key: str = "angka-7", **headers: str):
    file = SimpleUploadedFile("kata.exe", content, "application/x-msdownload")
    form = {"mal": "gajah-mada", "kata": key, "berkas": file}
    return client.post("/admin/suara/simpan/", form, headers=headers)


def test_the_page_lists_every_word_and_alone_may_use_the_microphone(
    house, django_assert_max_num_queries
):
    manager = of(house, "manager")
    keep(house, "angka-7")
    with django_assert_max_num_queries(8):
        page = manager.get("/admin/suara/")
    text = page.content.decode()
    assert text.count("data-key=") == len(voice.WORDS)
    assert text.count("data-recorded") == 1
    assert page["Permissions-Policy"] == "microphone=(self)"
    assert "media-src 'self' blob:" in page["Content-Security-Policy"]
    elsewhere = manager.get("/admin/")
    assert elsewhere["Permissions-Policy"] == "microphone=()"
    assert "blob:" not in elsewhere["Content-Security-Policy"]


def test_a_file_is_used_as_what_it_is_and_not_as_what_it_says(house):
    answer = upload(of(house, "manager"))
    assert answer["Location"].endswith("/admin/suara/?mal=gajah-mada#kata-angka-7")
    clip = VoiceClip.objects.get(mall=house.mall, key="angka-7")
    assert (clip.content_type, clip.recorded_by) == ("audio/wav", house.people["manager"])
    served = Client().get(voice.addresses(house.mall)["angka-7"])
    assert (served["Content-Type"], served.content) == ("audio/wav", OWN)


def test_the_pages_script_gets_the_new_row_or_the_sentence(house):
    manager, scripted = of(house, "manager"), {"X-Requested-With": "fetch"}
    kept = upload(manager, **scripted).json()
    assert kept["address"] == voice.addresses(house.mall)["angka-7"]
    assert 'id="kata-angka-7"' in kept["row"]
    refused = upload(manager, b"bukan suara", **scripted)
    assert refused.status_code == 422
    assert "WAV, OGG, MP3" in refused.json()["message"]


def test_a_refused_file_changes_nothing_and_says_why(house):
    manager = of(house, "manager")
    upload(manager, b"bukan suara")
    assert "Berkas itu bukan suara" in manager.get("/admin/suara/").content.decode()
    assert not VoiceClip.objects.exists()


def test_the_robot_takes_a_word_back(house):
    manager = of(house, "manager")
    keep(house, "angka-7")
    manager.post("/admin/suara/hapus/", {"mal": "gajah-mada", "kata": "angka-7"})
    assert not VoiceClip.objects.exists()
    again = manager.post("/admin/suara/hapus/", {"mal": "gajah-mada", "kata": "angka-7"})
    assert again.status_code == 302


@pytest.mark.parametrize("who", ["head", "officer", "front_desk", "leader"])
def test_only_who_arranges_the_whole_mall_gives_it_a_voice(house, who):
    client = of(house, who)
    assert client.get("/admin/suara/").status_code == 403
    assert upload(client).status_code == 403
    assert client.post("/admin/suara/hapus/", {"kata": "bel"}).status_code == 403
    assert of(house, "manager").get("/admin/suara/?mal=lain").status_code == 404
    assert not VoiceClip.objects.exists()
