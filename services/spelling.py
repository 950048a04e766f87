"""Mending words as they are typed on phones: a letter lost, doubled or swapped, vowels left out."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher

SHORTEST = 3  # letters from which a word is mended
_BEGINNING = 4  # letters from which the beginning of a known word is no error


class Vocabulary:
    """The words of a catalogue, with how often each is said; knows the nearest to a wrong one."""

    def __init__(self, words: Iterable[str], also: Iterable[str] = ()) -> None:
        """`words` as often as they are said; `also` are words known from elsewhere."""
        self.said = Counter(words)
        self.known = self.said.keys() | set(also)
        self._alike: dict[str, set[str]] = defaultdict(set)
        for word in self.known:
            for trace in traces(word):
                self._alike[trace].add(word)
        self._beginnings = {
            word[:n] for word in self.known for n in range(_BEGINNING, len(word) + 1)
        }

    def knows(self, word: str) -> bool:
        """Whether the word is one of the catalogue's, or the beginning of one."""
        return word in self.known or word in self._beginnings

    def nearest(self, word: str) -> str:
        """The known word that was meant, or the word itself where none is near."""
        if len(word) < SHORTEST or word.isdigit() or self.knows(word):
            return word
        near = set().union(*(self._alike.get(trace, ()) for trace in traces(word)))
        bones = skeleton(word)
        near = {w for w in near if len(word) > SHORTEST or skeleton(w) == bones}

        def likeness(other: str) -> tuple[float, int, str]:
            same = SequenceMatcher(None, word, other).ratio()
            return (same + 0.2 * (skeleton(other) == bones), self.said[other], other)

        return max(near, key=likeness, default=word)


def traces(word: str) -> set[str]:
    """What a word leaves when it is mistyped: itself, one letter less, and its consonants."""
    if len(word) < SHORTEST:
        return {word}
    shorter = {word[:n] + word[n + 1 :] for n in range(len(word))}
    return {word, "=" + skeleton(word)} | (shorter if len(word) > SHORTEST else set())


def skeleton(word: str) -> str:
    """The first letter and the consonants after it, none twice in a row: kelas and kls are kls."""
    bones = word[0]
    for letter in word[1:]:
        if letter not in "aeiou" and letter != bones[-1]:
            bones += letter
    return bones
