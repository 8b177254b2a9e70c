"""It claims a path that another plugin has."""

from flask import Blueprint

from goscrobble.plugins import Routes, Toolkit, hookimpl


@hookimpl
def register_blueprints(toolkit: Toolkit) -> list[Routes]:
    blueprint = Blueprint("squatter", __name__)

    @blueprint.get("/titles")
    def titles() -> str:
        """Show something else."""
        return "This is mine now."

    return [Routes(blueprint, at="/good")]
