"""From a parsed command to the module that does it."""

from __future__ import annotations

import argparse

from brokerdesk.cli.parser import DATA_COMMANDS
from brokerdesk.errors import InputError


def run(options: argparse.Namespace) -> int:
    """Run the command; its exit code.

    Raises:
        BrokerDeskError: told by the caller.
    """
    match options.command:
        case None:
            return _window(options)
        case "self-test":
            from brokerdesk.cli import self_test

            return self_test.run(options)
        case "simulator":
            from brokerdesk.cli import simulate

            return simulate.run(options)
        case "connect":
            from brokerdesk.cli import connect

            return connect.run(options)
        case "refresh":
            from brokerdesk.cli import refresh

            return refresh.run(options)
        case "screenshots":
            return _screenshots(options)
        case "vault":
            from brokerdesk.cli import vault

            return vault.run(options)
        case "audit":
            from brokerdesk.cli import trading

            return trading.run_audit(options)
        case "halt":
            from brokerdesk.cli import trading

            return trading.run_halt(options)
        case "gallery":
            from brokerdesk.cli import gallery

            return gallery.run(options)
        case name:
            assert name in DATA_COMMANDS
            from brokerdesk.cli import reading

            return reading.run(options)


def _window(options: argparse.Namespace) -> int:
    from brokerdesk.app import GuiOptions, run_gui

    servers: dict[str, str] = {}
    for text in options.practice_server:
        broker, found, url = text.partition("=")
        if not found or not options.practice:
            raise InputError(
                "practice_server",
                "A practice server is given as BROKER=URL, together with --practice.",
            )
        from brokerdesk.services.origins import loopback_origin

        servers[broker] = loopback_origin(url)

    return run_gui(
        GuiOptions(
            data_dir=options.data_dir,
            practice=options.practice,
            offline=options.offline,
            theme=options.theme,
            debug=options.debug,
            quit_after_paint=options.quit_after_paint,
            json=options.json,
            practice_urls=servers,
        )
    )


def _screenshots(options: argparse.Namespace) -> int:
    from brokerdesk.app import GuiOptions
    from brokerdesk.pictures import THEMES, PictureOptions, scaled, size, take

    width, height = size(options.size)
    device, text = scaled(options.scale, options.text)
    return take(
        PictureOptions(
            folder=options.folder,
            themes=THEMES if options.theme == "both" else (options.theme,),
            width=width,
            height=height,
            scale=device,
            text=text,
            views=tuple(options.view),
            as_json=options.json,
        ),
        GuiOptions(
            data_dir=options.data_dir,
            practice=options.practice,
            # Only the practice market may be asked: a picture must not sign in anywhere.
            offline=options.offline or not options.practice,
            debug=options.debug,
        ),
    )
