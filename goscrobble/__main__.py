"""`python -m goscrobble` is `goscrobble`."""

from goscrobble.cli import main

if __name__ == "__main__":
    main()
