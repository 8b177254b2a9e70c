"""Makes our two pictures of one that somebody uploaded. A program of its own: `python -m goscrobble.imaging`.

It reads the file on its standard input and writes the small and the large WebP, each after its length. Decoders of
images have had many holes; so it decodes in a process that has little memory and time, no connection and no secret,
and that ends with a word on its standard error when the file is not one we take.
"""

from __future__ import annotations

import io
import resource
import struct
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

SMALL, LARGE = 64, 300  # pixels
MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 12_000  # pixels
MEMORY = 1024 * 1024 * 1024  # bytes
SECONDS = 10  # of processor time
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
LENGTH = struct.Struct(">I")
UNREADABLE, TOO_LARGE = "unreadable", "too large"


def main() -> None:
    """Convert one file."""
    _warm_up()
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(kind, (most, most))
    raw = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        _refuse(TOO_LARGE)
    try:
        made = convert(raw)
    except Exception:  # noqa: BLE001 - decoders raise whatever they like
        _refuse(UNREADABLE)
    for picture in made:
        sys.stdout.buffer.write(LENGTH.pack(len(picture)) + picture)


def convert(raw: bytes) -> tuple[bytes, bytes]:
    """Return the small and the large WebP: upright, cut to the square in the middle, without any of its notes."""
    from PIL import Image  # noqa: PLC0415 - the server never loads it

    Image.MAX_IMAGE_PIXELS = None  # we count ourselves, before anything is decoded
    with Image.open(io.BytesIO(raw), formats=FORMATS) as image:
        width, height = image.size
        if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
            _refuse(TOO_LARGE)
        image.draft("RGB", (LARGE * 2, LARGE * 2))  # a JPEG is decoded no finer than we need
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1), ())
        image.load()
        square = _square(image)
    for step in turn:
        square = square.transpose(Image.Transpose(step))
    return _webp(square.resize((SMALL, SMALL), Image.Resampling.LANCZOS)), _webp(square)


def _warm_up() -> None:
    """Decode one image of each format, so that all that is imported for it is there before no file can be opened."""
    from PIL import Image  # noqa: PLC0415 - the server never loads it

    notes = Image.Exif()
    notes[_ORIENTATION] = 6
    for kind in FORMATS:
        out = io.BytesIO()
        Image.new("RGB", (2, 3)).save(out, kind, exif=notes)
        convert(out.getvalue())


_ORIENTATION = 0x0112
# What to do, of PIL's transpositions: 0 flips left to right, 1 top to bottom, 2 to 4 turn against the clock.
_TURNS = {2: (0,), 3: (3,), 4: (1,), 5: (4, 0), 6: (4,), 7: (2, 0), 8: (2,)}


def _square(image: Picture) -> Picture:
    from PIL.Image import Resampling  # noqa: PLC0415 - see above

    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    has_alpha = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    if side > 4 * LARGE and image.mode in {"RGB", "RGBA", "L"}:
        image = image.reduce(side // (2 * LARGE), (left, top, left + side, top + side))
    else:
        image = image.crop((left, top, left + side, top + side))
    return image.convert("RGBA" if has_alpha else "RGB").resize((LARGE, LARGE), Resampling.LANCZOS)


def _webp(image: Picture) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=82, method=4, exif=b"", icc_profile=b"")
    return out.getvalue()


def _refuse(word: str) -> NoReturn:
    sys.stderr.write(word)
    sys.stderr.flush()
    raise SystemExit(1)


if __name__ == "__main__":
    main()
