"""Takes away what players write where they know nothing.

A placeholder must not become the album that everybody listens to most. A play by an artist nobody knows is still a
play and stays; one that names neither track nor artist tells nothing and is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from goscrobble.plugins import ScrobbleDraft, hookimpl


@dataclass(frozen=True, slots=True)
class Placeholders:
    """Words that stand for nothing: wherever they are found, or only in brackets since real things are called so."""

    always: frozenset[str]
    in_brackets: frozenset[str]

    def hold(self, name: str) -> bool:
        """Return whether a name is one of these."""
        folded = " ".join(name.casefold().split())
        if len(folded) > 1 and _BRACKETS.get(folded[0]) == folded[-1]:
            inner = folded[1:-1].strip()
            return inner in self.always or inner in self.in_brackets
        return folded in self.always


TITLES = Placeholders(
    frozenset({"unknown track", "unknown title", "unknown song"}), frozenset({"unknown", "no title", "none"})
)
ARTISTS = Placeholders(frozenset({"unknown artist"}), frozenset({"unknown", "no artist", "none"}))
ALBUMS = Placeholders(
    frozenset({"unknown album", "non-album tracks", "non-album track"}),
    frozenset({"unknown", "no album", "none", "standalone recordings"}),
)
ALBUM_ARTISTS = Placeholders(ARTISTS.always | {"various artists", "va", "v.a.", "v/a", "various"}, ARTISTS.in_brackets)


@hookimpl
def prepare_draft(draft: ScrobbleDraft) -> ScrobbleDraft | None:
    """Drop an album that is a placeholder, and album artists that stand for "many" or "nobody"."""
    album = None if draft.album is None or ALBUMS.hold(draft.album) else draft.album
    album_artists = tuple(name for name in draft.album_artists if not ALBUM_ARTISTS.hold(name))
    if album == draft.album and album_artists == draft.album_artists:
        return None
    return draft.model_copy(update={"album": album, "album_artists": album_artists})


@hookimpl
def reject_draft(draft: ScrobbleDraft) -> str | None:
    """Refuse a play that names neither a track nor an artist."""
    if TITLES.hold(draft.title) and all(ARTISTS.hold(artist) for artist in draft.artists):
        return "Neither the track nor the artist is known"
    return None


_BRACKETS = {"[": "]", "<": ">", "(": ")"}
