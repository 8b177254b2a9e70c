"""Search: what is found by what, in which order, by whom; hostile queries; the table of words."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from goscrobble.domain.words import LONGEST, words_asked, words_of
from goscrobble.errors import BadInput
from goscrobble.migrations import runner
from goscrobble.models import SearchWord, Spelling, table
from goscrobble.services import ingest, rematching
from goscrobble.services.searching import search
from goscrobble.storage import matching
from goscrobble.testing import make_account, make_draft
from tests.catalogue.world import AT, hear, merge, uuid_of

_numbers = count()


@pytest.fixture
def ada(core):
    return make_account(core, "ada")


@pytest.fixture
def shelf(core, ada):
    """Tell many tracks at once: `shelf("Title")` or `shelf(("Title", "Artist", "Album"))`, each played once."""

    def shelf(*names):
        whole = [(name, "Nobody", None) if isinstance(name, str) else (*name, None)[:3] for name in names]
        drafts = [
            make_draft(title=title, artists=(artist,), album=album, played_at=AT - 1000 * n)
            for n, (title, artist, album) in enumerate(whole)
        ]
        ingest.submit(core, ada.id, drafts, source="jellyfin")

    return shelf


@pytest.fixture
def tracks(core):
    """The titles that a query finds."""
    return lambda q, viewer=None: [hit.entity.name for hit in search(core, q, viewer, limit=50).tracks]


# ---- what is found ----


def test_a_search_answers_entries_with_their_plays_and_people(get, core, shelf, ada):
    shelf(("Jóga", "Björk", "Björk Live"), ("Hunter", "Björk", "Björk Live"))
    make_account(core, "bjorkfan")
    status, found = get("/search?q=bjork")
    assert status == 200
    credit = [{"id": uuid_of(core, "artists", "Björk"), "name": "Björk"}]
    assert found == {
        "artists": [credit[0] | {"plays": 2}],
        "albums": [{"id": uuid_of(core, "albums", "Björk Live"), "title": "Björk Live", "artists": credit, "plays": 2}],
        "tracks": [],
        "users": [{"username": "bjorkfan"}],
        "complete": True,
    }
    _, found = get("/search?q=bjork+jog&limit=1")
    assert found["tracks"] == [
        {"id": uuid_of(core, "tracks", "Jóga"), "title": "Jóga", "artists": credit, "plays": 1}
    ]  # fmt: skip


def test_every_word_must_begin_a_word_of_the_name_in_any_order(shelf, tracks):
    shelf("The Night Watch", "Night Nurse", "Knight of the Watch")
    assert set(tracks("watch")) == {"The Night Watch", "Knight of the Watch"}
    assert tracks("wat nig") == ["The Night Watch"]
    assert tracks("night w") == tracks("the night watch") == ["The Night Watch"]
    assert tracks("nurses") == tracks("ight") == tracks("night day") == []


def test_a_track_or_album_is_found_by_its_artist_too_but_not_by_the_artist_alone(core, shelf, tracks):
    shelf(("Jóga", "Björk", "Homogenic"), ("Unravel", "Björk", "Homogenic"), ("Joga Bonito", "Pelé", "Futebol"))
    assert tracks("bjork joga") == tracks("joga bjork") == tracks("JÓG bjö") == ["Jóga"]
    assert tracks("bjork") == []
    assert [hit.entity.name for hit in search(core, "homo björk", None).albums] == ["Homogenic"]
    assert search(core, "bjork", None).albums == []
    assert tracks("pele bjork joga") == []


def test_all_artists_of_a_track_count(core, ada, tracks):
    hear(core, ada, "Hyperballad", ("Björk", "Brodsky Quartet"))
    assert tracks("hyper brodsky") == tracks("hyper brodsky bjork") == ["Hyperballad"]


SPELLINGS = {
    "Sigur Rós": ["sigur ros", "SIGUR RÓS", "sigur ro\u0301s", "ros"],
    "İstanbul'da": ["istanbul", "İSTANBUL", "istanbulda", "ıstanbul"],
    "Straße": ["strasse", "STRASSE", "straße", "STRAẞE"],
    "Ｆｕｌｌ Ｗｉｄｔｈ": ["full width", "ｆｕｌｌ　ｗｉｄｔｈ", "WIDTH"],
    "AC/DC": ["ac/dc", "acdc", "ac dc", "dc"],
    "Don’t Stop": ["don't", "dont stop", "don’t", "don"],
    "Mø & Træ": ["mo", "mø trae"],
    "Ænima": ["aenima", "ænima"],
    "宇多田ヒカル": ["宇多田", "多田", "ヒカル", "カル", "宇多田ヒカル"],
    "สวัสดีชาวโลก": ["สวัสดี", "ชาวโลก", "โลก"],
    "방탄소년단": ["방탄", "방탄소년단"],
    "مرحبا بالعالم": ["مرحبا", "بالعالم", "مَرحبا"],
    "!!!": ["!!!", "!!"],
    "🎵🎵": ["🎵", " 🎵🎵 "],
    "÷": ["÷"],
    "①②": ["12", "①"],
}


def test_case_accents_width_and_punctuation_do_not_matter(shelf, tracks):
    shelf(*SPELLINGS)
    found = {name: {query: tracks(query) for query in queries} for name, queries in SPELLINGS.items()}
    assert found == {name: {query: [name] for query in queries} for name, queries in SPELLINGS.items()}


def test_signs_that_databases_take_for_wildcards_are_none(shelf, tracks):
    shelf("100% Pure_Love", "1000 Purexlove", "Silence")
    assert tracks("100%") == ["100% Pure_Love", "1000 Purexlove"]
    assert tracks("pure_love") == tracks("100% l") == ["100% Pure_Love"]
    for query in ("%", "_", "%%", "\\", "'", '"', "*", "'; DROP TABLE track; --", "*:*", "a OR 1=1"):
        assert tracks(query) == [], query


def test_people_are_found_by_the_beginning_of_their_name(core, people):
    for name in ("adam", "Adam_Ant", "adamXant"):
        make_account(core, name)

    def found(q, viewer=None):
        return search(core, q, viewer).users

    assert found("ADA") == ["ada", "adam", "Adam_Ant", "adamXant"]
    assert found("adam_") == ["Adam_Ant"]
    assert found("dam") == found("%") == found("ada m") == []
    assert search(core, "ada", None, limit=1).users == ["ada"]


# ---- in which order ----


def test_whole_names_come_first_then_beginnings_then_other_words_each_by_plays(core, ada, tracks):
    plays = {"Yellow": 1, "Yellow Submarine": 1, "Yellow Ledbetter": 2, "Mellow Yellow": 5, "Big Yellow Taxi": 3}
    for title, times in plays.items():
        for n in range(times):
            hear(core, ada, title, (title,), at=AT - 5000 * n)
    order = ["Yellow", "Yellow Ledbetter", "Yellow Submarine", "Mellow Yellow", "Big Yellow Taxi"]
    assert tracks("yellow") == order
    found = search(core, "yellow", None, limit=3)
    assert [hit.entity.name for hit in found.tracks] == [hit.entity.name for hit in found.artists] == order[:3]
    assert [hit.plays for hit in found.tracks] == [1, 2, 1]


def test_ties_are_in_the_order_in_which_they_came(core, ada, tracks):
    titles = [f"Blue {word}" for word in ("Zed", "Moon", "Angel", "Velvet")]
    for n, title in enumerate(titles):
        hear(core, ada, title, at=AT - 5000 * n)
    assert tracks("blue") == titles == tracks("blue")


# ---- merged ----


def test_a_merged_entry_is_found_by_both_names_and_shown_once_with_all_plays(core, people, tracks):
    ada, bob = people["ada"], people["bob"]
    hear(core, ada, "Song", ("Prince",))
    hear(core, bob, "Tune", ("The Artist Formerly Known",), at=AT - 5000)
    merge(core, "artists", uuid_of(core, "artists", "The Artist Formerly Known"), uuid_of(core, "artists", "Prince"))
    for query in ("prince", "formerly"):
        assert [(hit.entity.name, hit.plays) for hit in search(core, query, None).artists] == [("Prince", 2)]
    assert tracks("prince tune") == tracks("formerly tune") == ["Tune"]


# ---- bounds ----


def test_a_word_that_very_many_have_is_looked_at_in_part_and_the_answer_says_so(core, shelf, tracks, monkeypatch):
    monkeypatch.setattr(matching, "READ", 5)
    shelf("The", *(f"A{n} Thesis" for n in range(9)))
    found = search(core, "the", None, limit=50)
    assert (found.complete, len(found.tracks), found.tracks[0].entity.name) == (False, 5, "The")
    found = search(core, "the a8", None)
    assert ([hit.entity.name for hit in found.tracks], found.complete) == (["A8 Thesis"], True)
    monkeypatch.setitem(matching.RANKED, "tracks", 3)
    monkeypatch.setattr(matching, "READ", 50)
    found = search(core, "thesis", None)
    assert (found.complete, len(found.tracks)) == (False, 3)


@pytest.mark.parametrize(
    ("q", "why"),
    [("", "must not be empty"), ("  \t", "must not be empty"), ("a" * 201, "must have at most 200 characters")],
)
def test_nothing_and_too_much_to_search_by_are_400(get, core, q, why):
    with pytest.raises(BadInput, match=f"^q {why}$"):
        search(core, q, None)
    assert get(f"/search?q={q}") == (400, {"error": f"q {why}"})


def test_other_searches_that_cannot_be_are_400(get):
    bad = {
        "": "q is missing",
        "q=%00": "q must not contain a NUL character",
        "q=a&limit=0": "limit must be at least 1",
        "q=a&limit=51": "limit must be at most 50",
        "q=a&limit=-1": "limit must be at least 1",
        "q=a&limit=x": "limit must be a whole number",
    }
    assert {query: get(f"/search?{query}") for query in bad} == {
        query: (400, {"error": why}) for query, why in bad.items()
    }


def test_whatever_is_asked_is_answered(core, shelf):
    title = "Lang " + "ä" * 60 + " name" * 50
    shelf(title, "\u202eright to left", "e\u0301" * 40)
    assert [hit.entity.name for hit in search(core, title[:200], None).tracks] == [title]
    assert [hit.entity.name for hit in search(core, "lang " + "a" * 60, None).tracks] == [title]
    assert len(search(core, "\u202eright", None).tracks) == 1
    assert len(search(core, "é" * 40, None).tracks) == 1
    odd = ["\u0301", "\u200d", "﷽" * 200, "ﷺ" * 200, "\ufffd", "\U0010ffff", "\x01\x02", "=", "b " * 100,
           " ".join(map(chr, range(0x4E00, 0x4E64))), "宇" * 200, "-" * 200, "\ue000", "𝓑𝓲𝓰", "👨‍👩‍👧", "ͅ", "\ufeff"]  # fmt: skip
    for query in odd:
        assert search(core, query, None, limit=50).tracks == [], query


# ---- words ----


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300))
def test_a_name_is_found_by_any_beginning_of_any_of_its_words(name):
    found = words_of(name)
    assert all(0 < len(word) <= LONGEST and "\0" not in word for word in found if name.strip("\0 \t\n"))
    assert len(found) <= 100
    asked = words_asked(name)
    if len(asked) < 40:
        assert all(any(word.startswith(one[:n]) for word in found) for one in asked for n in range(1, len(one) + 1))
    assert not any(a != b and a.startswith(b) for a in asked for b in asked)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60), st.none() | st.text(max_size=60)),
        min_size=1,
        max_size=6,
    )
)
def test_the_words_are_those_of_all_names_whatever_is_told(core, names):
    account = make_account(core, f"listener_{next(_numbers)}")
    drafts = []
    for n, (title, artist, album) in enumerate(names):
        try:
            drafts.append(make_draft(title=title, artists=(artist,), album=album, played_at=AT - 1000 * n))
        except ValueError:
            continue
    ingest.submit(core, account.id, drafts, source="jellyfin")
    assert_words_are_complete(core.database.engine)


def test_an_upgrade_writes_the_words_of_names_that_were_there(core, shelf, settings, monkeypatch):
    shelf(("Jóga", "Björk", "Homogenic"), ("!!!", "宇多田ヒカル", "100%"), ("Three", "Can", "Four"))
    engine = core.database.engine
    runner.downgrade(engine, "0002")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM track")).scalar() == 3
    runner.upgrade(engine)
    rematching.rematch(core.database)
    assert_words_are_complete(engine)


def assert_words_are_complete(engine):
    word, spelling = table(SearchWord), table(Spelling)
    with engine.connect() as connection:
        stored_words = sorted(tuple(row) for row in connection.execute(select(word)))
        expected = sorted(
            {
                (kind, one, id_)
                for kind, id_, told in connection.execute(
                    select(spelling.c.kind, spelling.c.entity_id, spelling.c.text)
                )
                for one in words_of(told)
            }
        )
    assert stored_words == expected
