"""What there is to hear in the made-up months, and how each kind of source spells it."""

from __future__ import annotations

import math
import random
import zlib
from dataclasses import dataclass

TRACKS, PODCASTS = 3000, 60
HALF_CAP = 240  # the simulator's own copy of the rule of a listen: it must not learn from what it measures

_ADJECTIVES = """
    Night River Glass Hollow Golden Electric Silent Paper Winter Summer Broken Blue Velvet Neon Ghost Little Heavy
    Burning Distant Slow Wild Lost Holy Marble Salt Honey Iron Cherry Static Midnight
""".split()  # noqa: SIM905 - a list of words reads best as one
_NOUNS = """
    Heart Road Dream City Light Song Water Machine Garden Letter Sky Room Fire Ocean Dance Mirror Bones Train Window
    Echo Parade Ghosts Youth Signal Island Tigers Weather Hotel Satellite
""".split()  # noqa: SIM905 - same
_BAND_NAMES = ["The {} {}", "{} {}", "{} & {}", "{}, {} & Co", "Björk {} {}", "{} and the {}s"]
_VERSIONS = [" (Live)", " (Demo)", " - Acoustic", " (Instrumental)", " - Live at Paradiso"]


@dataclass(slots=True)
class Track:
    """Something that can be heard. `duration` is seconds; `tagged` tells whether players know it."""

    id: int
    title: str
    artists: list[str]
    duration: int
    tagged: bool = True
    remastered: bool = False
    podcast: bool = False

    @property
    def threshold(self) -> float:
        """Seconds that must be heard before a scrobbler submits."""
        return min(self.duration / 2, HALF_CAP) if self.tagged else HALF_CAP


def catalogue(rng: random.Random) -> list[Track]:
    """Return all tracks: TRACKS of music, then PODCASTS episodes; a track's id is its place."""
    artists = list(dict.fromkeys(_band(rng, number) for number in range(500)))
    tracks: list[Track] = []
    while len(tracks) < TRACKS:
        artist = rng.choice(artists)
        duration = _duration(rng)
        title = _title(rng)
        credited = [artist] + ([rng.choice(artists)] if rng.random() < 0.12 else [])
        tagged, remastered = rng.random() > 0.03, rng.random() < 0.10
        tracks.append(Track(len(tracks), title, credited, duration, tagged, remastered))
        if rng.random() < 0.05 and len(tracks) < TRACKS:  # another version next to it on the record: never a twin
            version = title + rng.choice(_VERSIONS)
            tracks.append(Track(len(tracks), version, credited, max(31, duration + rng.randint(-20, 30))))
    for number in range(PODCASTS):
        title = f"Episode {number}: {rng.choice(_ADJECTIVES)} {rng.choice(_NOUNS)}"
        host = f"The {rng.choice(_NOUNS)} Podcast"
        tracks.append(Track(len(tracks), title, [host], rng.randint(1500, 5400), podcast=True))
    return tracks


def _band(rng: random.Random, number: int) -> str:
    name = rng.choice(_BAND_NAMES).format(rng.choice(_ADJECTIVES), rng.choice(_NOUNS))
    return f"{name} {number}" if rng.random() < 0.5 else name


def _duration(rng: random.Random) -> int:
    kind = rng.random()
    usual = int(min(900, max(61, rng.lognormvariate(math.log(215), 0.35))))
    if kind < 0.04:
        return rng.randint(31, 60)
    return rng.randint(600, 1500) if kind < 0.06 else usual


def _title(rng: random.Random) -> str:
    title = f"{rng.choice(_ADJECTIVES)} {rng.choice(_NOUNS)}"
    if rng.random() < 0.5:
        title += f" {rng.choice(_NOUNS)}"
    if rng.random() < 0.08:
        title = f"Don't {title}"
    return "Intro" if rng.random() < 0.01 else title


# ---- how each source spells names ----


def spell(rng: random.Random, track: Track, style: str) -> tuple[str, tuple[str, ...]]:
    """Return title and artists as a source of this style tells them."""
    title = track.title + (_remaster_note(track, style) if track.remastered else "")
    if rng.random() < 0.02 or style == "commas":
        title = title.replace("'", "\u2019")
    artists = tuple(track.artists)
    if len(artists) > 1:
        title, artists = _join(title, artists, style, bool(track.id % 2))
    slip = rng.random()
    if slip < 0.01:
        title = title.upper()
    elif slip < 0.015:
        artists = tuple(name.replace("ö", "o") for name in artists)
    elif slip < 0.018:
        title = f"Übersetzt {track.id}"  # a translation: no rule can know
    return title, artists


def _remaster_note(track: Track, style: str) -> str:
    if style.startswith("spotify"):
        return " - Remastered 2011"
    if style == "lastfm":
        return " - 2011 Remaster"
    in_tags = style in {"feat in artist", "first artist", "list", "bullets"} and zlib.crc32(b"%d" % track.id) % 2
    return " (Remastered 2011)" if in_tags else ""


def _join(title: str, artists: tuple[str, ...], style: str, odd: bool) -> tuple[str, tuple[str, ...]]:
    first, second = artists[:2]
    match style:
        case "first artist" | "spotify first artist":
            return title, (first,)
        case "bullets":
            return title, (" • ".join(artists),)
        case "commas":
            return title, (", ".join(artists),)
        case "feat in title":
            return f"{title} (feat. {second})", (first,)
        case "feat in artist":
            return title, (f"{first} feat. {second}",)
        case "lastfm":
            return title, (f"{first} & {second}",) if odd else (first,)
        case _:
            return title, artists
