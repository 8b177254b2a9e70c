"""It can be imported, and fails while its routes are made."""

from goscrobble.plugins import Toolkit, hookimpl


@hookimpl
def register_blueprints(toolkit: Toolkit) -> None:
    raise LookupError("no template for my page")
