"""Published cases that are like a story: shown before one is sent, so that nobody asks twice."""

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, IntegerField, TextField
from django.db.models.expressions import RawSQL

from complaints.models import Publication
from complaints.published import published
from services.models import Mall

LONGEST = 5_000
IN_COMMON = 2  # words; one says little
NEWEST = 500  # of those with any word in common, so many are compared: years of publishing
# Stems that are in every story; the dictionary keeps them.
_COMMON = (
    "ada akan anda atau bagai bagaimana bahwa baik banyak bapak begitu belum benar beri bisa "
    "bukan dalam dan dapat dari datang dengan dia hal hanya hari harus hingga ibu ini itu jadi "
    "jam jangan jika juga kalau kali kami kan karena kata kemarin kepada kini kita kurang lagi "
    "lain lalu langsung lebih mas masih mau mbak mereka minta mohon nya oleh orang pada padahal "
    "pagi pak para pernah pukul saat saja sama sampai sana sangat satu saya sebab sebagai "
    "sebelum sejak sekal sekali sekarang selalu semua seperti sering setelah siang sini sore "
    "suatu sudah supaya tanpa tapi telah tempat tentang terima tetap tetapi tiap tidak tika "
    "tolong untuk waktu yang"
)
# The story's other words without endings, at least three letters each: they hold no sign that a
# search would read as an operator.
_WORDS = (
    "SELECT word FROM unnest(tsvector_to_array(to_tsvector('indonesian', %s))) AS word"
    " WHERE word ~ '^[[:alnum:]]{3,40}$' AND word <> ALL(string_to_array(%s, ' '))"
)
_ANY_OF_THEM = f"(SELECT string_agg(word, ' | ') FROM ({_WORDS}) AS story)"  # noqa: S608
# An array that depends on no row is made once.
_SHARED = (
    f"(SELECT count(*) FROM unnest(ARRAY({_WORDS})) AS story(word)"  # noqa: S608
    " WHERE word = ANY(tsvector_to_array(complaints_publication.words)))"
)


def similar(mall: Mall, text: str, limit: int = 3) -> list[Publication]:
    """The published cases of a mall most like a story, with two words or more in common; one query.

    Each with its agency. Any text is safe.
    """
    story = text[:LONGEST].replace("\0", " ").encode("utf-8", "ignore").decode()
    if not story.strip():
        return []
    words = SearchQuery(
        RawSQL(_ANY_OF_THEM, [story, _COMMON], output_field=TextField()),  # noqa: S611 - no user's SQL
        config="simple",
        search_type="raw",
    )
    touched = published(mall).filter(words=words).order_by("-published_at").values("pk")
    found = published(mall).filter(pk__in=touched[:NEWEST])
    in_common = RawSQL(_SHARED, [story, _COMMON], output_field=IntegerField())  # noqa: S611 - the same
    found = found.annotate(in_common=in_common, rank=SearchRank(F("words"), words))
    found = found.filter(in_common__gte=IN_COMMON)
    return list(found.order_by("-in_common", "-rank", "-published_at")[:limit])
