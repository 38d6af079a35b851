#!/usr/bin/env python3
"""The program's icon in the forms that systems want, drawn from ``resources/icons/app/app.svg``.

PNG in the sizes of the hicolor theme, ``.ico`` for Windows, ``.icns`` for macOS. They are made when
the program is packaged and not committed: the drawing is the one source. Equal input gives equal
bytes, so that two builds can be compared.
"""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ROOT = Path(__file__).resolve().parents[2]
DRAWING = ROOT / "resources" / "icons" / "app" / "app.svg"
HICOLOR = (16, 22, 24, 32, 48, 64, 128, 256, 512)
WINDOWS = (16, 20, 24, 32, 40, 48, 64, 256)
APPLE = {
    "icp4": 16, "icp5": 32, "ic11": 32, "ic12": 64, "ic07": 128,
    "ic13": 256, "ic08": 256, "ic14": 512, "ic09": 512, "ic10": 1024,
}  # fmt: skip
APPLE_BODY = 824 / 1024
"""How much of the square the shape takes on macOS; elsewhere it fills it."""
_PNG_FROM = 256
"""Smaller pictures of an .ico are bitmaps: installers and old dialogs read no others."""


def draw(side: int, body: float = 1.0) -> QImage:
    """The drawing as a square picture."""
    renderer = QSvgRenderer(str(DRAWING))
    if not renderer.isValid():
        raise SystemExit(f"{DRAWING} cannot be drawn")
    image = QImage(side, side, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    margin = side * (1 - body) / 2
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        renderer.render(painter, QRectF(margin, margin, side * body, side * body))
    return image


def png(image: QImage) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(data.data())


def _bitmap(image: QImage) -> bytes:
    """A device-independent bitmap as it stands in an .ico: colours, then an empty mask."""
    side = image.width()
    rows = bytes(image.constBits())  # BGRA on the little-endian machines that build
    step = image.bytesPerLine()
    colours = b"".join(rows[y * step : y * step + side * 4] for y in reversed(range(side)))
    mask = bytes((side + 31) // 32 * 4 * side)
    head = struct.pack("<IiiHHIIiiII", 40, side, side * 2, 1, 32, 0, len(colours), 0, 0, 0, 0)
    return head + colours + mask


def ico() -> bytes:
    pictures = []
    for side in WINDOWS:
        image = draw(side)
        pictures.append((side, png(image) if side >= _PNG_FROM else _bitmap(image)))
    head = struct.pack("<HHH", 0, 1, len(pictures))
    offset = len(head) + 16 * len(pictures)
    table = b""
    for side, data in pictures:
        table += struct.pack("<BBBBHHII", side % 256, side % 256, 0, 0, 1, 32, len(data), offset)
        offset += len(data)
    return head + table + b"".join(data for _, data in pictures)


def icns() -> bytes:
    parts = b""
    for kind, side in APPLE.items():
        data = png(draw(side, APPLE_BODY))
        parts += kind.encode() + struct.pack(">I", len(data) + 8) + data
    return b"icns" + struct.pack(">I", len(parts) + 8) + parts


def write_all(target: Path) -> None:
    """``target/brokerdesk.ico``, ``.icns`` and ``target/hicolor/…`` as it is installed."""
    target.mkdir(parents=True, exist_ok=True)
    (target / "brokerdesk.ico").write_bytes(ico())
    (target / "brokerdesk.icns").write_bytes(icns())
    for side in HICOLOR:
        place = target / "hicolor" / f"{side}x{side}" / "apps"
        place.mkdir(parents=True, exist_ok=True)
        (place / "brokerdesk.png").write_bytes(png(draw(side)))
    scalable = target / "hicolor" / "scalable" / "apps"
    scalable.mkdir(parents=True, exist_ok=True)
    (scalable / "brokerdesk.svg").write_bytes(DRAWING.read_bytes())


def main(arguments: list[str]) -> int:
    from PySide6.QtGui import QGuiApplication

    application = QGuiApplication(sys.argv[:1])
    write_all(Path(arguments[0]) if arguments else ROOT / "build" / "icons")
    del application
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
