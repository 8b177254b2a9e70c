"""Forms of models: what is asked, what is never shown, what is read back."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from flask import render_template_string
from pydantic import Field, SecretStr

from goscrobble.config import RuntimeSettings
from goscrobble.errors import BadInput
from goscrobble.plugins import PluginSettings
from goscrobble.plugins.declarations import SourceSettings
from goscrobble.web import schema_forms
from goscrobble.web.forms import Form


class Quality(StrEnum):
    LOW = "low"
    VERY_HIGH = "very_high"


class Everything(PluginSettings):
    on: bool = Field(default=True, description="Whether it is on.")
    poll_every: int = Field(default=60, ge=5, le=900, description="Seconds.")
    ratio: Annotated[float, Field(gt=0)] | None = None
    api_url: str = Field(default="https://example.org", max_length=80, title="Address of the API")
    note: str | None = None
    api_secret: SecretStr = SecretStr("")
    other_secret: SecretStr | None = None
    mode: Literal["one", "two"] = "one"
    retries: Literal[1, 2] | None = None
    quality: Quality = Quality.LOW
    maybe: bool | None = None
    users: tuple[str, ...] = ()
    ports: list[int] = Field(default=[1])
    table: dict[str, int] = Field(default_factory=dict)
    strange: Callable[[], int] | None = Field(default=None, exclude=True)


class Account(SourceSettings):
    url: str
    password: SecretStr
    users: list[str] = Field(default_factory=list)


def by_name(model=Everything, values=(), **options):
    return {field.name: field for field in schema_forms.fields(model, dict(values), **options)}


def sent(**values):
    """A form as a browser sends it."""
    return Form({name.replace("_", "-", 1): (text,) for name, text in values.items()})


COMPLETE = {
    "set_poll_every": "60",
    "set_api_url": "",
    "set_mode": "one",
    "set_retries": "",
    "set_quality": "low",
    "set_maybe": "",
}


def test_each_type_is_asked_for_in_its_own_way():
    assert {name: field.kind for name, field in by_name().items()} == {
        "on": "checkbox",
        "poll_every": "number",
        "ratio": "number",
        "api_url": "text",
        "note": "text",
        "api_secret": "secret",
        "other_secret": "secret",
        "mode": "select",
        "retries": "select",
        "quality": "select",
        "maybe": "select",
        "users": "lines",
        "ports": "lines",
        "table": "json",
        "strange": "json",
    }


def test_a_field_is_called_by_its_title_or_its_readable_name():
    found = by_name()
    assert [found[name].label for name in ("api_url", "api_secret", "poll_every")] == [
        "Address of the API",
        "API secret",
        "Poll every",
    ]


def test_bounds_and_needs_go_to_the_browser():
    found = by_name()
    every, ratio = found["poll_every"], found["ratio"]
    assert (every.minimum, every.maximum, every.step, every.required) == (5, 900, "1", True)
    assert (ratio.minimum, ratio.step, ratio.required) == (None, "any", False)
    assert found["api_url"].max_length == 80
    of_account = by_name(Account)
    assert {name: field.required for name, field in of_account.items()} == {
        "url": True,
        "password": True,
        "users": False,
    }
    assert by_name(Account, secrets_set={"password"})["password"].required is False


def test_values_stand_in_the_fields_and_defaults_where_there_is_none():
    values = {"on": False, "users": ["ada", "bob"], "table": {"a": 1}, "quality": "very_high", "maybe": False}
    found = by_name(values=values)
    assert {name: field.value for name, field in found.items() if name not in {"api_secret", "other_secret"}} == {
        "on": False,
        "poll_every": "60",
        "ratio": "",
        "api_url": "https://example.org",
        "note": "",
        "mode": "one",
        "retries": "",
        "quality": "very_high",
        "maybe": "false",
        "users": "ada\nbob",
        "ports": "1",
        "table": '{\n  "a": 1\n}',
        "strange": "",
    }


def test_a_secret_is_in_no_field_and_on_no_page(app):
    found = schema_forms.fields(
        Everything, {"api_secret": "hunter2hunter2"}, secrets_set={"api_secret"}, fixed={"api_secret"}
    )
    found += schema_forms.fields(
        Everything,
        {"api_secret": "hunter2hunter2"},
        secrets_set={"api_secret"},
        form=sent(set_api_secret="hunter2hunter2"),
    )
    with app.test_request_context():
        page = render_template_string(
            '{% import "macros/settings.html" as settings %}{{ settings.fields(found) }}', found=found
        )
    assert "hunter2" not in repr(found) + page
    assert "Set, and not shown" in page
    assert "Leave it empty to keep the one that is set." in page
    assert 'name="forget-api_secret"' in page


def test_every_kind_is_rendered_with_a_label_and_an_id_of_its_own(app):
    for fixed in ((), set(Everything.model_fields)):
        found = schema_forms.fields(Everything, {"note": "<b>"}, fixed=fixed)
        with app.test_request_context():
            page = render_template_string(
                '{% import "macros/settings.html" as settings %}{{ settings.fields(found, "a") }}', found=found
            )
        assert "<b>" not in page
        assert "&lt;b&gt;" in page
        assert all(field.label in page for field in found)
        assert page.count("Fixed by the configuration file or the environment.") == len(fixed)
        assert page.count('id="a-set-note"') == (0 if fixed else 1)


def test_what_a_browser_sends_becomes_plain_values():
    form = sent(
        **COMPLETE
        | {
            "set_on": "1",
            "set_poll_every": " 90 ",
            "set_ratio": "0.5",
            "set_note": " hello ",
            "set_api_secret": " kept to the letter ",
            "set_mode": "two",
            "set_retries": "2",
            "set_quality": "very_high",
            "set_maybe": "true",
            "set_users": "ada\r\n\r\n bob ",
            "set_ports": "80\n443",
            "set_table": '{"a": 1}',
        }
    )
    assert schema_forms.parse(Everything, form) == {
        "on": True,
        "poll_every": 90,
        "ratio": 0.5,
        "api_url": "",
        "note": "hello",
        "api_secret": " kept to the letter ",
        "mode": "two",
        "retries": 2,
        "quality": "very_high",
        "maybe": True,
        "users": ["ada", "bob"],
        "ports": ["80", "443"],
        "table": {"a": 1},
        "strange": None,
    }
    Everything.model_validate(schema_forms.parse(Everything, form))


def test_a_box_without_a_tick_is_false_and_empty_fields_are_none_or_their_default():
    assert schema_forms.parse(Everything, sent(**COMPLETE)) == {
        "on": False,
        "poll_every": 60,
        "ratio": None,
        "api_url": "",
        "note": None,
        "mode": "one",
        "retries": None,
        "quality": "low",
        "maybe": None,
        "users": [],
        "ports": [],
        "table": {},
        "strange": None,
    }


def test_a_secret_left_empty_stays_and_one_with_a_tick_is_forgotten():
    assert "api_secret" not in schema_forms.parse(Everything, sent(**COMPLETE))
    forgotten = schema_forms.parse(Everything, sent(**COMPLETE, forget_api_secret="1", forget_other_secret="1"))
    assert (forgotten["api_secret"], forgotten["other_secret"]) == ("", None)


def test_what_is_fixed_is_not_read():
    form = sent(**COMPLETE, set_on="1")
    assert schema_forms.parse(Everything, form, fixed=set(Everything.model_fields)) == {}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"set_poll_every": "soon"}, "Poll every must be a number"),
        ({"set_poll_every": ""}, "Poll every must be a number"),
        ({"set_poll_every": "inf"}, "Poll every must be a number"),
        ({"set_poll_every": "1e999"}, "Poll every must be a number"),
        ({"set_ratio": "nan"}, "Ratio must be a number"),
        ({"set_mode": "three"}, "Mode: choose one of the values"),
        ({"set_mode": ""}, "Mode: choose one of the values"),
        ({"set_table": "{"}, "Table must be JSON"),
        ({"set_table": '{"a": NaN}'}, "Table must be JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(changed, sentence):
    with pytest.raises(BadInput, match=f"^{sentence}$"):
        schema_forms.parse(Everything, sent(**COMPLETE | changed))


def test_after_a_refusal_what_was_typed_is_still_there():
    form = sent(**COMPLETE | {"set_poll_every": "soon", "set_users": "x\ny", "set_api_secret": "s"})
    found = by_name(form=form, fixed={"mode"}, values={"mode": "two"})
    shown: dict[str, Any] = {name: field.value for name, field in found.items()}
    assert (shown["poll_every"], shown["users"], shown["api_secret"], shown["on"], shown["mode"]) == (
        "soon",
        "x\ny",
        "",
        False,
        "two",
    )


def test_the_servers_own_settings_make_a_form():
    found = by_name(RuntimeSettings, {"registration_enabled": False})
    assert [(field.label, field.kind) for field in found.values()][:2] == [
        ("Registration enabled", "checkbox"),
        ("Default time zone", "text"),
    ]
