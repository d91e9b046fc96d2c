"""A community manager drops a shoot into the library; the connection breaks, and everything arrives all the same."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from support.pictures import noise

from tests.journeys.conftest import Live, in_time, sign_in
from tests.journeys.test_import import sound

HOME = "/atelier-nord/brands/biscuiterie-trehoret/media"
DROP = """([input, zone]) => {
  const held = new DataTransfer();
  for (const file of input.files) held.items.add(file);
  for (const type of ["dragover", "drop"]) zone.dispatchEvent(new DragEvent(type, { dataTransfer: held, bubbles: true, cancelable: true }));
}"""


@pytest.mark.browser
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_many_files_arrive_over_a_bad_line(
    live: Live, person: Callable[..., Page], tmp_path: Path, width: int, dark: bool
) -> None:
    files = []
    for number in range(4):
        files.append(tmp_path / f"prise {width} {number}.jpg")
        files[-1].write_bytes(noise("JPEG", size=(1500 + number, 1400 + width), quality=97))
    again, drawing = tmp_path / "encore.jpg", tmp_path / "dessin.svg"
    again.write_bytes(files[0].read_bytes())
    drawing.write_bytes(b"<svg/>")
    assert all(file.stat().st_size > 1024 * 1024 for file in files)

    page = person(width=width, dark=dark)
    broken: list[str] = []
    full: list[str] = []
    seen: dict[str, int] = {}

    def break_now_and_then(route: Route) -> None:
        method, path = route.request.method, route.request.url
        seen[path] = seen.get(path, 0) + (method == "PATCH")
        if method == "PATCH" and seen[path] == 2:
            broken.append(path)
            route.abort("connectionreset")
        else:
            route.continue_()

    def be_full_once(route: Route) -> None:
        if route.request.method == "POST" and not full:
            full.append(route.request.url)
            route.fulfill(status=429, json={"message": "Cent de vos fichiers…"})
        else:
            route.continue_()

    sign_in(page, "ines.caradec@example.org", to=HOME)
    page.route(re.compile(r"/uploads/[0-9a-f-]{36}$"), break_now_and_then)
    page.route(re.compile(r"/uploads$"), be_full_once)
    page.locator("#picture").set_input_files([*files, drawing])
    expect(page.get_by_text("5 sur 5 fichiers")).to_be_visible(timeout=120_000)
    assert len(broken) == len(files)
    assert full
    added = page.locator('.upload-row[data-state="added"]')
    for file in files:
        expect(added.filter(has_text=file.name)).to_have_count(1)
    expect(page.locator('.upload-row[data-state="refused"]', has_text="Les dessins SVG")).to_be_visible()
    sound(page)

    # The same bytes under another name, dropped.
    chosen = page.evaluate_handle("document.createElement('input')")
    page.evaluate("input => { input.type = 'file'; input.multiple = true; }", chosen)
    chosen.as_element().set_input_files([again])
    page.evaluate(DROP, [chosen, page.locator(".upload-drop").element_handle()])
    known = page.locator('.upload-row[data-state="known"]', has_text="encore.jpg")
    expect(known.get_by_role("link", name=files[0].name)).to_be_visible(timeout=120_000)
    page.get_by_role("link", name="Montrer les nouvelles images").click()
    expect(page.locator(".library-name", has_text=files[0].name)).to_be_visible()
    page.unroute_all()


@pytest.mark.browser
def test_a_closed_tab_goes_on_where_it_was(live: Live, person: Callable[..., Page], tmp_path: Path) -> None:
    file = tmp_path / "longue.jpg"
    file.write_bytes(noise("JPEG", size=(2400, 1900), quality=98))
    page = person()
    offsets: list[int] = []

    def let_one_pass(route: Route) -> None:
        if route.request.method == "PATCH":
            offsets.append(int(route.request.headers["upload-offset"]))
            if len(offsets) > 1:
                route.abort("connectionreset")
                return
        route.continue_()

    sign_in(page, "ines.caradec@example.org", to=HOME)
    page.route(re.compile(r"/uploads/[0-9a-f-]{36}$"), let_one_pass)
    with page.expect_event("requestfailed", lambda request: request.method == "PATCH"):
        page.locator("#picture").set_input_files(file)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator('.upload-row[data-state="receiving"]', has_text="longue.jpg")).to_be_visible()
    page.unroute_all()
    went_on: list[int] = []
    page.on(
        "request",
        lambda request: (
            went_on.append(int(request.headers["upload-offset"])) if "upload-offset" in request.headers else None
        ),
    )
    page.locator("#picture").set_input_files(file)
    expect(page.locator('.upload-row[data-state="added"]', has_text="longue.jpg")).to_be_visible(timeout=120_000)
    assert went_on[0] == 1024 * 1024


@pytest.mark.browser
def test_one_is_stopped_and_sent_after_all(live: Live, person: Callable[..., Page], tmp_path: Path) -> None:
    file = tmp_path / "pas celle-ci.jpg"
    file.write_bytes(noise("JPEG", size=(2300, 1900), quality=98))
    page, held, deleted = person(), [], []

    def hold_the_second(route: Route) -> None:
        if route.request.method == "DELETE":
            deleted.append(route.request.url)
        if route.request.method == "PATCH" and not deleted and route.request.headers["upload-offset"] != "0":
            held.append(route)
        else:
            route.continue_()

    sign_in(page, "ines.caradec@example.org", to=HOME)
    page.route(re.compile(r"/uploads/[0-9a-f-]{36}$"), hold_the_second)
    page.locator("#picture").set_input_files(file)
    row = page.locator(".upload-row", has_text=file.name)
    in_time(lambda: page.wait_for_timeout(50) or held)
    row.get_by_role("button", name="Arrêter").press("Enter")
    expect(row).to_have_attribute("data-state", "stopped")
    row.get_by_role("button", name="Réessayer").press("Enter")
    expect(page.locator('.upload-row[data-state="added"]', has_text=file.name)).to_be_visible(timeout=120_000)
    assert len(deleted) == 1
    page.unroute_all()
