"""Take the pictures of the README's tour: start the product on a data folder of its own, walk in, look, stop it.

    make screenshots            the tour, into docs/tour/
    make screenshots ALL=1      every page of the navigation too, wide and narrow, light and dark, into test-results/

The pictures are drawn small (a palette of 128 colours) so that the repository stays light.
"""

import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

CHECKOUT = Path(__file__).resolve().parent.parent
TOUR = CHECKOUT / "docs" / "tour"
EVERYTHING = CHECKOUT / "test-results" / "screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
SIGN_IN = re.compile(r"\]\s+(\S+@\S+)  (.+?)  (.+)")
CODE_SECONDS = 30
READY_SECONDS = 240
WIDE, PHONE = (1280, 860), (390, 844)


def main() -> int:
    """Take the pictures; return 0."""
    TOUR.mkdir(parents=True, exist_ok=True)
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with _product() as (address, people), sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        _tour(browser, address, people)
        if os.environ.get("ALL"):
            _everything(browser, address, people)
    print(f"{len(list(TOUR.glob('*.png')))} pictures in {TOUR.relative_to(CHECKOUT)}")
    return 0


@contextmanager
def _product() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Run `unisson up` in a temporary data folder; yield its address and (e-mail, password) of each person."""
    with tempfile.TemporaryDirectory(prefix="unisson-tour-") as folder:
        Path(folder).chmod(0o755)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        data_dir = str(Path(folder) / "data")
        environment = {**os.environ, "PORT": str(port), "DATA_DIR": data_dir, "BASE_URL": f"http://localhost:{port}"}
        said = Path(folder) / "said"
        with said.open("wb") as sink:
            product = subprocess.Popen(
                [sys.executable, "-m", "unisson.cli", "up"], env=environment, stdout=sink, stderr=sink
            )
            try:
                yield f"http://localhost:{port}", _people(said, product)
            finally:
                if product.poll() is None:
                    product.send_signal(signal.SIGINT)
                product.wait(60)


def _people(said: Path, product: subprocess.Popen[bytes]) -> list[tuple[str, str]]:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and product.poll() is None:
        text = said.read_text(errors="replace")
        if "Ctrl-C stops everything" in text:
            return [(match[1], match[2]) for match in SIGN_IN.finditer(text)]
        time.sleep(0.5)
    raise SystemExit(f"The product did not start:\n{said.read_text(errors='replace')[-2000:]}")


def _tour(browser: Browser, address: str, people: list[tuple[str, str]]) -> None:
    wide = _signed_in(browser, address, people[0], WIDE, dark=False)
    wide.goto(f"{address}/atelier-nord/calendar", wait_until="networkidle")
    _keep(wide, TOUR / "calendar.png", 1000)
    wide.goto(f"{address}/atelier-nord/approvals/board", wait_until="networkidle")
    wide.locator(".board a[href*='/contents/']").first.click()
    wide.wait_for_load_state("networkidle")
    _keep(wide, TOUR / "content.png", 1000)
    _client_s_phone(browser, address)
    phone = _signed_in(browser, address, people[0], PHONE, dark=True)
    phone.goto(f"{address}/atelier-nord/calendar", wait_until="networkidle")
    _keep(phone, TOUR / "phone.png", 390)


def _client_s_phone(browser: Browser, address: str) -> None:
    """Open the newest approval link of the mailbox as the client does: on a phone, without an account."""
    phone = browser.new_context(viewport=_size(PHONE), locale="fr-FR").new_page()
    phone.goto(f"{address}/dev/mail")
    letters = phone.eval_on_selector_all("main a[href^='/dev/mail/']", "all => all.map(a => a.getAttribute('href'))")
    for letter in dict.fromkeys(letters):
        phone.goto(address + letter)
        link = re.search(r"https?://[^\s\"<]+/approve/[\w-]+", phone.content())
        if link:
            phone.goto(link[0], wait_until="networkidle")
            _show_the_code(phone, address)
            phone.goto(link[0], wait_until="networkidle")
            _keep(phone, TOUR / "client.png", 390)
            return


def _show_the_code(phone: Page, address: str) -> None:
    """Have a code mailed, read it in the mailbox, and type it."""
    page = phone.url
    phone.locator("form[action$='/code'] button").click()
    deadline = time.monotonic() + CODE_SECONDS
    code = None
    while code is None and time.monotonic() < deadline:
        time.sleep(0.5)
        phone.goto(f"{address}/dev/mail")
        code = re.search(r"[^\d](\d{6})[^\d]", phone.locator("main").inner_text())
    if code is None:
        raise SystemExit("The mail with the code did not come.")
    phone.goto(page)
    phone.fill("[name=code]", code[1])
    phone.locator("form[action$='/device'] button").click()
    phone.wait_for_load_state("networkidle")


def _everything(browser: Browser, address: str, people: list[tuple[str, str]]) -> None:
    EVERYTHING.mkdir(parents=True, exist_ok=True)
    for shape, size in (("wide", WIDE), ("narrow", PHONE)):
        for scheme in ("light", "dark"):
            page = _signed_in(browser, address, people[0], size, dark=scheme == "dark")
            links = page.eval_on_selector_all("nav a[href^='/']", "all => all.map(a => a.getAttribute('href'))")
            for path in dict.fromkeys(["/", "/sign-in", *links]):
                page.goto(address + path, wait_until="networkidle")
                name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "home"
                page.screenshot(path=EVERYTHING / f"{name}-{shape}-{scheme}.png", full_page=True)


def _signed_in(browser: Browser, address: str, who: tuple[str, str], size: tuple[int, int], *, dark: bool) -> Page:
    context = browser.new_context(
        viewport=_size(size), color_scheme="dark" if dark else "light", reduced_motion="reduce", locale="fr-FR"
    )
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.fill("input[name=email]", who[0])
    page.fill("input[name=password]", who[1])
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state("networkidle")
    return page


def _size(size: tuple[int, int]):  # type: ignore[no-untyped-def]  # a mapping that Playwright types by its own name
    return {"width": size[0], "height": size[1]}


def _keep(page: Page, path: Path, width: int) -> None:
    """Save what the window shows, scaled to `width` pixels, in a small palette."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    height = round(picture.height * width / picture.width)
    picture.resize((width, height), Image.Resampling.LANCZOS).quantize(128).save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
