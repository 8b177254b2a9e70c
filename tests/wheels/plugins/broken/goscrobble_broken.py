"""It cannot be imported: it needs a package that nobody has any more."""

import libscrobble_of_1999

__all__ = ["libscrobble_of_1999"]
