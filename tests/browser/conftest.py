"""Chromium without a window: a tab that opens a page, looks at it in four ways, and reports what is wrong with it.

One browser with one tab serves all tests of a worker, for to start either takes longer than most tests.  With
BROWSER_PICTURES=<folder> every page that is checked is also photographed.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from big_runs import BigRun

HERE = Path(__file__).parent
CHECKS = (HERE / "checks.js").read_text(encoding="utf-8")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
LOOKS = ((1280, False), (1280, True), (420, False), (420, True))
"""Widths in pixels, and whether the theme is dark."""
TALLEST = 16_000
LOADED = """return [...document.images].every(image => {
  const source = [...image.parentElement.querySelectorAll('source')].find(one => matchMedia(one.media).matches);
  const wanted = source ? new URL(source.srcset, document.baseURI).href : image.src;
  return image.complete && image.currentSrc === wanted;
})"""
"""Whether every image has come, the one of the present theme where there is one for each."""
OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test in this folder as slow, and skip it where there is no browser."""
    missing = [name for name, path in (("chromium", BROWSER), ("chromedriver", DRIVER)) if path is None]
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.slow)
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"{' and '.join(missing)} not on the PATH"))


@dataclass
class Tab:
    """A tab of the browser."""

    driver: Any
    looked: Callable[["Tab", str], None]
    address: str = ""

    def open(self, address: str | Path) -> "Tab":
        """Open a page, given by its URL or its file."""
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.address = address.resolve().as_uri() if isinstance(address, Path) else address
        self.driver.get(self.address)
        return self

    def look(self, width: int, is_dark: bool) -> None:
        """Give the page a width, all the height that it needs, and a theme."""
        theme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [theme]})
        for height in (900, None):
            if height is None:
                height = min(max(900, self.script("return document.documentElement.scrollHeight")), TALLEST)
            size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.wait(LOADED)

    def problems(self, name: str) -> list[str]:
        """Return what is wrong with the page in any look; `name` is that of its pictures."""
        found: dict[str, None] = {}
        for width, is_dark in LOOKS:
            self.look(width, is_dark)
            look = f"{width} {'dark' if is_dark else 'light'}"
            self.looked(self, f"{name}-{look.replace(' ', '-')}")
            found |= {f"{look}: {problem}": None for problem in self.script(CHECKS, is_dark)}
        return [*self.console(), *self.loaded_from_elsewhere(), *found]

    def script(self, text: str, *values: object) -> Any:
        """Run a script in the page, which its policy does not concern, and return what it returns."""
        return self.driver.execute_script(text, *values)

    def console(self) -> list[str]:
        """Return what stands in the console since the page was opened, or since it was last asked for."""
        return [f"console: {entry['message']}" for entry in self.driver.get_log("browser")]

    def loaded_from_elsewhere(self) -> list[str]:
        """Return every request since the page was opened, or since the last question, that left the page's origin."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [
            event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"
        ]
        asked += [event["params"]["url"] for event in events if event["method"] == "Network.webSocketCreated"]
        return [f"loaded from elsewhere: {url[:200]}" for url in asked if not self._is_own(url)]

    def _is_own(self, url: str) -> bool:
        one, own = urlsplit(url), urlsplit(self.address)
        if one.scheme in ("data", "blob"):
            return True
        return (one.scheme, one.netloc) == (own.scheme, own.netloc) and (one.scheme != "file" or one.path == own.path)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, wherever the focus is."""
        from selenium.webdriver import ActionChains

        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def wait(self, script: str, *values: object, seconds: float = 20) -> Any:
        """Wait until a script returns something true, and return that."""
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.driver, seconds, poll_frequency=0.05).until(lambda _: self.script(script, *values))

    def text(self) -> str:
        """Return the text that the page shows."""
        return str(self.script("return document.body.innerText"))


def photograph(tab: Tab, name: str) -> None:
    """Write a picture of the whole page, where that is wanted."""
    if folder := os.environ.get("BROWSER_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        tab.driver.save_screenshot(str(Path(folder) / f"{name}.png"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, for all tests of a worker."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def tab(browser: Any) -> Iterator[Tab]:
    """The browser's tab, empty; what pages have stored is forgotten afterwards."""
    yield Tab(browser, photograph)
    if browser.current_url.startswith(("http:", "file:")):
        browser.execute_script("localStorage.clear(); sessionStorage.clear()")
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
    browser.get("about:blank")  # so that nothing of this page comes into the console of the next


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose texts, ids and model try to do harm, with many small rounds."""
    folder = tmp_path_factory.mktemp("runs") / "a <b>run</b>"
    return BigRun(folder, 150, 150, per_round=12, hostile=True).write()
