"""What can be typed. Standard library only, since the window's start passes through here."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

ENVIRONMENTS = ("live", "paper", "practice")
THEMES = ("light", "dark", "system")
DATA_COMMANDS = {
    "connections": "List the connections and their state.",
    "accounts": "List the accounts.",
    "balances": "List the balances of every account.",
    "positions": "List the positions of every account.",
    "orders": "List the orders that brokers reported. No order is ever sent from here.",
    "transactions": "List the transactions that brokers reported.",
}
_SWITCHES = ("--json", "--practice", "--offline", "--debug", "--quit-after-paint")
_EXITS = (
    "Exit codes: 0 done, 1 error, 2 usage, 3 sign in first, 4 broker not available, "
    "5 partly done (each shortfall is named)."
)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; ends the program with words and code 2 when they make no sense."""
    options = _window(arguments) or _parser().parse_args(list(arguments))
    for name in ("data_dir", "theme"):
        if not hasattr(options, name):
            setattr(options, name, None)
    for name in ("practice", "offline", "debug", "json", "quit_after_paint"):
        if not hasattr(options, name):
            setattr(options, name, False)
    return options


def _window(arguments: Sequence[str]) -> argparse.Namespace | None:
    """What the window's usual command lines say, without building the parser of all commands.

    None: something else is there, and the parser has to judge it.
    """
    options = argparse.Namespace(
        theme=None, quit_after_paint=False, practice_server=[], command=None
    )
    rest = iter(arguments)
    for word in rest:
        if word in _SWITCHES:
            setattr(options, word[2:].replace("-", "_"), True)
            continue
        value = next(rest, "-")
        if value.startswith("-") or not value:
            return None
        if word == "--data-dir":
            options.data_dir = Path(value)
        elif word == "--theme" and value in THEMES:
            options.theme = value
        else:
            return None
    return options


def _parser() -> argparse.ArgumentParser:
    common = _common()
    parser = argparse.ArgumentParser(
        prog="brokerdesk",
        description="A desktop portfolio app. Without a command it opens its window.",
        epilog=_EXITS,
        parents=[common],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=_version())
    parser.add_argument(
        "--theme", choices=THEMES, default=None, help="how the window looks this time"
    )
    parser.add_argument(
        "--quit-after-paint",
        action="store_true",
        help="end once the window has painted its last figures, and say how long it took",
    )
    parser.add_argument(
        "--practice-server",
        action="append",
        default=[],
        metavar="BROKER=URL",
        help="with --practice: connect this broker to a server that already runs on this computer, "
        "instead of the built-in market (may be given once per broker)",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def add(name: str, help_text: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name, help=help_text, description=help_text, parents=[common], allow_abbrev=False
        )

    add("self-test", "Check that this installation works.")
    _add_simulator(add("simulator", "Serve simulated brokers on this computer until ended."))
    _add_connect(add("connect", "Connect a broker: the wizard's own flow, in a terminal."))
    refresh = add("refresh", "Ask the brokers for new figures.")
    _add_selection(refresh)
    for name, help_text in DATA_COMMANDS.items():
        _add_selection(add(name, help_text))
    _add_screenshots(add("screenshots", "Draw a picture of every view of a profile."))
    _add_vault(add("vault", "Keep sign-ins under a passphrase, for computers without a keyring."))
    _add_audit(add("audit", "The audit log of orders: is it whole, what is in it, write it out."))
    _add_halt(add("halt", "Stop new orders, or let them go again. Cancels go through."))
    _add_gallery(commands.add_parser("gallery", parents=[common], allow_abbrev=False))
    return parser


def _common() -> argparse.ArgumentParser:
    """Options that stand before or after the command. Absent ones leave no trace, so that the
    command's own parser does not overwrite what stood before it.
    """
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--json", action="store_true", help="answer in JSON")
    common.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="use the profile in this directory"
    )
    common.add_argument("--practice", action="store_true", help="use the separate practice profile")
    common.add_argument("--offline", action="store_true", help="no network; shows what is stored")
    common.add_argument("--debug", action="store_true", help="write a more detailed log")
    return common


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--connection", metavar="ID", default="", help="only this connection")
    parser.add_argument("--account", metavar="ID", default="", help="only this account")
    parser.add_argument(
        "--as-of",
        metavar="DATE",
        default="",
        help="as it stood at the end of that New York day (YYYY-MM-DD)",
    )
    parser.add_argument(
        "--base",
        metavar="CURRENCY",
        nargs="?",
        default="",
        const="set",
        help="balances and positions: in this currency too; without one, in the profile's own",
    )


def _add_connect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "broker", metavar="BROKER", nargs="?", default="", help="which broker, by its id"
    )
    parser.add_argument("--env", choices=ENVIRONMENTS, default="live", help="default: live")
    parser.add_argument(
        "--practice-url",
        metavar="URL",
        default="",
        help="a server on this computer that speaks the broker's protocol (http://127.0.0.1:PORT)",
    )
    parser.add_argument(
        "--secrets",
        metavar="FILE",
        default="",
        help="a JSON object with the broker's keys; - reads standard input; else you are asked",
    )
    parser.add_argument("--name", default="", help="what to call the connection")
    parser.add_argument(
        "--connection", metavar="ID", default="", help="sign this connection in again"
    )
    parser.add_argument(
        "--change-keys", action="store_true", help="with --connection: also enter new keys"
    )


def _add_simulator(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--brokers", default="all", help="which, with commas; default: all")
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    parser.add_argument("--seed", type=int, default=None, help="which market; the same each time")
    parser.add_argument("--accounts", type=int, default=None, help="how many accounts")
    parser.add_argument("--positions", type=int, default=None, help="positions per account")
    parser.add_argument("--faults", type=Path, default=None, metavar="FILE", help="a fault script")
    parser.add_argument(
        "--exit-with-stdin", action="store_true", help="end when standard input closes"
    )
    parser.add_argument(
        "--troubles",
        action="store_true",
        help="with a login more, and with what a practice profile shows of bad days",
    )
    parser.add_argument(
        "--mirror",
        action="store_true",
        help="show one account through an aggregator as well",
    )
    parser.add_argument(
        "--state", type=Path, default=None, metavar="FILE", help="keep placed orders in this file"
    )
    parser.add_argument(
        "--state-read-only", action="store_true", help="read that file and never write it"
    )


def _add_screenshots(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path, help="where the pictures go")
    parser.add_argument(
        "--theme", choices=("light", "dark", "both"), default="both", help="default: both"
    )
    parser.add_argument(
        "--size", default="1440x900", metavar="WxH", help="of the window; default: 1440x900"
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, help="device pixels per logical pixel; default: 1"
    )
    parser.add_argument(
        "--text", type=int, default=100, metavar="PERCENT", help="text scale; default: 100"
    )
    parser.add_argument(
        "--view", action="append", default=[], help="only this view (may be given several times)"
    )


def _add_gallery(parser: argparse.ArgumentParser) -> None:
    """For whoever builds the program: not in the list of commands."""
    parser.description = "Show every component of the window in every state."
    parser.add_argument(
        "--save", type=Path, default=None, metavar="FILE", help="write a picture and end"
    )
    parser.add_argument("--theme", choices=THEMES, default=argparse.SUPPRESS, help="which look")
    parser.add_argument("--scale", type=float, default=1.0, help="text size, 0.9 to 1.5")


def _add_vault(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=("create", "change", "status"),
        help="create one, change its passphrase, or say where sign-ins are kept",
    )
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        default=None,
        metavar="FILE",
        help="the new passphrase is the first line of FILE; else you are asked",
    )


def _add_audit(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Exit code 1: an entry is not as it was written, or one is missing."
    parser.add_argument(
        "action",
        choices=("verify", "show", "export"),
        help="look whether every entry is as it was written, list them, or write them to FILE",
    )
    parser.add_argument("file", metavar="FILE", nargs="?", type=Path, help="with export")
    parser.add_argument(
        "--head",
        metavar="COUNT:HASH",
        default="",
        help="with verify: what an earlier export or verify said, so that missing entries show",
    )
    parser.add_argument(
        "--after", type=_count, default=0, metavar="N", help="with show: entries after number N"
    )
    parser.add_argument(
        "--most", type=_count, default=1000, metavar="N", help="with show; default: 1000"
    )


def _add_halt(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", choices=("on", "off", "status"), help="stop, let go again, or only say"
    )


def _count(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**53:
        raise ValueError(text)
    return value


def _version() -> str:
    from brokerdesk import __version__

    return f"BrokerDesk {__version__}"
