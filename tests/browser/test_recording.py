"""The voice in a real Chromium: calls sound in order, a locked page says so, a word is recorded."""

import io
import json
import wave
from itertools import pairwise

import pytest
from django.test import Client

from queueing import speech, voice
from queueing.models import VoiceClip
from tests.browser.conftest import ARGUMENTS, DESK, PHONE, _chromium
from tests.browser.officers import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
FREE = ["--autoplay-policy=no-user-gesture-required"]
STRICT = ["--autoplay-policy=document-user-activation-required"]
CALL = ["nomor-antrean", "huruf-c", "angka-7"]
# What sounds, when and for how long; what is dispatched. `lib` is the page's voice.
WATCH = """
window.sounded = []; window.told = [];
const start = window.AudioBufferSourceNode?.prototype.start;
if (start) AudioBufferSourceNode.prototype.start = function (at = 0, ...more) {
  sounded.push({ at, lasts: this.buffer.duration, most: more[1] });
  return start.call(this, at, ...more);
};
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  sounded.push({ file: new URL(this.src).pathname.split("/").pop() });
  return play.call(this);
};
for (const name of ["mpp:spoken", "mpp:locked", "mpp:unlocked"]) {
  document.addEventListener(name, ({ detail }) => told.push([name, detail?.keys, detail?.ids]));
}
"""
WITHOUT_WEB_AUDIO = "delete window.AudioContext; delete window.webkitAudioContext;"


@pytest.fixture(scope="module", params=[FREE], ids=["free"])
def browser(browser, request):
    """One Chromium with a microphone that beeps, and with the page's right to sound as asked."""
    arguments = [*ARGUMENTS, *MICROPHONE, *request.param]
    chromium = browser.browser_type.launch(executable_path=_chromium(), args=arguments)
    yield chromium
    chromium.close()


@pytest.fixture
def hall(open_house, open_page):
    """`hall(script)`: a page of the mall with its voice loaded as `lib`, and watched."""

    def hall(script: str = "", **more):
        page = open_page(DESK, **more)
        page.add_init_script(script + WATCH)
        page.goto("/gajah-mada/bantuan/")
        page.evaluate("async () => { window.lib = await import('/static/js/voice.js'); }")
        page.evaluate("(all) => lib.know(all)", voice.addresses(open_house.mall))
        return page

    return hall


def say(page, keys=CALL, **options):
    return page.evaluate("([keys, options]) => lib.say(keys, options)", [keys, options])


def test_a_call_sounds_word_by_word_without_gap_or_overlap(hall, open_house):
    page = hall()
    page.evaluate("(all) => lib.prepare(all)", voice.addresses(open_house.mall))
    assert say(page, ids=[41]) is True
    sounded = page.evaluate("sounded")
    assert len(sounded) == len(CALL)
    for one, after in pairwise(sounded):
        assert 0 < after["at"] - one["at"] - one["lasts"] < 0.3
    assert page.evaluate("told") == [["mpp:spoken", CALL, [41]]]
    assert page.evaluate("lib.unlocked()") is True


def test_two_calls_wait_for_each_other(hall):
    page = hall()
    both = "() => Promise.all([lib.say(['angka-1'], {ids: [1]}), lib.say(['angka-2'], {ids: [2]})])"
    assert page.evaluate(both) == [True, True]
    first, second = page.evaluate("sounded")
    assert second["at"] > first["at"] + first["lasts"]
    assert [one[2] for one in page.evaluate("told")] == [[1], [2]]


def test_a_fast_call_speaks_over_the_end_of_the_bell(hall):
    page = hall()
    assert say(page, ["bel", "angka-1"], fast=True)
    bell, word = page.evaluate("sounded")
    assert word["at"] < bell["at"] + bell["lasts"]


def test_a_phrase_that_does_not_come_is_left_out(hall):
    page = hall(network=False)
    page.route("**/nomor-antrean.wav*", lambda route: route.abort())
    assert say(page) is True
    assert len(page.evaluate("sounded")) == 2


@pytest.mark.parametrize("script", ["", WITHOUT_WEB_AUDIO], ids=["web-audio", "files"])
def test_a_number_is_spoken_whole_or_only_its_bell_rings(hall, script):
    page = hall(script, network=False)
    page.route("**/angka-7.wav*", lambda route: route.abort())
    assert say(page, ["bel", *CALL]) is False
    assert len(page.evaluate("sounded")) == 1
    assert page.evaluate("told") == []
    assert say(page, CALL) is False
    assert len(page.evaluate("sounded")) == 1


def test_a_clip_that_did_not_come_is_asked_for_again(hall):
    page = hall(network=False)
    page.route("**/suara/**", lambda route: route.fulfill(status=404))
    assert say(page, ["angka-3", "angka-4"]) is False
    page.unroute("**/suara/**")
    assert say(page, ["angka-3"]) is True  # asked for again


def test_a_clip_in_a_row_lasts_five_seconds_at_most_and_a_sentence_as_long_as_it_is(hall):
    page = hall(network=False)
    page.route("**/angka-7.wav*", lambda route: route.fulfill(body=_silence(seconds=8)))
    page.evaluate("lib.say(['angka-7', 'angka-1'])")
    page.wait_for_function("sounded.length === 2")
    long, after = page.evaluate("sounded")
    assert 5 < after["at"] - long["at"] < 5.3
    page.evaluate("lib.hush(); lib.say(['angka-7'])")
    page.wait_for_function("sounded.length === 3")
    assert page.evaluate("sounded")[2]["most"] == pytest.approx(8, abs=0.01)


def _silence(seconds):
    file = io.BytesIO()
    with wave.open(file, "wb") as clip:
        clip.setnchannels(1)
        clip.setsampwidth(2)
        clip.setframerate(22050)
        clip.writeframes(bytes(2 * 22050 * seconds))
    return file.getvalue()


def test_hushed_is_hushed_at_once_and_what_waited_too(hall):
    page = hall()
    hushed = """async () => {
      const both = [lib.say(['bel', 'bel', 'bel', 'bel']), lib.say(['angka-2'])];
      await new Promise((done) => document.addEventListener('mpp:spoken', done));
      const at = performance.now();
      lib.hush();
      await Promise.all(both);
      return performance.now() - at;
    }"""
    assert page.evaluate(hushed) < 1000
    assert len(page.evaluate("told")) == 1


def test_without_web_audio_the_files_are_played_in_order(hall):
    page = hall(WITHOUT_WEB_AUDIO)
    assert say(page, ["angka-1", "angka-7"], ids=[5]) is True
    assert [one["file"] for one in page.evaluate("sounded")] == ["angka-1.wav", "angka-7.wav"]
    assert page.evaluate("told") == [["mpp:spoken", ["angka-1", "angka-7"], [5]]]


# What a test asks of a page counts as a touch, so the untouched page speaks by itself.
BY_ITSELF = """
addEventListener("DOMContentLoaded", async () => {
  const button = "<button hidden data-voice-locked>Nyalakan suara</button>";
  document.body.insertAdjacentHTML("afterbegin", button);
  window.lib = await import("/static/js/voice.js");
  lib.know(ADDRESSES);
  const before = performance.now();
  const heard = await lib.say(["angka-1"]);
  console.log(`said: ${heard} ${performance.now() - before < 3000 ? "soon" : "late"}`);
});
"""


@pytest.mark.parametrize("browser", [STRICT], ids=["strict"], indirect=True)
@pytest.mark.parametrize("script", ["", WITHOUT_WEB_AUDIO], ids=["web-audio", "files"])
def test_a_browser_that_wants_a_touch_is_not_waited_for(open_house, open_page, script):
    page = open_page(DESK)
    addresses = json.dumps(voice.addresses(open_house.mall))
    page.add_init_script(script + WATCH + BY_ITSELF.replace("ADDRESSES", addresses))
    with page.expect_console_message(lambda message: message.text.startswith("said")) as said:
        page.goto("/gajah-mada/bantuan/")
    assert said.value.text == "said: false soon"
    assert [one[0] for one in page.evaluate("told")] == ["mpp:locked"]
    page.get_by_role("button", name="Nyalakan suara").click()
    page.wait_for_function("lib.unlocked()")
    assert say(page, ["angka-1"]) is True
    assert page.locator("[data-voice-locked]").is_hidden()


# -- recording -------------------------------------------------------------------------------------


@pytest.fixture
def studio(open_house, open_page, live_server):
    def studio(size=DESK, script="", **more):
        page = open_page(size, **more)
        page.add_init_script(script)
        sign_in(page, open_house.people["manager"], live_server.url)
        page.goto("/admin/suara/")
        return page

    return studio


def test_words_are_recorded_by_the_space_bar_and_the_hall_hears_them(studio, open_house):
    page = studio()
    before = voice.addresses(open_house.mall)
    assert page.locator("#word").inner_text() == "nomor antrean"
    page.keyboard.press("Space")
    page.get_by_text("Merekam. Ucapkan sekarang.").wait_for()
    page.wait_for_timeout(1300)  # the microphone beeps once a second
    page.keyboard.press("Space")
    page.get_by_text("Dengarkan hasilnya").wait_for()
    page.keyboard.press("Space")
    page.get_by_text("Tersimpan. Kata berikutnya:").wait_for()
    assert page.locator("#word").inner_text() == "nomor antrean Anda"
    assert page.locator("#recorded").inner_text() == "1"
    clip = VoiceClip.objects.get(mall=open_house.mall)
    assert (clip.key, clip.content_type) == ("nomor-antrean", "audio/wav")
    after = voice.addresses(open_house.mall)
    assert {key for key in after if after[key] != before[key]} == {"nomor-antrean"}
    assert Client().get(after["nomor-antrean"]).content == bytes(clip.audio)
    assert page.locator("#kata-nomor-antrean").get_by_text("direkam").is_visible()
    page.locator("#kata-nomor-antrean summary").click()
    page.get_by_role("button", name="Hapus rekaman").click()
    page.get_by_text("suara robot dipakai lagi").wait_for()
    assert not VoiceClip.objects.exists()


def test_what_was_recorded_for_a_word_never_becomes_another_one(studio, open_house):
    page = studio()
    page.keyboard.press("Space")
    page.get_by_text("Merekam. Ucapkan sekarang.").wait_for()
    page.wait_for_timeout(1300)
    page.get_by_role("button", name="Lewati").click()
    page.wait_for_timeout(700)  # longer than a recording takes to be cut
    assert page.locator("#word").inner_text() == "nomor antrean Anda"
    assert page.locator("#keep").is_hidden()
    assert page.locator("#record").inner_text() == "Rekam"
    # while a word is on its way, another one is chosen
    page.locator("#record").click()
    page.get_by_text("Merekam. Ucapkan sekarang.").wait_for()
    page.wait_for_timeout(1300)
    page.locator("#record").click()
    page.get_by_text("Dengarkan hasilnya").wait_for()
    held = []
    page.route("**/suara/simpan/", lambda route: held.append(route))
    page.locator("#keep").click()
    page.locator("#kata-angka-7").get_by_role("button", name="Rekam").click()
    with page.expect_response("**/suara/simpan/"):
        held[0].continue_()
    page.locator("#kata-nomor-antrean-anda").get_by_text("direkam").wait_for()
    assert page.locator("#word").inner_text() == "tujuh"
    assert VoiceClip.objects.get(mall=open_house.mall).key == "nomor-antrean-anda"


def test_without_a_microphone_the_page_says_what_to_do(studio):
    page = studio(script="navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error());")
    page.locator("#kata-angka-7").get_by_role("button", name="Rekam").click()
    assert page.locator("#word").inner_text() == "tujuh"
    page.locator("#record").click()
    page.get_by_text("Mikrofon tidak dapat dipakai").wait_for()
    page.get_by_role("button", name="Dengarkan contoh").click()


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no-scripts"])
def test_a_file_is_uploaded_with_scripts_and_without(studio, javascript, open_house):
    page = studio(javascript=javascript)
    page.locator("#kata").select_option("angka-7")
    file = {"name": "tujuh.wav", "mimeType": "audio/wav", "buffer": speech.bell()}
    page.get_by_label("Berkas suara").set_input_files(files=[file])
    page.get_by_role("button", name="Unggah").click()
    page.get_by_text("Rekaman “tujuh” dipakai mulai sekarang").wait_for()
    assert VoiceClip.objects.get(mall=open_house.mall).key == "angka-7"


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_is_accessible(studio, accessible, size):
    accessible(studio(size))
