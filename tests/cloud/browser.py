"""A real browser without a window: Chromium, by way of its own driver."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import presence_of_element_located, staleness_of
from selenium.webdriver.support.wait import WebDriverWait

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
PHONE: Final = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
DESK: Final = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}


def _installed() -> tuple[str, str]:
    """The browser and its driver on PATH. Skips where one is missing, and fails where the machine is a CI's."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if browser and driver:
        return browser, driver
    missing = "no chromium and chromedriver on PATH: apt-get install chromium chromium-driver"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


@contextmanager
def browsing() -> Iterator[Chrome]:
    """A browser with nothing kept from before."""
    binary, driver = _installed()
    options = ChromeOptions()
    options.binary_location = binary
    # Tests run as root in containers, where Chromium has no sandbox and little shared memory.
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", "disable-component-update"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = Chrome(options=options, service=Service(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


def look(chrome: Chrome, screen: dict[str, Any], *, dark: bool = False, scripts: bool = True) -> None:
    """Give the browser a screen, a colour scheme, and scripts or none."""
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})


def submit(chrome: Chrome) -> None:
    """Press the page's one button, and wait for the page that answers."""
    button = chrome.find_element(By.TAG_NAME, "button")
    button.click()
    # In the moment between two pages the driver has several errors for an element that is gone.
    patient = WebDriverWait(chrome, 30, ignored_exceptions=[WebDriverException])
    patient.until(staleness_of(button))
    patient.until(presence_of_element_located((By.TAG_NAME, "h1")))


def shot(chrome: Chrome, folder: Path, name: str, screen: dict[str, Any], *, dark: bool = False) -> None:
    """Keep the whole page as a picture, for people to look at."""
    folder.mkdir(parents=True, exist_ok=True)
    height = chrome.execute_script("return document.documentElement.scrollHeight")
    look(chrome, {**screen, "height": height}, dark=dark)
    chrome.save_screenshot(str(folder / f"{name}.png"))
    look(chrome, screen, dark=dark)
