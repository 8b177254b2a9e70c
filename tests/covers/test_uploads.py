"""What becomes of files that people upload, whatever they are called and whatever is in them."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import time

import pytest
from PIL import Image

from goscrobble import imaging
from tests.covers.conftest import decoded, encoded, png_that_says

UNREADABLE = {"error": "That file is not an image we can read (PNG, JPEG, WebP or GIF)"}


@pytest.fixture
def shown(client):
    return lambda kind, uuid, size=300: client.get(f"/covers/{kind}/{uuid}?size={size}")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_each_format_becomes_two_small_webp(ada, heard, upload, shown, kind):
    artist, _ = heard(ada)
    assert upload(ada, "artist", artist, encoded(kind)).json == {"message": "The picture was changed"}
    for size in (64, 300):
        answer = shown("artist", artist, size)
        assert answer.mimetype == "image/webp"
        image = decoded(answer.data)
        assert (image.format, image.size) == ("WEBP", (size, size))
        assert all(abs(a - b) < 12 for a, b in zip(image.convert("RGB").getpixel((9, 9)), (200, 30, 30), strict=True))


def _refused(name):
    gif = encoded("GIF")
    files = {
        "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "HTML": b"<!DOCTYPE html><script>alert(1)</script>",
        "a page behind the first bytes of a PNG": b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
        "a PNG cut off": encoded("PNG", (900, 900))[:200],
        "a JPEG cut off": encoded("JPEG", (900, 900))[:300],
        "a BMP": encoded("BMP"),
        "a TIFF": encoded("TIFF"),
        "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
        "nothing": b"",
        "zeros": bytes(100_000),
        "a GIF's header": gif[:13],
        "a PNG without a pixel": png_that_says(0, 0),
        "a PNG with less than it says": png_that_says(3000, 3000, b"\0" * 90),
    }
    return files if name is None else files[name]


@pytest.mark.parametrize("name", _refused(None))
def test_what_is_no_image_is_refused_with_a_sentence(ada, heard, upload, shown, name):
    artist, _ = heard(ada)
    answer = upload(ada, "artist", artist, _refused(name))
    assert (answer.status_code, answer.json) == (400, UNREADABLE)
    assert shown("artist", artist).mimetype == "image/svg+xml"


@pytest.mark.parametrize(("width", "height"), [(50_000, 1), (12_001, 10), (8000, 8000), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_refused_by_the_header_before_anything_is_decoded(ada, heard, upload, width, height):
    _, album = heard(ada)
    began = time.monotonic()
    answer = upload(ada, "album", album, png_that_says(width, height))
    assert answer.status_code in {413, 400}
    assert answer.status_code == 413 or width == 2**31 - 1
    assert time.monotonic() - began < 10


def test_a_bomb_is_decoded_in_little_memory_or_not_at_all(ada, heard, upload):
    _, album = heard(ada)
    bomb = png_that_says(6300, 6300, bytes(6300 * (6300 * 3 + 1)))  # 120 MB of pixels in 120 KB
    assert len(bomb) < 200_000
    assert upload(ada, "album", album, bomb).status_code == 200
    assert upload(ada, "album", album, png_that_says(6400, 6400)).status_code == 413
    endless = png_that_says(100, 100, bytes(20_000_000))  # more than its header says: the rest is not looked at
    assert upload(ada, "album", album, endless).status_code in {200, 400}


def test_of_ten_thousand_frames_the_first_is_shown(ada, heard, upload, shown):
    _, album = heard(ada)
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes([255, 0, 0, 0, 0, 255])  # red and blue
    frames = [
        b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02" + one + b"\x00" for one in (b"D\x01", b"L\x01")
    ]
    gif = head + frames[0] + frames[1] * 9999 + b";"
    assert Image.open(io.BytesIO(gif)).n_frames == 10_000
    assert upload(ada, "album", album, gif).status_code == 200
    red, _, blue = decoded(shown("album", album).data).convert("RGB").getpixel((100, 100))
    assert (red > 200, blue < 60) == (True, True)


def test_more_than_eight_megabytes_are_refused(ada, heard, upload):
    _, album = heard(ada)
    assert upload(ada, "album", album, bytes(imaging.MOST_BYTES + 1)).status_code == 413


def test_a_file_that_is_two_things_keeps_only_the_image(ada, heard, upload, shown):
    _, album = heard(ada)
    both = encoded("PNG") + b"<script>alert(1)</script>PK\x05\x06" + bytes(18)
    assert upload(ada, "album", album, both).status_code == 200
    answer = shown("album", album)
    assert b"script" not in answer.data
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_a_camera_noted_is_gone_and_its_turn_is_applied():
    image = Image.new("RGB", (400, 400), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, 400, 200))  # red above
    for turn, red_at in {1: (150, 20), 3: (150, 280), 6: (280, 150), 8: (20, 150)}.items():
        notes = Image.Exif()
        notes[0x0112], notes[0x010F] = turn, "Where I live"
        out = io.BytesIO()
        image.save(out, "JPEG", exif=notes)
        for made in imaging.convert(out.getvalue()):
            assert b"Where I live" not in made
            assert not decoded(made).getexif()
        red, _, blue = decoded(made).convert("RGB").getpixel(red_at)
        assert (red > 200, blue < 80) == (True, True), turn


def test_a_picture_is_cut_to_the_square_in_its_middle_and_stays_transparent():
    image = Image.new("RGBA", (900, 300), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (300, 0, 600, 300))
    out = io.BytesIO()
    image.save(out, "PNG")
    _, large = imaging.convert(out.getvalue())
    assert decoded(large).getpixel((150, 150))[0] > 240
    _, clear = imaging.convert(encoded("PNG", (300, 300), (0, 0, 0, 0)))
    assert decoded(clear).getpixel((150, 150))[3] == 0


def test_the_converter_can_open_no_file_and_take_no_memory():
    spy = (
        "import goscrobble.imaging as i, resource\n"
        "real = i.convert\n"
        "def convert(raw):\n"
        "    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 3:\n"
        "        return real(raw)  # before the limits\n"
        "    for attempt in (lambda: open('/etc/passwd'), lambda: bytearray(2 * 1024**3), lambda: __import__('socket').socket()):\n"
        "        try:\n"
        "            attempt()\n"
        "        except (OSError, MemoryError):\n"
        "            continue\n"
        "        raise SystemExit('it could')\n"
        "    return b'could', b'not'\n"
        "import socket; i.convert = convert; i.main()"
    )
    done = subprocess.run([sys.executable, "-c", spy], input=encoded(), capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"\0\0\0\5could\0\0\0\3not", b"")


def test_the_server_itself_loads_no_decoder():
    code = "import sys, goscrobble.services.covers; print([m for m in sys.modules if m.startswith('PIL')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
