"""Names: cleaning them, the fold that identity uses, and the looser keys that matching of twins uses.

Three strengths, never mixed up. `clean` is what is stored and shown. `fold` decides whether two names are the same
artist, album or track of the catalogue. `title_key` and `artist_keys` decide only whether two *reports* may tell of
one listen (rule and its measurement: docs/explanation/twins.md); they are never shown.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from goscrobble.domain.sentences import Sentence

MAX_LENGTH = 5000  # characters of a name; more is not a name

_CONTROLS = dict.fromkeys(code for code in (*range(0x20), *range(0x7F, 0xA0)) if not chr(code).isspace())
_GAP, _PLUS, _SHARP = "\ue000", "\ue001", "\ue002"  # of Unicode's private use
_KEPT = {_GAP, _PLUS, _SHARP}
_SIGNS = re.compile(
    r"""
      (?<=\d) , (?=\d{3}(?!\d))                         # "10,000"
    | (?<=\d) (?P<between> [^\w]+ | _+ ) (?=\d)          # "1.1", "1+1", "24 7"
    | (?<=\w) (?P<ending> [+\#]+ ) (?!\w)               # "C++", "C#", but neither "a+b" nor "this + that"
    | (?<!\w) (?P<leading> \+ ) (?=\d)                  # "+44"
    """,
    re.VERBOSE,
)
_LOOKS = {chr(code) for code in range(0xFE00, 0xFE10)}  # variation selectors: how a sign is drawn, not which it is


def clean(text: str) -> str:
    """Return the name as it is stored: NFC, stripped, without control characters, white space runs made one space.

    Raises ValueError with a reason (to follow the field's name) for NUL, lone surrogates and endless names.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(Sentence("is longer than %(most)s characters", most=MAX_LENGTH))
    if "\0" in text:
        raise ValueError(Sentence("contains a NUL character"))
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError(Sentence("contains half of a surrogate pair"))
    return unicodedata.normalize("NFC", " ".join(text.translate(_CONTROLS).split()))


@lru_cache(20_000)  # of one play's names each is asked for several times
def fold(name: str) -> str:
    """Return the key of identity: case, width, punctuation and spacing do not matter; accents do.

    What keeps digits apart does: "1+1" is not "11", nor "Ghosts 1.1" "Ghosts 11", though "10,000" is "10000". So does
    a sign that ends a word: "C", "C++" and "C#" are three.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    if not folded.isalnum():
        folded = _SIGNS.sub(_kept_sign, folded.replace("\u266f", "#"))
    return "".join(c for c in folded if c.isalnum() or c in _KEPT or _is_mark(c)) or folded.strip()


def _kept_sign(found: re.Match[str]) -> str:
    """Return what stays of characters that are neither letters nor digits: signs of our own, or nothing."""
    if found["between"] is not None:
        return _PLUS if "+" in found["between"] else _GAP
    return (found["ending"] or found["leading"] or "").replace("+", _PLUS).replace("#", _SHARP)


# ---- looser keys, for matching reports only ----

_NOISE = r"""(?:
    (?:\d{4}\s+)?(?:digital(?:ly)?\s+)?remaster(?:ed)?(?:\s+(?:version|\d{4}))*
  | (?:album|single|original|explicit|clean)\s+version
  | explicit | clean | mono | stereo | bonus(?:\s+track)? | deluxe(?:\s+edition)?
  | (?:feat\.?|ft\.?|featuring|with)\s+[^()\[\]]+
)"""
_FLAGS = re.IGNORECASE | re.VERBOSE
_NOISE_IN_BRACKETS = re.compile(rf"\s* [(\[] \s* {_NOISE} \s* [)\]]", _FLAGS)
_NOISE_AFTER_DASH = re.compile(rf"\s+ [-\u2013\u2014] \s+ {_NOISE} \s* $", _FLAGS)
_GUESTS_AT_END = re.compile(r"\s+(?:feat\.?|ft\.?|featuring)\s+(.+)$", re.IGNORECASE)
_GUESTS_IN_BRACKETS = re.compile(r"[(\[]\s*(?:feat\.?|ft\.?|featuring|with)\s+([^()\[\]]+?)\s*[)\]]", re.IGNORECASE)
_JOINERS = re.compile(r"\s+•\s+|;\s*|,\s+|\s+(?:feat\.?|ft\.?|featuring|with|and|vs\.?|x|&|/|\+)\s+", re.IGNORECASE)
_THE = re.compile(r"^the\s+", re.IGNORECASE)
_LONGEST_MATCHED = 300  # what comes later in a name does not help to tell two listens apart, and bounds the patterns


def title_key(title: str) -> str:
    """Return the title without what sources add or drop at will (remaster, feat., explicit, …), folded to letters.

    Live, demo, acoustic, instrumental, remix and edit stay: they follow the studio version on one record.
    """
    return _title_key(title[:_LONGEST_MATCHED])


@lru_cache(20_000)
def _title_key(title: str) -> str:
    bare = title
    for _ in range(3):
        bare = _NOISE_AFTER_DASH.sub("", _NOISE_IN_BRACKETS.sub("", bare))
    bare = _GUESTS_AT_END.sub("", bare)
    return _letters(bare) or _letters(title) or title.strip()


def artist_keys(title: str, artists: tuple[str, ...]) -> frozenset[str]:
    """Return every artist that may be meant: whole, split at joiners, and guests named in the title, folded."""
    return _artist_keys(title[:_LONGEST_MATCHED], tuple(name[:_LONGEST_MATCHED] for name in artists))


@lru_cache(20_000)
def _artist_keys(title: str, artists: tuple[str, ...]) -> frozenset[str]:
    names = list(artists)
    names += _GUESTS_IN_BRACKETS.findall(title) + _GUESTS_AT_END.findall(title)
    parts = [_THE.sub("", part.strip()) for name in names for part in _JOINERS.split(name)]
    return frozenset(_letters(name) or name.strip() for name in names) | frozenset(filter(None, map(_letters, parts)))


def _letters(name: str) -> str:
    """Return the name's letters without accents; vowel signs (which do not combine, to Unicode) stay."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in decomposed if c.isalnum() or (_is_mark(c) and not unicodedata.combining(c)))


def _is_mark(c: str) -> bool:
    """Return whether this is an accent or a vowel sign; those of many scripts are no letters to Unicode."""
    return unicodedata.category(c) in {"Mn", "Mc"} and c not in _LOOKS
