"""Debian's Chromium as the system browser, and a person's hands on it.

The program under test opens a URL the way it always does, through the ``BROWSER`` variable. The
launcher that stands there starts an ordinary Chromium on the test's own display with a debugging
port, and ``Browser`` attaches to that very window to click in it. No certificate switch is given:
the interstitial that a self-signed certificate causes is the real one.
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from types import TracebackType

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from support.desktop import Desktop

QUIET_FLAGS = (
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--password-store=basic",
    "--window-size=1000,800",
)


def missing() -> list[str]:
    """Names of the programs that these tests need and this computer lacks."""
    return [name for name in ("chromium", "chromedriver", "Xvfb") if shutil.which(name) is None]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Browser:
    """One browser window, opened by the program under test and clicked by the test."""

    def __init__(self, desktop: Desktop) -> None:
        folder = self.folder = desktop.folder
        self.port = free_port()
        self.opened = folder / "opened-urls"
        self.launcher = folder / "browser"
        profile = folder / "chromium-profile"
        flags = list(QUIET_FLAGS)
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # Chromium's sandbox refuses to run as root
        command = [
            shutil.which("chromium") or "chromium",
            *flags,
            f"--remote-debugging-port={self.port}",
            f"--user-data-dir={profile}",
        ]
        self.launcher.write_text(
            f"#!{sys.executable}\n"
            "import subprocess, sys\n"
            f"open({str(self.opened)!r}, 'a').write(sys.argv[1] + '\\n')\n"
            f"subprocess.Popen({command!r} + [sys.argv[1]], stdin=subprocess.DEVNULL,\n"
            "    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)\n"
        )
        self.launcher.chmod(stat.S_IRWXU)
        self._driver: webdriver.Chrome | None = None
        self._seen: set[str] = set()

    def environment(self) -> dict[str, str]:
        """What the program under test needs to see to use this browser."""
        return {"BROWSER": f"{self.launcher} %s"}

    def urls(self) -> list[str]:
        return self.opened.read_text().splitlines() if self.opened.exists() else []

    def attach(self, limit: float = 60.0) -> webdriver.Chrome:
        """Wait for the program to have opened the browser, then take hold of its window."""
        end = time.monotonic() + limit
        while not self._listening():
            if time.monotonic() > end:
                raise AssertionError("the program did not open the browser")
            time.sleep(0.1)
        options = webdriver.ChromeOptions()
        options.debugger_address = f"127.0.0.1:{self.port}"
        service = webdriver.ChromeService(shutil.which("chromedriver") or "chromedriver")
        self._driver = webdriver.Chrome(options=options, service=service)
        self._seen.update(self._driver.window_handles)
        return self._driver

    def click(self, element_id: str, limit: float = 20.0) -> None:
        self._retry(lambda driver: driver.find_element(By.ID, element_id).click(), limit)

    def type_text(self, element_id: str, text: str, limit: float = 20.0) -> None:
        self._retry(lambda driver: driver.find_element(By.ID, element_id).send_keys(text), limit)

    def until_text(self, text: str, prefix: str, limit: float = 30.0) -> str:
        """Wait for a page at ``prefix`` that says ``text``; its address."""
        end = time.monotonic() + limit
        while True:
            url, page = str(self.driver.current_url), str(self.driver.page_source)
            if url.startswith(prefix) and text in page:
                return url
            if time.monotonic() > end:
                raise AssertionError(f"the browser is at {url.split('?')[0]}: {page[:500]}")
            time.sleep(0.1)

    def until_urls(self, count: int, limit: float = 60.0) -> None:
        """Wait until the program has opened the browser ``count`` times."""
        end = time.monotonic() + limit
        while len(self.urls()) < count:
            if time.monotonic() > end:
                raise AssertionError(f"opened {len(self.urls())} times, not {count}")
            time.sleep(0.1)

    def newest_window(self, limit: float = 20.0) -> None:
        """Turn to the tab that the program opened last."""
        end = time.monotonic() + limit
        known = set(self._seen)
        while True:
            fresh = [handle for handle in self.driver.window_handles if handle not in known]
            if fresh:
                self.driver.switch_to.window(fresh[-1])
                self._seen.update(self.driver.window_handles)
                return
            if time.monotonic() > end:
                raise AssertionError("no new tab was opened")
            time.sleep(0.1)

    @property
    def driver(self) -> webdriver.Chrome:
        assert self._driver is not None, "attach first"
        return self._driver

    def _retry(self, act: object, limit: float) -> None:
        assert callable(act)
        end = time.monotonic() + limit
        while True:
            try:
                act(self.driver)
            except WebDriverException:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)
            else:
                return

    def _listening(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._driver is not None:
            try:
                self._driver.execute_cdp_cmd("Browser.close", {})
            except WebDriverException:
                pass
            finally:
                self._driver.quit()
        # A browser that was opened but never attached to is ended by its own profile's name.
        subprocess.run(["pkill", "-f", str(self.folder / "chromium-profile")], check=False)
