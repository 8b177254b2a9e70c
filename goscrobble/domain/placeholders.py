"""The picture of an artist or album that has none: made from its id, the same for ever, with the initials of its name.

An SVG without any style sheet, font or address of its own. Its colours are calm enough for light pages and dark ones.
"""

from __future__ import annotations

import hashlib
import random
import unicodedata
from collections.abc import Callable, Iterator
from html import escape

SIDE = 120  # units of the drawing
LONGEST = 10  # code points of one initial, however many marks are piled on it
_PILED = 3  # marks on one letter

# Ground, two shapes upon it, ink: pale ink on grounds of medium darkness (contrast at least 4.5).
_PALETTES = (
    ("#3f4d7a", "#5a6ba3", "#2f3a5e", "#f2f4ff"),
    ("#2f6069", "#4a8791", "#23484f", "#effcfd"),
    ("#6b4470", "#8d6192", "#513255", "#fdf2ff"),
    ("#7d4a43", "#a2675e", "#5f3731", "#fff3f0"),
    ("#4a6741", "#69895e", "#384f31", "#f3fbef"),
    ("#75592b", "#9a7a45", "#58431f", "#fff7e8"),
    ("#455a64", "#64808c", "#33444c", "#f0f7fa"),
    ("#84405b", "#a95f7c", "#642f44", "#fff1f6"),
    ("#37618e", "#5483b4", "#294a6d", "#eff6ff"),
    ("#5b5286", "#7b71a9", "#443d66", "#f5f2ff"),
    ("#2e6b53", "#4a9074", "#22513e", "#eefcf5"),
    ("#8a4b2a", "#b06b46", "#69381e", "#fff4ec"),
)


def draw(seed: str, name: str = "", size: int = 300) -> str:
    """Return the picture as SVG text, `size` pixels square. `seed` is the id; an empty name has no initials."""
    chance = random.Random(hashlib.sha256(seed.encode()).digest())  # noqa: S311 - a picture, not a secret
    ground, light, dark, ink = chance.choice(_PALETTES)
    shapes = "".join(chance.choice(_PATTERNS)(chance, light, dark))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" width="{size}" height="{size}">'
        f'<rect width="{SIDE}" height="{SIDE}" fill="{ground}"/>{shapes}{_letters(initials(name), ink)}</svg>'
    )


def initials(name: str) -> str:
    """Return what stands for a name: the first letters of its first and last word, or one sign."""
    words = [word for word in map(_cut_signs, unicodedata.normalize("NFC", name).split()) if word]
    if not words:
        return next(_graphemes(_visible(name)), "")
    first = next(_graphemes(words[0]))
    if len(words) == 1 or not (_is_alphabetic(first) and _is_alphabetic(words[-1])):
        return _upper(first)
    return _upper(first) + _upper(next(_graphemes(words[-1])))


# ---- letters ----


def _letters(text: str, ink: str) -> str:
    if not text:
        return ""
    size = 46 if sum(not _is_mark(sign) for sign in text) > 1 else 54
    return (
        f'<text x="60" y="60" dy="0.35em" text-anchor="middle" fill="{ink}" font-size="{size}" font-weight="600" '
        f'font-family="system-ui, sans-serif">{escape(text)}</text>'
    )


def _graphemes(text: str) -> Iterator[str]:
    """Yield what readers take for one sign: a letter with its marks, an emoji with all that is joined to it."""
    cluster = ""
    for sign in text:
        if cluster and _belongs(cluster, sign):
            if not _is_mark(sign) or sum(map(_is_mark, cluster)) < _PILED:
                cluster = (cluster + sign)[:LONGEST]
            continue
        if cluster:
            yield cluster
        cluster = sign
    if cluster:
        yield cluster


def _belongs(cluster: str, sign: str) -> bool:
    if (
        _is_mark(sign)
        or sign == _JOINER
        or "\U0001f3fb" <= sign <= "\U0001f3ff"
        or "\U000e0020" <= sign <= "\U000e007f"
    ):
        return True
    return cluster[-1] == _JOINER or (_is_flag(sign) and _is_flag(cluster) and len(cluster) == 1)


_JOINER = "\u200d"


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign).startswith("M")


def _is_flag(sign: str) -> bool:
    return "\U0001f1e6" <= sign[0] <= "\U0001f1ff"


def _is_alphabetic(text: str) -> bool:
    """Return whether letters of this script stand side by side as initials do: not joined, and no whole words."""
    return unicodedata.bidirectional(text[0]) == "L" and unicodedata.name(text[0], "").startswith(
        ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN")
    )


def _upper(grapheme: str) -> str:
    upper = grapheme.upper()
    return upper if len(upper) == len(grapheme) else grapheme  # not "SS" for a sharp s


def _visible(text: str) -> str:
    return "".join(sign for sign in text if unicodedata.category(sign)[0] not in "CZ" or sign == _JOINER).lstrip(
        _JOINER
    )


def _cut_signs(word: str) -> str:
    """Return a word from its first letter, digit or symbol on."""
    visible = _visible(word)
    return next((visible[i:] for i, sign in enumerate(visible) if unicodedata.category(sign)[0] in "LNS"), "")


# ---- patterns ----


def _rings(chance: random.Random, light: str, dark: str) -> Iterator[str]:
    x, y = chance.choice((0, SIDE)), chance.choice((0, SIDE))
    for number, radius in enumerate(range(132, 12, -24)):
        yield f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{(light, dark)[number % 2]}" opacity="0.55"/>'


def _stripes(chance: random.Random, light: str, dark: str) -> Iterator[str]:
    angle = chance.choice((30, 45, 60, 120, 135, 150))
    yield f'<g transform="rotate({angle} 60 60)">'
    place = -40
    while place < SIDE + 40:
        width = chance.choice((6, 10, 14, 20))
        colour = chance.choice((light, dark))
        yield f'<rect x="{place}" y="-40" width="{width}" height="200" fill="{colour}" opacity="0.6"/>'
        place += width + chance.choice((8, 12, 18))
    yield "</g>"


def _tiles(chance: random.Random, light: str, dark: str) -> Iterator[str]:
    for x in range(0, SIDE, 30):
        for y in range(0, SIDE, 30):
            colour, turn = chance.choice((light, dark)), chance.randrange(4) * 90
            yield (
                f'<path d="M0 0h30a30 30 0 0 1-30 30z" fill="{colour}" opacity="0.6" '
                f'transform="translate({x} {y}) rotate({turn} 15 15)"/>'
            )


def _dots(chance: random.Random, light: str, dark: str) -> Iterator[str]:
    for x in range(10, SIDE, 20):
        for y in range(10, SIDE, 20):
            radius, colour = chance.choice((2, 4, 6, 8)), chance.choice((light, light, dark))
            yield f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}" opacity="0.7"/>'


def _waves(chance: random.Random, light: str, dark: str) -> Iterator[str]:
    rise, shift = chance.choice((10, 14, 18)), chance.randrange(0, 60, 10)
    for number, y in enumerate(range(18, SIDE + 30, 24)):
        curve = f"M{-shift - 30} {y}q15 {-rise} 30 0t30 0 30 0 30 0 30 0 30 0 30 0"
        yield f'<path d="{curve}V{SIDE + 20}H-90z" fill="{(light, dark)[number % 2]}" opacity="0.5"/>'


def _discs(chance: random.Random, light: str, dark: str) -> Iterator[str]:
    for number in range(5):
        x, y, radius = chance.randrange(SIDE), chance.randrange(SIDE), chance.randrange(20, 52)
        yield f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{(light, dark)[number % 2]}" opacity="0.55"/>'


_PATTERNS: tuple[Callable[[random.Random, str, str], Iterator[str]], ...] = (
    _rings,
    _stripes,
    _tiles,
    _dots,
    _waves,
    _discs,
)
