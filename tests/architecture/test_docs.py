"""Nothing public without its place in the docs, and no page that has fallen behind."""

import importlib.util
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from goscrobble import errors, plugins
from goscrobble.config import RuntimeSettings, Settings
from goscrobble.plugins import hookspecs

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("plugins/*/README.md"), *ROOT.glob("benchmarks/*.md")]
)


def load_generator():
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generate():
    before = list(sys.path)
    module = load_generator()
    yield module
    sys.path[:] = before


def headings(page):
    return set(re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE))


def anchors(page):
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings(page)}


HOOKS = sorted(name for name, value in vars(hookspecs).items() if hasattr(value, "goscrobble_spec"))


def test_there_are_hooks():
    assert {"register_blueprints", "after_scrobble"} < set(HOOKS)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_heading_and_a_sentence(hook):
    assert hook in headings(DOCS / "reference" / "hooks.md")
    assert getattr(hookspecs, hook).__doc__.strip().endswith(".")


@pytest.mark.parametrize("name", plugins.__all__)
def test_all_that_a_plugin_may_import_is_explained_with_its_fields_and_methods(name):
    text = (DOCS / "reference" / "plugin-api.md").read_text("utf-8")
    part = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    kind = getattr(plugins, name)
    assert "." in part
    own = {**getattr(kind, "__annotations__", {}), **vars(kind)} if inspect.isclass(kind) else {}
    public = {one for one in own if not one.startswith(("_", "model_"))}
    assert [one for one in sorted(public) if not re.search(rf"\b{one}\b", part)] == []


@pytest.mark.parametrize("name", ["shown_only", "origin", "client", "Content-Security-Policy", "same origin"])
def test_the_page_for_plugin_authors_tells_what_was_hard_to_find(name):
    assert name in (DOCS / "reference" / "plugin-api.md").read_text("utf-8")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_listed_and_explained(name):
    text = (DOCS / "reference" / "settings.md").read_text("utf-8")
    assert f"`GOSCROBBLE_{name.upper()}" in text
    field = Settings.model_fields[name]
    nested = getattr(field.annotation, "model_fields", None)
    assert all((field.description or "").endswith(".") for field in (nested or {name: field}).values())


@pytest.mark.parametrize("name", RuntimeSettings.model_fields)
def test_every_setting_of_config_is_listed_and_explained(name):
    assert f"| `{name.upper()}` |" in (DOCS / "reference" / "settings.md").read_text("utf-8")
    assert RuntimeSettings.model_fields[name].description.endswith(".")


def test_every_bundled_plugins_switch_is_listed(generate):
    text = (DOCS / "reference" / "settings.md").read_text("utf-8")
    plugins = generate.bundled_plugins()
    assert len(plugins) >= 2
    for plugin in plugins:
        assert plugin.fault is None, plugin.error
        assert f"| `{plugin.name.upper()}_ENABLED` |" in text


def all_errors(kind=errors.GoScrobbleError):
    for one in kind.__subclasses__():
        if one.__module__ == errors.__name__:
            yield one
        yield from all_errors(one)


@pytest.mark.parametrize("kind", sorted(set(all_errors()), key=lambda one: one.slug))
def test_every_error_has_a_slug_of_its_own_and_a_heading(kind):
    assert kind.slug in headings(DOCS / "reference" / "errors.md")
    assert [kind.slug] == [other.slug for other in set(all_errors()) if other.slug == kind.slug]
    assert str(kind.status) in (DOCS / "reference" / "errors.md").read_text("utf-8")


@pytest.mark.parametrize("page", ["hooks.md", "plugin-api.md", "settings.md", "errors.md"])
def test_a_generated_page_is_what_the_code_says_today(generate, page):
    assert generate.PAGES[page]() == (DOCS / "reference" / page).read_text("utf-8"), "run `python docs/generate.py`"


@pytest.mark.slow
def test_the_generator_checks_without_writing():
    done = subprocess.run(
        [sys.executable, DOCS / "generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(linked), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_the_machine_it_was_written_on(page):
    assert not re.findall(r"(?<![\w.])/(?:work|tmp|root)/\S*", page.read_text("utf-8"))


def test_every_decision_has_its_page():
    expected = ["architecture", "background-jobs", "credentials", "durability", "plugins", "rate-limits", "twins"]
    assert set(expected) <= {page.stem for page in (DOCS / "explanation").glob("*.md")}
