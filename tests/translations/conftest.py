"""Languages as far as a test needs them."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from goscrobble.web import translations
from tests.plugins.host.conftest import found, serve  # noqa: F401 - fixtures


@pytest.fixture
def write_catalogue():
    """Writes a compiled catalogue of these texts where a folder of catalogues keeps it."""

    def write(folder: Path, language: str, texts: dict[str, str]) -> None:
        catalogue = Catalog(language)
        for text, translated in texts.items():
            catalogue.add(text, translated, flags={"python-format"} if "%(" in text else ())
        (folder / language / "LC_MESSAGES").mkdir(parents=True)
        with (folder / language / "LC_MESSAGES" / "messages.mo").open("wb") as file:
            write_mo(file, catalogue)

    return write


@pytest.fixture
def speak(tmp_path, monkeypatch, write_catalogue):
    """Makes the server's pages speak one more language, with these texts."""

    def make(language: str, texts: dict[str, str]) -> None:
        write_catalogue(tmp_path / "languages", language, texts)
        monkeypatch.setattr(translations, "FOLDER", tmp_path / "languages")
        _forget()

    yield make
    _forget()


def _forget() -> None:
    translations.available.cache_clear()
    translations._joined.cache_clear()
