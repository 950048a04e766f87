"""What the hall's voice says: a call as the keys of its clips, and the words behind the keys.

A call is put together from single words, so that 44 clips speak every number at every counter, and
one person can record them all. The words are Indonesian in every language of the pages.
"""

BELL = "bel"
# How Indonesians name the letters. I and O are in no number: they look like 1 and 0.
LETTERS = {
    "A": "a", "B": "be", "C": "ce", "D": "de", "E": "e", "F": "ef", "G": "ge", "H": "ha",
    "J": "je", "K": "ka", "L": "el", "M": "em", "N": "en", "P": "pe", "Q": "ki", "R": "er",
    "S": "es", "T": "te", "U": "u", "V": "ve", "W": "we", "X": "eks", "Y": "ye", "Z": "zet",
}  # fmt: skip
DIGITS = ["nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"]
NUMBER_WORDS = ("sepuluh", "sebelas", "belas", "puluh", "seratus", "ratus")
PHRASES = {
    "nomor-antrean": "nomor antrean",
    "nomor-antrean-anda": "nomor antrean Anda",
    "silakan-ke-loket": "silakan ke loket",
}
# Every clip of a call: its key and the words that are spoken. The bell has none.
WORDS: dict[str, str] = (
    {BELL: ""}
    | PHRASES
    | {f"huruf-{letter.lower()}": name for letter, name in LETTERS.items()}
    | {f"angka-{digit}": word for digit, word in enumerate(DIGITS)}
    | {word: word for word in NUMBER_WORDS}
)


def of_call(label: str, counter: int) -> list[str]:
    """The clips that call a number to a counter, in order: ("C 067", 7) -> bell ... tujuh."""
    return [BELL, "nomor-antrean", *spelled(label), "silakan-ke-loket", *counted(counter)]


def of_number(label: str) -> list[str]:
    """The clips that tell a person the number just taken."""
    return ["nomor-antrean-anda", *spelled(label)]


def spelled(label: str) -> list[str]:
    """A number one character after the other: "T2 014" -> te, dua, nol, satu, empat."""
    keys = (f"angka-{c}" if c.isdigit() else f"huruf-{c.lower()}" for c in label)
    return [key for key in keys if key in WORDS]


def counted(number: int) -> list[str]:
    """A counter's number as it is counted: 14 -> empat belas; from 1000 on digit by digit."""
    if not 0 <= number < 1000:
        return spelled(str(number))
    hundreds, rest = divmod(number, 100)
    keys = {0: [], 1: ["seratus"]}.get(hundreds, [f"angka-{hundreds}", "ratus"])
    tens, ones = divmod(rest, 10)
    if rest == 10 or rest == 11:
        return [*keys, NUMBER_WORDS[rest - 10]]
    if tens == 1:
        return [*keys, f"angka-{ones}", "belas"]
    if tens:
        keys = [*keys, f"angka-{tens}", "puluh"]
    return [*keys, f"angka-{ones}"] if ones or not keys else keys


def spoken(keys: list[str]) -> str:
    """What the clips say together, as text: for a page without sound, and for the tests."""
    return " ".join(filter(None, map(WORDS.__getitem__, keys)))
