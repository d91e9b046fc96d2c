"""Take pictures of a running Unisson (`make run`) into `test-results/screenshots/`: wide and narrow, light and dark.

It signs in as the first person of the demonstration agency and follows the links of the navigation.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Error, Page, ViewportSize, sync_playwright

from unisson import embedded

CHECKOUT = Path(__file__).resolve().parent.parent
FOLDER = CHECKOUT / "test-results" / "screenshots"
ADDRESS = os.environ.get("BASE_URL") or f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
SHAPES: dict[str, ViewportSize] = {"wide": {"width": 1280, "height": 860}, "narrow": {"width": 390, "height": 844}}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MOST_PAGES = 20


def main() -> int:
    """Take every picture; return 0, or 1 after the reason."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            for shape, size in SHAPES.items():
                for scheme in SCHEMES:
                    _tour(browser, size, scheme, f"{shape}-{scheme}")
    except Error as error:
        print(f"No pictures: {error.message.splitlines()[0]} (is `make run` running?)", file=sys.stderr)
        return 1
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.relative_to(CHECKOUT)}")
    return 0


def _tour(browser: Browser, size: ViewportSize, scheme: Literal["light", "dark"], suffix: str) -> None:
    page = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce").new_page()
    for path in ("/", "/sign-in"):
        _picture(page, path, suffix)
    email, password = _person()
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state("networkidle")
    links = page.eval_on_selector_all("nav a[href^='/']", "links => links.map(link => link.getAttribute('href'))")
    for path in list(dict.fromkeys([page.url.removeprefix(ADDRESS), *links]))[:MOST_PAGES]:
        _picture(page, path, suffix)
    page.context.close()


def _picture(page: Page, path: str, suffix: str) -> None:
    page.goto(ADDRESS + path, wait_until="networkidle")
    name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "home"
    page.screenshot(path=FOLDER / f"{name}-{suffix}.png", full_page=True)


def _person() -> tuple[str, str]:
    """Return the e-mail and password of the first demonstration person, asked from the running product."""
    said = os.environ.get("SIGN_IN")  # "e-mail password", for another database
    if said:
        email, _, password = said.partition(" ")
        return email, password
    data_dir = Path(os.environ.get("DATA_DIR", CHECKOUT / ".data")).resolve()
    with embedded.servers(data_dir) as servers:
        environ = {**os.environ, "DATA_DIR": str(data_dir)}
        environ |= {"DATABASE_URL": servers.database, "VALKEY_URL": servers.valkey}
        command = [sys.executable, "-m", "unisson.cli", "demo", "--json"]
        answer = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    _, email, password, _ = json.loads(answer.stdout.splitlines()[-1])[0]
    return email, password


if __name__ == "__main__":
    sys.exit(main())
