"""Every kind has its words in both languages; they name no service and only the first name."""

import pytest
from django.core.checks import run_checks
from hypothesis import given
from hypothesis import strategies as st

from notifications import text_engine, texts
from notifications.channels.base import SendFailed
from notifications.channels.sms_text import parts
from notifications.models import Message, MessageText
from notifications.texts import Text, first_name_of, render, write
from notifications.words import KINDS, LINKLESS, NEEDED, WORDS, examples, shapes

LINK = "https://mpp.contoh.id/tiket/abc?a=1&b=2"
EVERY = [(kind, language) for kind in Message.Kind.values for language in texts.LANGUAGES]
every_text = pytest.mark.parametrize(("kind", "language"), EVERY)


def of(kind, language="id", **changes):
    """A context of this kind: the examples, and what is changed in them."""
    words = {**examples(kind, language), "first_name": "Nur'aini Dewi", **changes}
    if "link" in words:
        words.setdefault("link", LINK)
    return {**words, **({"link": LINK} if "link" in KINDS[kind] else {}), **changes}


@pytest.fixture
def edited(db, settings):
    """Keep a text; every process would see it within a minute, this one at once."""

    def keep(kind="booked", language="id", **changes):
        text = {**vars(texts.default(kind, language)), **changes}
        return MessageText.objects.create(
            kind=kind, language=language, changed_at="2026-11-23T01:00:00Z", **text
        )

    return keep


# -- the files -------------------------------------------------------------------------------------


def test_every_kind_has_its_words():
    assert set(KINDS) == set(Message.Kind.values)


@every_text
def test_each_kind_has_its_text(kind, language, db):
    written = render(kind=kind, language=language, context=of(kind, language))
    assert 0 < len(written.subject) <= 60
    assert "\n" not in written.subject + written.short
    assert written.body.startswith(("Halo Nur'aini,", "Hello Nur'aini,"))
    everything = written.subject + written.body + written.short
    assert "Dewi" not in everything
    assert "MPP Gajah Mada" in written.body
    assert "MPP Gajah Mada" in written.short
    assert (LINK in written.body) == (kind != "code")
    assert ("482913" in written.body, "482913" in written.short) == (kind == "code",) * 2
    for residue in ("{{", "{%", "&#x27;", "&amp;", "!", "antrian", "Saudara"):
        assert residue not in everything


@every_text
def test_a_text_stands_without_the_words_that_may_be_empty(kind, language, db):
    empty = {name: "" for name in KINDS[kind] if WORDS[name].may_be_empty}
    written = render(kind=kind, language=language, context=of(kind, language, **empty))
    assert written.body.startswith(("Halo,\n", "Hello,\n"))
    for left_over in ("  ", ": .", " .", " ,", "\n\n\n"):
        assert left_over not in written.body


@every_text
def test_the_short_text_fits_two_sms_and_says_nothing_personal(kind, language, db):
    words = of(kind, language, mall="Mal Pelayanan Publik Kota Mojokerto")
    if "link" in words:
        words["link"] = f"https://mpp.mojokertokota.go.id/tiket/{'Ab' * 11}/lebih-awal/"
    written = render(kind=kind, language=language, context=words)
    assert parts(written.short) <= 2
    assert len(written.short) <= 306
    assert "–" not in written.short  # it would more than double the price
    assert "Nur" not in written.short
    assert "link" in text_engine.words_of(texts.default(kind, language).short) or kind in LINKLESS


@every_text
def test_the_short_text_is_a_template_that_whatsapp_takes(kind, language, db):
    """Not begun or ended by a word, no two in a row; its words are never empty."""
    short = texts.default(kind, language).short
    written = render(kind=kind, language=language, context=of(kind, language))
    numbered = text_engine.as_numbered(short)
    for number, word in enumerate(written.parameters, start=1):
        assert word
        assert f"{{{{{number}}}}}" in numbered
        numbered = numbered.replace(f"{{{{{number}}}}}", word)
    assert numbered == written.short
    bare = text_engine.as_numbered(short).strip(" .,?!:;")
    assert not bare.startswith("{{")
    assert not bare.endswith("}}")
    assert "}}{{" not in bare.replace(" ", "")


def test_each_move_of_a_visit_is_told():
    moves = [
        {
            "old": {"label": f"C 0{n}", "date": "Selasa", "time_range": "09.00–10.00"},
            "new": {"label": f"C 1{n}", "date": "Rabu", "time_range": "10.00–11.00"},
        }
        for n in range(3)
    ]
    body = write("moved", "id", texts.default("moved", "id"), of("moved", moves=moves)).body
    assert all(f"nomor C {n}." in body for n in ("00", "01", "02", "10", "11", "12"))
    assert "Anda tidak perlu berbuat apa-apa" in body


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_who_has_to_answer_reads_until_when_in_the_short_text_too(language):
    words = of("kept", language)
    written = write("kept", language, texts.default("kept", language), words)
    assert words["kept_until"] in written.short
    assert words["kept_until"] in written.body
    assert "kept_until" not in texts.default("moved", language).short


def test_why_a_number_was_cancelled_is_said_where_it_is_known():
    text = texts.default("cancelled", "id")
    for reason, said in (("tutup", "sudah dibatalkan: tutup."), ("", "sudah dibatalkan.")):
        assert said in write("cancelled", "id", text, of("cancelled", reason=reason)).body


def test_the_day_before_one_is_asked_whether_one_comes(db):
    assert (
        "Jadi datang?"
        in render(kind="reminder_day", language="id", context=of("reminder_day")).body
    )


def test_the_files_pass_their_check():
    assert [found for found in run_checks() if found.id.startswith("notifications.E10")] == []


def test_a_kind_without_words_fails_alone():
    with pytest.raises(SendFailed) as failed:
        render(kind="birthday", language="id", context=of("booked"))
    assert (failed.value.code, failed.value.permanent) == ("template", True)


# -- what words can bring along --------------------------------------------------------------------


def test_the_mail_escapes_what_words_bring_along(db):
    nasty = "<script>alert(1)</script>\"'&"
    for kind in KINDS:
        words = of(kind, mall=nasty, **({"reason": nasty} if "reason" in KINDS[kind] else {}))
        html = render(kind=kind, language="id", context={**words, "first_name": nasty}).html
        assert "<script" not in html
        assert "alert(1)&lt;/script&gt;" in html
        assert "Halo scriptalertscript" in html


def test_the_mail_has_a_large_number_and_one_button(db):
    html = render(kind="booked", language="id", context=of("booked")).html
    assert ">037</td>" in html
    assert html.count('class="button"') == 1
    assert ">Lihat atau ubah tiket Anda</a>" in html
    assert 'href="https://mpp.contoh.id/tiket/abc?a=1&amp;b=2"' in html
    assert not [one for one in ("src=", "url(", "@import", "<link") if one in html]
    assert 'class="button"' not in render(kind="code", language="id", context=of("code")).html


def test_only_an_address_of_the_web_becomes_a_button(db):
    html = render(kind="booked", language="id", context=of("booked", link="javascript:x")).html
    assert "href=" not in html


@pytest.mark.parametrize("word", ["mall", "label", "date", "time_range"])
def test_no_word_adds_a_header_or_a_line(word, db):
    evil = "A\r\nBcc: semua@contoh.id\r\n\r\nB\u2028C\x00"
    written = render(kind="booked", language="id", context=of("booked", **{word: evil}))
    assert not set("\r\n\x00\u2028") & set(written.subject + written.short)
    assert "\nBcc" not in written.body
    assert "\r" not in written.body


def test_a_name_cannot_be_a_text_of_its_own(db):
    context = of("booked", label="{{ link }}{% for x in y %}")
    assert "nomor antrean Anda {{ link }}" in render(
        kind="booked", language="id", context=context
    ).subject.lower().replace("nomor antrean anda", "nomor antrean Anda")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Siti Aminah", "Siti"),
        ("https://jahat.id/hadiah", "httpsjahatidhadiah"),
        ("www.jahat.id klik", "wwwjahatid"),
        ("   ", ""),
        ("Nur'aini", "Nur'aini"),
    ],
)
def test_a_name_cannot_carry_an_address_to_click_on(typed, name):
    assert first_name_of(typed) == name


@given(st.text())
def test_a_first_name_is_one_short_word(text):
    name = first_name_of(text)
    assert len(name) <= 30
    assert not set(name) & set(" .:/@\n0123456789")


# -- the small language ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "{{ nik }}",
        "{{ service }}",
        "{{ mall.pk }}",
        "{{ mall.__class__ }}",
        "{{ mall|safe }}",
        "{{ mall|upper }}",
        "{{ 'x' }}",
        "{{ 7 }}",
        "{{ moves }}",
        "{{ moves.0 }}",
        "{{ moves.0.old.label }}",
        "{{ forloop.counter }}",
        "{{ _('x') }}",
        "{% include 'base.html' %}",
        "{% extends 'base.html' %}",
        "{% load static %}",
        "{% now 'Y' %}",
        "{% debug %}",
        "{% csrf_token %}",
        "{% with a=mall %}{{ a }}{% endwith %}",
        "{% if nik %}x{% endif %}",
        "{% if mall == 'x' %}x{% endif %}",
        "{% if mall|length %}x{% endif %}",
        "{% for x in mall %}{{ x }}{% endfor %}",
        "{% for x in moves %}{{ x.new.nik }}{% endfor %}",
        "{% for a, b in moves %}{{ a }}{% endfor %}",
        "{% for x in moves %}{% for y in moves %}{{ y.new.label }}{% endfor %}{% endfor %}",
        "{% for x in moves %}x",
        "{% if mall %}x",
        "{{ }}",
        "{% %}",
        "{% for x in moves|slice:':1' %}x{% endfor %}",
    ],
)
def test_what_a_text_may_not_say_is_found(source):
    assert text_engine.faults(source, shapes("kept"))


@pytest.mark.parametrize(
    "source",
    [
        "{{ first_name }}",
        "{% if reason and not kept_until or link %}{{ reason }}{% else %}x{% endif %}",
        "{% if reason %}a{% elif link %}b{% endif %}",
        "{% for m in moves %}{{ m.old.date }}{% if reason %}x{% endif %}{% endfor %}",
        "{% for m in moves %}{{ m.new.label }}{% empty %}{{ label }}{% endfor %}",
    ],
)
def test_what_a_text_may_say_is_let_through(source):
    assert text_engine.faults(source, shapes("kept")) == []


def test_an_unknown_word_is_named_with_those_that_are_known():
    (sentence,) = text_engine.faults("Halo {{ nama }}", shapes("booked"))
    assert "{{ nama }}" in sentence
    assert "first_name, mall, link, date, time_range, label" in sentence


def test_the_short_text_holds_words_only():
    assert text_engine.faults("{% if mall %}x{% endif %}", shapes("booked"), plain=True)
    text = Text("Judul", "Halo {{ first_name }}", "Isi")
    assert "first_name" in str(texts.faults("booked", text)["short"])


@pytest.mark.parametrize("part", ["short", "body"])
def test_a_code_without_the_code_is_refused(part):
    text = Text(**{**vars(texts.default("code", "id")), part: "Kode Anda sudah dikirim."})
    assert NEEDED["code"] in str(texts.faults("code", text)[part])


# -- what staff made of them -----------------------------------------------------------------------


def test_an_edited_text_is_used(edited):
    edited(subject="Baru {{ label }}")
    assert render(kind="booked", language="id", context=of("booked")).subject == "Baru C 037"
    assert render(kind="booked", language="en", context=of("booked", "en")).subject.startswith(
        "Your"
    )


@pytest.mark.parametrize(
    "broken",
    [
        {"body": "{{ nik }}"},
        {"body": "{% include 'base.html' %}"},
        {"subject": "{% if label %}"},
        {"subject": "{% if reason %}x{% endif %}"},
        {"short": "{% if label %}x{% endif %}"},
    ],
)
def test_a_broken_text_gives_way_to_the_file(edited, caplog, broken):
    edited("booked", **broken)
    plain = write("booked", "id", texts.default("booked", "id"), of("booked"))
    assert render(kind="booked", language="id", context=of("booked")) == plain
    assert "booked.id" in caplog.text
    assert "Nur" not in caplog.text


def test_a_text_that_comes_out_empty_gives_way_to_the_file(edited):
    edited("paused", subject="{% if reason %}{{ reason }}{% endif %}")
    written = render(kind="paused", language="id", context=of("paused", reason=""))
    assert written.subject == "Antrean Anda sedang dijeda"


def test_the_database_is_asked_once_a_minute(edited, settings, django_assert_num_queries):
    settings.CACHES = {
        **settings.CACHES,
        "near": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "texts"},
    }
    texts.forget()
    with django_assert_num_queries(1):
        for _n in range(5):
            render(kind="booked", language="id", context=of("booked"))
    texts.forget()


def test_a_test_message_says_that_it_is_one(edited):
    words = {
        "subject": "Judul {{ label }}",
        "short": "Pendek {{ label }}.",
        "body": "Isi {{ mall }}",
    }
    written = render(kind="booked", language="id", context=of("booked", **{texts.TRY_OUT: words}))
    assert written.subject == "[Uji coba] Judul C 037"
    assert written.short == "Uji coba. Pendek C 037."
    assert written.body.startswith("(Uji coba)\n\nIsi MPP")
    assert written.parameters == ("C 037",)
