"""Whoever types sees what they type: no field, choice or button changes its size when it gets the focus."""

import pytest

from tests.browser.conftest import PASSWORD

SMALLEST = 24  # pixels of a side that a finger still hits
SIGNED_OUT = ("/login", "/register", "/reset", "/search?q=x", "/")
SIGNED_IN = ("/u/root/history", "/u/root/compare", "/u/root/discoveries")
MENUS = ("/settings", "/admin")  # whose links lead to pages with forms
LINKS = "() => [...document.querySelectorAll('main a[href]')].map((it) => it.getAttribute('href'))"
# Sizes of all that one can type into, choose from or press: before, with and after the focus of a keyboard.
MEASURE = """() => [...document.querySelectorAll("input, select, textarea, button")]
  .filter((it) => it.checkVisibility() && !it.disabled)
  .map((it) => {
    const size = () => { const box = it.getBoundingClientRect(); return [box.width, box.height].map(Math.round); };
    const sizes = [size()];
    it.focus({ focusVisible: true });
    sizes.push(size());
    it.blur();
    sizes.push(size());
    return { what: it.outerHTML.slice(0, 120), type: it.type, sizes };
  })"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_changes_its_size_when_it_gets_the_focus(browser, server, theme, width):
    context = browser.new_context(base_url=server.url, color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    measured = [one for address in SIGNED_OUT for one in measure(page, address)]
    page.goto("/login")
    page.get_by_label("Username or e-mail").fill("root")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()
    addresses = [*SIGNED_IN, *(address for menu in MENUS for address in linked(page, menu))]
    assert len(addresses) > 10
    measured += [one for address in addresses for one in measure(page, address)]
    context.close()
    assert [one for one in measured if not is_steady(*one)] == []
    assert {"text", "password", "email", "select-one", "submit", "checkbox"} <= {kind for _, kind, _, _ in measured}


def measure(page, address):
    """Return address, type, beginning of the markup and three sizes of all that can have the focus on a page."""
    assert page.goto(address).status == 200, address
    page.keyboard.press("Tab")
    return [(address, it["type"], it["what"], it["sizes"]) for it in page.evaluate(MEASURE)]


def is_steady(_address, kind, _what, sizes):
    before, focused, after = sizes
    is_field = kind in {"text", "password", "email", "date", "search", "select-one"}
    return before == focused == after and (not is_field or min(focused) >= SMALLEST)


def linked(page, menu):
    """A page with a menu, and the pages of the menu."""
    page.goto(menu)
    found = [address.split("#")[0] for address in page.evaluate(LINKS) if address.startswith(menu)]
    return list(dict.fromkeys([menu, *found]))
