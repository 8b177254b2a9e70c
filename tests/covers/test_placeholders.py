"""The picture of what has none: stable, handsome, harmless, and with the right initials."""

from __future__ import annotations

import re
import uuid
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goscrobble.domain.placeholders import _PALETTES, LONGEST, draw, initials

SEED = "7b4b2f5e-0000-4000-8000-000000000000"
INITIALS = {
    "deadmau5": "D",
    "Boards of Canada": "BC",
    "Sigur Rós": "SR",
    "O\u0301lafur Arnalds": "ÓA",
    '"Heroes"': "H",
    "2Pac": "2",
    "$uicideboy$": "$",
    "!!!": "!",
    "ßeta": "ß",
    "久石譲": "久",
    "きゃりー ぱみゅぱみゅ": "き",
    "이날치": "이",
    "فيروز كبيرة": "ف",
    "עידן רייכל": "ע",
    "🎧 Lofi": "🎧",
    "👨‍👩‍👧‍👦 Family": "👨‍👩‍👧‍👦",
    "👍🏽": "👍🏽",
    "🇩🇪🇫🇷": "🇩🇪",
    "नुसरत": "नु",
    "\u202eevil": "E",
    "<script>alert(1)</script>": "<",
    "": "",
    " \u200b\u200d ": "",
    "\u0301": "\u0301",
}


@pytest.mark.parametrize(("name", "expected"), INITIALS.items(), ids=map(ascii, INITIALS))
def test_initials_are_whole_signs_of_any_script(name, expected):
    assert initials(name) == expected


def test_a_letter_under_a_thousand_marks_keeps_a_few():
    assert initials("Z" + "\u0316" * 1000) == "Z\u0316\u0316\u0316"


@given(st.text(max_size=60))
def test_whatever_the_name_the_picture_is_one_and_holds_nothing_but_shapes_and_a_text(name):
    picture = ET.fromstring(draw(SEED, name))
    assert {element.tag.rpartition("}")[2] for element in picture.iter()} <= {
        "svg",
        "rect",
        "circle",
        "path",
        "g",
        "text",
    }
    assert all(not key.startswith("on") and "href" not in key for element in picture.iter() for key in element.attrib)
    assert len(initials(name)) <= 2 * LONGEST


HOSTILE = ["</text><script>alert(1)</script>", "& &", "<! x", "\"' onload=", "]]> >", "\x00\x01a", "\ud800", "\ufffe"]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names_are_escaped(name):
    ET.fromstring(draw(SEED, name))
    assert "<script" not in draw(SEED, name)


def test_the_picture_of_an_id_never_changes_and_those_of_many_differ():
    assert draw(SEED, "Can") == draw(SEED, "Can")
    # Pictures that people know must not change with a version of ours: this is what it was at first.
    assert re.findall(r'fill="(#\w+)"', draw(SEED))[0] == "#4a6741"
    assert len({draw(str(uuid.UUID(int=n))) for n in range(200)}) > 150


def test_it_needs_nothing_from_elsewhere_and_no_style_sheet():
    text = draw(SEED, "Can").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"http|url\(|style|@import|<image|<use", text)


def test_the_ink_can_be_read_on_every_ground_and_pattern():
    for ground, light, dark, ink in _PALETTES:
        # Shapes of 70 % and less lie upon the ground: the lightest that can come about is between light and ground.
        for shade in (ground, dark, _mix(light, ground, 0.7)):
            assert _contrast(ink, shade) >= 3, (ground, ink)  # large text (WCAG AA)


def _rgb(colour):
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _mix(one, other, share):
    mixed = (round(a * share + b * (1 - share)) for a, b in zip(_rgb(one), _rgb(other), strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _luminance(colour):
    parts = [part / 255 for part in _rgb(colour)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
