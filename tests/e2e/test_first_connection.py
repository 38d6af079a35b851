"""The product's main job, done as a person does it, with nothing replaced.

The real window on an X server, a real Secret Service, Debian's Chromium as the system browser with
its real certificate interstitial, the loopback listener over https, the simulator in its own
process; then the network goes away and the program starts again.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.chromium import Browser, free_port, missing
from support.desktop import Desktop

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

PERSON = Path(__file__).with_name("person.py")
PROGRAM = [sys.executable, "-m", "brokerdesk"]


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    absent = [*missing(), *Desktop.missing()]
    if absent:
        if os.environ.get("CI") == "true":
            pytest.fail(f"needed and not installed: {', '.join(absent)}")
        pytest.skip(f"not installed: {', '.join(absent)}")
    with Desktop(tmp_path / "desktop") as running:
        yield running


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [*PROGRAM, "simulator", "--json", "--seed", "7"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        schwab = json.loads(process.stdout.readline())["brokers"]["schwab"]
        # A port of our own, so that a BrokerDesk of the user's does not stand in the way.
        callback = f"https://127.0.0.1:{free_port()}"
        asked = urllib.request.Request(  # noqa: S310 - loopback
            schwab["control_url"] + "/switches",
            data=json.dumps({"callback_urls": [callback]}).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(asked, timeout=10).close()  # noqa: S310
        schwab["secrets"]["callback_url"] = callback
        yield schwab, process
    finally:
        process.kill()
        process.communicate()


def sign_in(browser: Browser, *, first: bool) -> None:
    """What the person does in the browser, from the login to the closing page."""
    if first:
        browser.attach()
    else:
        browser.newest_window()
    browser.type_text("login-user", "casey")
    browser.type_text("login-password", "correct horse")
    browser.click("login-submit")
    browser.click("consent-allow")
    if first:
        # Chromium's own page about the certificate that nobody signed.
        browser.click("details-button")
        browser.click("proceed-link")
    address = browser.until_text("close this", "https://127.0.0.1:")
    assert "code=" not in address
    assert "state=" not in address


def test_from_nothing_to_offline_figures(
    desktop: Desktop, simulator: tuple[dict[str, Any], subprocess.Popen[str]], tmp_path: Path
) -> None:
    schwab, process = simulator
    profile, pictures = tmp_path / "profile", tmp_path / "pictures"
    pictures.mkdir()
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps(schwab["secrets"]))
    secrets.chmod(0o600)
    with Browser(desktop) as browser:
        person = subprocess.Popen(
            [sys.executable, str(PERSON), str(profile), schwab["base_url"], str(secrets),
             str(pictures)],
            env=desktop.environment(**browser.environment()),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        try:
            sign_in(browser, first=True)
            browser.until_urls(2)
            sign_in(browser, first=False)
            out, errors = person.communicate(timeout=120)
        except AssertionError as failure:
            person.terminate()
            out, errors = person.communicate(timeout=60)
            raise AssertionError(f"{failure}; the person at the window: {out} {errors}") from None
        finally:
            person.kill()
            keep = os.environ.get("BROKERDESK_TEST_PICTURES")
            if keep:
                shutil.copytree(pictures, keep, dirs_exist_ok=True)
    assert out, errors
    shown = json.loads(out.splitlines()[-1])
    assert shown["failure"] == "", (shown, errors)
    assert shown["exit"] == 0
    assert shown["found"] >= 3
    accounts, positions = shown["tables"]["Accounts"], shown["tables"]["Positions"]
    assert len(accounts) == shown["found"]
    assert len(positions) > 10

    # The network goes away for good; the program starts again and still shows every figure.
    process.kill()
    process.wait()
    again = desktop.run(
        [*PROGRAM, "--practice", "--offline", "--data-dir", str(profile),
         "--quit-after-paint", "--json"]
    )  # fmt: skip
    painted = json.loads(again.stdout)
    assert painted["rows"] >= len(accounts) + len(positions)
    listed = json.loads(
        desktop.run(
            [*PROGRAM, "positions", "--offline", "--json", "--data-dir", str(profile)]
        ).stdout
    )
    symbols = {row["symbol"] for row in listed}
    seen = {row[0] for row in positions if row[0]} - {"Cash"}
    # The window writes an option in words; whatever else is held stands there by its symbol.
    assert {one for one in seen if " " not in one} == {one for one in symbols if " " not in one}
    assert len(seen) == len(symbols)
    # And with the simulator gone, asking for new figures harms nothing and says so.
    failed = desktop.run([*PROGRAM, "refresh", "--json", "--data-dir", str(profile)], check=False)
    assert failed.returncode == 4, failed.stderr
    after = json.loads(
        desktop.run(
            [*PROGRAM, "positions", "--offline", "--json", "--data-dir", str(profile)]
        ).stdout
    )
    assert after == listed
    # Nothing secret lies in the profile in the clear.
    for value in (schwab["secrets"]["app_secret"], schwab["secrets"]["app_key"]):
        hits = [
            path for path in profile.rglob("*") if path.is_file()
            and value.encode() in path.read_bytes()
        ]  # fmt: skip
        assert hits == []
