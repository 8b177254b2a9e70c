"""Settings of one owner, the server or a plugin, as a form."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from goscrobble.config import RuntimeSettings
from goscrobble.services import settings
from goscrobble.services.core import Core
from goscrobble.services.settings import Option
from goscrobble.web import schema_forms
from goscrobble.web.forms import Form
from goscrobble.web.schema_forms import Field


def fields(core: Core, owner: str | None, form: Form | None = None) -> list[Field]:
    """Return the fields of the settings of a plugin, or of the server (None); `form`: what was typed and refused."""
    model, known = _of(core, owner)
    return schema_forms.fields(
        model,
        {name: option.value for name, option in known.items() if not option.secret},
        fixed={name for name, option in known.items() if option.fixed},
        secrets_set={name for name, option in known.items() if option.secret and option.value},
        form=form,
    )


def read(core: Core, owner: str | None, form: Form) -> dict[str, Any]:
    """Return the values that a form changes, by key of `/config`. Raises BadInput for what cannot be read."""
    model, known = _of(core, owner)
    found = schema_forms.parse(model, form, fixed={name for name, option in known.items() if option.fixed})
    return {known[name].key: value for name, value in found.items() if value != known[name].value}


def _of(core: Core, owner: str | None) -> tuple[type[BaseModel], dict[str, Option]]:
    model = RuntimeSettings if owner is None else core.plugins.records[owner].settings_model
    owned = (option for option in settings.options(core).values() if option.owner == owner)
    return model, {option.field: option for option in owned if option.field in model.model_fields}
