"""A PDF without what says who made it and where: blanked in place, so that every byte keeps its
place and the pages stay as they are. Pure.

What is compressed or encrypted is not read, and what stands on the pages is the reporter's own.
"""

import re
from collections.abc import Iterator

LONGEST_INFO, MOST_INFOS = 20_000, 20  # bytes of one; so many are looked at
_INFO = re.compile(rb"/Info\s{1,9}(\d{1,9})\s{1,9}(\d{1,5})\s{1,9}R")
_STRING = re.compile(
    rb"\(((?:[^()\\]++|\\.|\((?:[^()\\]++|\\.)*+\))*+)\)|(?<!<)<([0-9A-Fa-f\s]*+)>(?!>)", re.DOTALL
)
_XMP = (b"<x:xmpmeta", b"</x:xmpmeta>")
_EXIF = re.compile(rb"\xff\xe1(..)Exif\0\0", re.DOTALL)


def without_traces(content: bytes) -> bytes:
    """The same paper: no author, program or title in its card, no XMP, no EXIF in its photos."""
    paper = bytearray(content)
    if b"/Encrypt" not in content:  # else a blank would be read as something else
        for start, end in _infos(content):
            for found in _STRING.finditer(content, start, end):
                group = 1 if found[1] is not None else 2
                blank = b" " if group == 1 else b"0"
                paper[found.start(group) : found.end(group)] = blank * len(found[group])
    for start, end in _packets(content):
        paper[start:end] = b" " * (end - start)
    end = 0
    for found in _EXIF.finditer(content):
        if found.start() < end:
            continue
        end = min(found.start() + 2 + int.from_bytes(found[1]), len(paper))
        paper[found.end() : end] = bytes(max(0, end - found.end()))
    return bytes(paper)


def _infos(content: bytes) -> Iterator[tuple[int, int]]:
    """Where the cards of a paper lie; one that was saved again has several."""
    named = {(found[1], found[2]) for found in _INFO.finditer(content)}
    looked = 0
    for number, version in sorted(named):
        begins, start = b"%s %s obj" % (number, version), 0
        while looked < MOST_INFOS and (start := content.find(begins, start)) >= 0:
            looked += 1
            most = start + LONGEST_INFO
            end = content.find(b"endobj", start, most)
            end = end if end >= 0 else min(most, len(content))
            if not content[max(0, start - 1) : start].isdigit():
                yield start, end
            start += len(begins)


def _packets(content: bytes) -> Iterator[tuple[int, int]]:
    start = content.find(_XMP[0])
    while start >= 0:
        end = content.find(_XMP[1], start)
        if end < 0:
            return
        end += len(_XMP[1])
        yield start, end
        start = content.find(_XMP[0], end)
