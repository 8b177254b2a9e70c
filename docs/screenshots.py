"""Takes the pictures in docs/screenshots: the main pages of a made-up server, narrow, middle and wide, light and dark.

`python docs/screenshots.py [folder]` starts a server on an instance of its own, which is gone in the end.
Needs Chromium; the pictures show the fonts of this machine: `apt-get install fonts-noto-core fonts-noto-cjk`.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from goscrobble import config
from goscrobble.domain.drafts import Playing, ScrobbleDraft
from goscrobble.domain.periods import ALL_TIME
from goscrobble.migrations import runner
from goscrobble.services import accounts, ingest, playback, statistics
from goscrobble.services.core import Core
from goscrobble.testing import make_account, make_core

FOLDER = Path(__file__).parent / "screenshots"
WIDTHS = {390: 844, 820: 1180, 1440: 1000}  # pixels, each with a height of its device
THEMES = ("light", "dark")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
DAY = 86400
# What most readers' systems have looks more like this than like Debian's default.
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include>/etc/fonts/fonts.conf</include>
<match><test name="family"><string>system-ui</string></test>
<edit name="family" mode="prepend" binding="strong"><string>Noto Sans</string></edit></match></fontconfig>"""
DAYS = 500  # of the history

# Made-up bands, so that nobody's taste is judged by it: (name, how liked, albums).
BANDS = (
    ("Night Ferry", 9.0, ("Harbour Lights", "Low Water", "The Long Crossing")),
    ("Marta Vela", 7.5, ("Sal", "Cartas al sur")),
    ("The Quiet Engines", 6.0, ("Idle", "Warm Machinery")),
    ("海辺の猫", 5.0, ("夜明け前", "波の手紙")),
    ("Kite Season", 4.5, ("Paper Wings",)),
    ("Oriel & Finch", 4.0, ("Small Hours", "Field Notes")),
    ("نور المدينة", 3.2, ("ضوء بعيد",)),
    ("Tundra Radio", 3.0, ("Static Bloom", "Northern Relay")),
    ("Ada Lindqvist", 2.6, ("Vinterlov",)),
    ("Plastic Orchards", 2.2, ("Everything Must Bloom",)),
    ("Copper Moth", 1.8, ("Filament",)),
    ("Los Faroles", 1.5, ("Barrio de agua",)),
    ("Slow Atlas", 1.2, ("Latitudes", "A Map Is a Promise We Make to the Places We Have Not Seen Yet")),
    ("Велосипед", 1.0, ("Лето кончилось",)),
    ("Hollow Coast", 0.8, ("Shingle",)),
    ("June Parade", 0.6, ("Confetti Weather",)),
)
FIRST = ("Glass", "Slow", "Paper", "Blue", "Second", "Hidden", "Electric", "Last", "Open", "Winter", "Golden", "Half")
SECOND = (
    "River",
    "Signals",
    "Morning",
    "Garden",
    "Distance",
    "Letters",
    "Train",
    "Weather",
    "Window",
    "Echo",
    "Street",
)


@dataclass(frozen=True, slots=True)
class Song:
    """A track of the made-up world."""

    title: str
    band: str
    album: str
    duration: int
    weight: float


def songs(rng: random.Random) -> list[Song]:
    """Return every song there is."""
    return [
        Song(
            title=f"{rng.choice(FIRST)} {rng.choice(SECOND)}" + (" (Live)" if rng.randrange(20) == 0 else ""),
            band=band,
            album=album,
            duration=rng.randint(150, 390),
            weight=liked * rng.paretovariate(1.4),
        )
        for band, liked, albums in BANDS
        for album in albums
        for _ in range(rng.randint(8, 12))
    ]


def listens(rng: random.Random, catalogue: list[Song], until: int, days: int = DAYS) -> Iterator[ScrobbleDraft]:
    """Yield a person's plays: more in the evening and on the way to work, moods that last for weeks."""
    hours = [1, 0.5, 0.2, 0.1, 0.1, 0.3, 1, 4, 6, 4, 3, 3, 3, 3, 3, 3, 4, 6, 7, 8, 9, 9, 6, 3]
    mood = {band: 1.0 for band, _, _ in BANDS}
    for day in range(days, -1, -1):
        if day % 14 == 0:
            mood = {band: rng.choice((0.15, 0.5, 1, 1, 2.5)) for band in mood}
        start = until - day * DAY - until % DAY
        weekend = time.gmtime(start).tm_wday >= 5  # noqa: PLR2004 - Saturday
        for _ in range(rng.choice((0, 1, 1, 2, 2, 3)) + weekend):
            hour = (rng.choices(range(24), hours)[0] + (2 if weekend else 0)) % 24
            at = start + hour * 3600 + rng.randrange(3600)
            weights = [song.weight * mood[song.band] for song in catalogue]
            for song in rng.choices(catalogue, weights, k=rng.randint(3, 14)):
                if at < until - 240:
                    yield draft(song, at)
                at += song.duration + rng.choice((0, 0, 2, 40))


def draft(song: Song, at: int) -> ScrobbleDraft:
    """Return a listen of a song."""
    return ScrobbleDraft(title=song.title, artists=(song.band,), album=song.album, duration=song.duration, played_at=at)


def fill(core: Core) -> None:
    """Make people and what they heard."""
    rng, now = random.Random(7), int(core.now())  # noqa: S311 - the same world each time
    catalogue = songs(rng)
    for name, days in (("ada", DAYS), ("noor", 200), ("tomek", 90)):
        account = make_account(core, name, time_zone="Europe/Berlin", admin=name == "ada")
        drafts = list(listens(rng, catalogue, now, days))
        for i in range(0, len(drafts), 500):
            ingest.submit(core, account.id, drafts[i : i + 500], source="jellyfin")
        song = rng.choice(catalogue[:20])
        playing = Playing(
            player="living room",
            item="1",
            draft=draft(song, now),
            state="playing",
            at=now - 40,
            position=40,
            starts=True,
        )
        playback.observe(core, account.id, playing, source="jellyfin")


def addresses(core: Core) -> dict[str, str]:
    """Return the pages that are shown, by the names of their pictures."""
    ada = accounts.named(core, "ada")
    artist, album = (statistics.top(core, ada, kind, ALL_TIME, limit=1)[0].entity.id for kind in ("artists", "albums"))
    year = time.gmtime(core.now()).tm_year
    return {
        "home": "/",
        "dashboard": "/u/ada",
        "charts": "/u/ada/charts/artists?range=90d",
        "year": f"/u/ada/years/{year}",
        "discoveries": "/u/ada/discoveries?range=all",
        "compare": "/u/ada/compare?with=noor",
        "history": "/u/ada/history",
        "artist": f"/artist/{artist}",
        "album": f"/album/{album}",
        "search": "/search?q=slow",
    }


def take(browser: Browser, url: str, pages: dict[str, str], folder: Path, *, whole: bool = False) -> None:
    """Take the picture of each page in each width and theme: what is seen at first, or the whole page."""
    for theme in THEMES:
        for width, height in WIDTHS.items():
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce"
            )
            page = context.new_page()
            for name, address in pages.items():
                page.goto(url + address)
                page.wait_for_timeout(400)  # covers that are seen, and what plays now
                page.screenshot(path=folder / f"{name}-{width}-{theme}.png", full_page=whole)
            context.close()


def main() -> None:
    """Make a world, serve it, take its pictures."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else FOLDER
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        sys.exit("Chromium is needed: `make chromium`")
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        instance = Path(name)
        settings = config.load(instance)
        runner.upgrade(settings.url)
        core = make_core(settings, time.time)
        fill(core)
        pages = addresses(core)
        core.database.close()
        with serving(instance) as url:
            fonts = instance / "fonts.conf"
            fonts.write_text(FONTS, "utf-8")
            environment = {**os.environ, "FONTCONFIG_FILE": str(fonts)}
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"], env=environment)
            take(browser, url, pages, folder, whole="--whole" in sys.argv)
            browser.close()


@contextmanager
def serving(instance: Path) -> Iterator[str]:
    """Serve an instance as long as the block lasts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "GOSCROBBLE_INSTANCE_PATH": str(instance),
        "GOSCROBBLE_RATE_LIMIT_LIGHT": "1000/s burst 1000",
    }
    command = [sys.executable, "-m", "goscrobble", "run", "--port", str(port)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - ours
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/health/ready", timeout=5).close()  # noqa: S310 - ours
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


if __name__ == "__main__":
    main()
