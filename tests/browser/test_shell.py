"""The frame around every page, in a real browser."""

from typing import Any

from hitl.accounts.types import Role
from tests.browser.conftest import NARROW
from tests.support.factories import person

ALL_ROLES = tuple(Role.values)


def test_a_grey_on_grey_in_the_dark_alone_is_found(visit: Any) -> None:
    visitor = visit(person())
    page = visitor.open("/limits/")
    page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync("@media (prefers-color-scheme: dark) { h1 { color: #333; background: #222 } }");
            document.adoptedStyleSheets.push(sheet);
        }"""
    )
    found = visitor.troubles_in("grey")
    assert found
    assert all("dark" in trouble and "color-contrast" in trouble for trouble in found)


def test_a_person_signs_in_by_keyboard_and_out_by_the_menu(visit: Any) -> None:
    person(Role.AUDITOR, username="ada", password="correct horse battery")
    visitor = visit()
    page = visitor.open("/profile/")
    assert page.url.endswith("/login/?next=/profile/")
    assert visitor.is_accessible()
    visitor.shoot("login")
    page.keyboard.type("ada")  # the name has the focus already
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Your profile").wait_for()
    page.get_by_role("button", name="your menu").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login/")


def test_a_wrong_password_is_said_in_words_and_leaves_the_name_in_its_field(visit: Any) -> None:
    person(username="ada")
    visitor = visit()
    page = visitor.open("/login/")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").get_by_text("Name and password do not match.").wait_for()
    assert page.get_by_label("Name").input_value() == "ada"
    assert page.evaluate("document.activeElement.name") == "password"
    assert visitor.is_accessible()


def test_the_theme_a_person_chose_stays_until_they_choose_another(visit: Any) -> None:
    visitor = visit(person(*ALL_ROLES))
    page = visitor.open("/profile/")

    def background() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = background()
    page.get_by_role("button", name="your menu").click()
    page.get_by_role("button", name="Dark").click()
    assert (dark := background()) != light
    visitor.open("/limits/")
    assert background() == dark
    page.get_by_role("button", name="your menu").click()
    page.get_by_role("button", name="System").click()
    assert background() == light


def test_the_first_tab_stop_skips_to_the_content(visit: Any) -> None:
    page = visit(person(*ALL_ROLES)).open("/limits/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_on_a_phone_the_navigation_opens_by_a_button_and_closes_by_escape(visit: Any) -> None:
    page = visit(person(*ALL_ROLES), viewport=NARROW).open("/limits/")
    cases = page.get_by_role("link", name="Cases", exact=True)
    assert not cases.is_visible()
    page.get_by_role("button", name="Menu").click()
    assert cases.is_visible()
    page.keyboard.press("Escape")
    assert not cases.is_visible()


def test_every_control_is_large_enough_for_a_finger_on_a_phone(visit: Any) -> None:
    page = visit(person(*ALL_ROLES), viewport=NARROW).open("/styleguide/")
    controls = "main .button:not(.button-small), main select, main input:not([type=checkbox])"
    small = page.evaluate(
        """controls => [...document.querySelectorAll(controls)]
           .filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => e.outerHTML)""",
        controls,
    )
    assert small == []


def test_a_dialog_opens_takes_the_focus_and_closes_by_escape_button_or_backdrop(visit: Any) -> None:
    page = visit(person(*ALL_ROLES)).open("/styleguide/")
    dialog = page.get_by_role("dialog", name="Trip the breaker?")
    for close in (
        lambda: page.keyboard.press("Escape"),
        lambda: dialog.get_by_role("button", name="Cancel").click(),
        lambda: page.mouse.click(20, 20),
    ):
        page.get_by_role("button", name="Open dialog").click()
        dialog.wait_for()
        assert page.evaluate("document.activeElement.closest('dialog') !== null")
        close()
        dialog.wait_for(state="hidden")


def test_a_plot_is_drawn_and_drawn_again_in_the_colours_of_another_theme(visit: Any) -> None:
    page = visit(person(*ALL_ROLES)).open("/styleguide/")
    picture = "document.querySelector('.plot canvas').toDataURL()"
    before = page.evaluate(picture)
    page.get_by_role("button", name="your menu").click()
    page.get_by_role("button", name="Dark").click()
    assert page.locator(".plot canvas").count() == 1
    assert page.evaluate(picture) != before
    page.get_by_text("Show the numbers").click()
    assert page.get_by_role("table", name="Automation rate, last 48 hours").locator("tbody tr").count() == 48


def test_messages_appear_as_toasts_and_can_be_dismissed(visit: Any) -> None:
    page = visit(person(*ALL_ROLES)).open("/profile/")
    page.get_by_label("First name").fill("<b>Ada</b>")
    page.get_by_role("button", name="Save profile").click()
    toast = page.get_by_role("status").filter(has_text="Your profile is saved.")
    toast.wait_for()
    toast.get_by_role("button", name="Dismiss").click()
    toast.wait_for(state="detached")
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('hitl:toast', {detail: {words: '<i>x</i>', tone: 'bad'}}))"
    )
    page.get_by_role("alert").get_by_text("<i>x</i>").wait_for()


def test_a_toast_is_seen_above_an_open_dialog(visit: Any) -> None:
    page = visit(person(*ALL_ROLES)).open("/styleguide/")
    page.get_by_role("button", name="Open dialog").click()
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('hitl:toast', {detail: {words: 'Seen', tone: 'good'}}))"
    )
    assert page.evaluate("document.querySelector('[data-toasts]').matches(':popover-open')")
    page.get_by_text("Seen").wait_for()


def test_nothing_moves_for_whoever_asked_for_less_motion(visit: Any) -> None:
    page = visit(person(*ALL_ROLES), reduced_motion="reduce").open("/styleguide/")
    assert page.evaluate("getComputedStyle(document.querySelector('.button')).transitionDuration") == "0s, 0s"


def test_the_admin_is_accessible_and_violates_no_content_policy(visit: Any) -> None:
    administrator = person(*ALL_ROLES, is_staff=True, is_superuser=True)
    for scheme in ("light", "dark"):
        visitor = visit(administrator, scheme=scheme)
        for path in ("/admin/", "/admin/accounts/user/", "/admin/accounts/user/add/"):
            visitor.open(path)
            assert visitor.is_accessible()
    phone = visit(administrator, viewport=NARROW)
    phone.open("/admin/accounts/user/")
    assert phone.fits()
