"""How long a text is as SMS: the alphabet of GSM 03.38, and the parts that operators bill."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")  # an escape and a letter: they count twice
# (alone, in a chain): septets of GSM 03.38, code units of UCS-2
_GSM, _UCS2 = (160, 153), (70, 67)
_PLAIN = str.maketrans({
    **dict.fromkeys("–—‐‑−", "-"),
    **dict.fromkeys("‘’ʼ`´", "'"),
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("\u00a0\u202f\u2009\t", " "),
    "…": "...",
    "·": "-",
    "•": "-",
})  # fmt: skip


def plain(text: str) -> str:
    """The text with dashes and quotes of the keyboard: one “–” would more than double its price."""
    return "\n".join(line.strip() for line in text.strip().translate(_PLAIN).splitlines())


def parts(text: str) -> int:
    """How many messages an operator bills for a text (3GPP TS 23.038, 23.040); at least one."""
    letters = set(text)
    if letters <= _BASIC and len(text) <= _GSM[0]:
        return 1
    if letters <= _BASIC | _EXTENDED:
        sizes, (alone, chained) = [2 if letter in _EXTENDED else 1 for letter in text], _GSM
    else:
        sizes, (alone, chained) = [2 if ord(letter) > 0xFFFF else 1 for letter in text], _UCS2
    if sum(sizes) <= alone:
        return 1
    count, used = 1, 0
    for size in sizes:  # neither an escape nor a pair is torn apart between two parts
        if used + size > chained:
            count, used = count + 1, 0
        used += size
    return count
