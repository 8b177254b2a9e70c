"""Words that names are searched by: folded further than identity is, so that what is typed finds what is written.

Neither case, accents, width nor punctuation matter. A word of a query matches any word of a name that it begins.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from goscrobble.domain.names import fold

LONGEST = 40  # characters of a word; what follows does not matter
MOST = 100  # words that one name is found by
WHOLE = "="  # begins the word that is a whole name, written together
_INSIDE = 20  # places in a run without spaces at which a search may begin

# Letters with strokes, ligatures and a missing dot, which Unicode does not take apart.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_APOSTROPHES = re.compile("['`\u00b4\u2018\u2019\u02bc\u2032\uff07]")  # keyboards and taggers differ
_ASCII = re.compile("[a-z0-9]+")
# Scripts that put no spaces between words: first and last character of each block.
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # kana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Chinese characters
    (0x4E00, 0x9FFF),
    (0x20000, 0x3FFFF),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for: words, and the query written together."""

    words: list[str]
    whole: str

    @classmethod
    def of(cls, query: str) -> Asked:
        """Return what a query asks for."""
        return cls(words_asked(query), whole_of(query))

    def is_answered(self, names: Iterable[str], artists: Iterable[str] = ()) -> bool:
        """Return whether a name begins so, or has all words; some, not all, may be its artists'."""
        own = frozenset().union(*map(words_of, names))
        if any(word.startswith(self.whole) for word in own):
            return True
        by_name = [any(one.startswith(word) for one in own) for word in self.words]
        if not any(by_name):
            return False
        of_artists = frozenset().union(*map(words_of, artists))
        return all(
            found or any(one.startswith(word) for one in of_artists)
            for found, word in zip(by_name, self.words, strict=True)
        )


def words_of(name: str) -> frozenset[str]:
    """Return what a name is found by: its words, its insides where its script has no spaces, and the name itself."""
    runs = _runs(name)
    if _APOSTROPHES.search(name):
        runs += _runs(_APOSTROPHES.sub("", name))  # "cant" finds "can't"
    found: dict[str, None] = {}
    for run in runs:
        found[run[:LONGEST]] = None
        if not run.isascii():
            inside = [i for i, c in enumerate(run) if i and _is_unspaced(c) and c.isalnum()][:_INSIDE]
            found.update((run[i : i + LONGEST], None) for i in inside)
    return frozenset((whole_of(name), *list(found)[: MOST - 1]))


def words_asked(query: str) -> list[str]:
    """Return the words of a query, each once and without those that another one begins with."""
    found = {run[:LONGEST] for run in _runs(query)}
    return sorted(word for word in found if not any(other != word and other.startswith(word) for other in found))


def whole_of(name: str) -> str:
    """Return the word that stands for a whole name; one without letters and digits is what `names.fold` makes of it."""
    return (WHOLE + ("".join(_runs(name)) or fold(name)))[:LONGEST]


def _runs(text: str) -> list[str]:
    """Split at whatever is no letter and no digit; accents go, vowel signs stay."""
    if text.isascii():
        return _ASCII.findall(text.lower())
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN)
    return "".join(map(_kept, unicodedata.normalize("NFKD", plain))).split()


def _kept(c: str) -> str:
    """Return the character, nothing for what only changes how another looks, and a space for what separates."""
    if c.isalnum():
        return c
    category = unicodedata.category(c)
    if category in {"Mn", "Mc"}:
        return "" if unicodedata.combining(c) or _is_selector(c) else c
    return "" if category in {"Cf", "Me"} else " "


def _is_selector(c: str) -> bool:
    """Return whether this only chooses among the looks of the character before it."""
    return "\ufe00" <= c <= "\ufe0f" or "\U000e0100" <= c <= "\U000e01ef" or c == "\u034f"


def _is_unspaced(c: str) -> bool:
    code = ord(c)
    return code >= _UNSPACED[0][0] and any(first <= code <= last for first, last in _UNSPACED)
