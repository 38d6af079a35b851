"""The gallery holds every component, names all that can be used, and follows each option."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAccessible, QAccessibleInterface, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from brokerdesk.cli import main
from brokerdesk.ui.gallery.window import GalleryWindow
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import theme

MODULES = (
    "bands", "banner", "basics", "buttons", "empty", "field_row", "figures", "loading", "marks",
    "nav_item", "pane_head", "paragraph", "picture", "pill", "progress", "search_field", "segments",
    "splitter", "tags", "toast",
)  # fmt: skip
"""The components of the design system; tables and charts have pages and tests of their own."""
OVERLAYS = {"Popover", "ConfirmSheet", "ToastStack", "CountdownRing"}
"""Seen only over a window, or in the wizard; test_components shows them."""
ACTIVE = {
    QAccessible.Role.Button,
    QAccessible.Role.PushButton,
    QAccessible.Role.CheckBox,
    QAccessible.Role.RadioButton,
    QAccessible.Role.ComboBox,
    QAccessible.Role.SpinBox,
    QAccessible.Role.Slider,
    QAccessible.Role.EditableText,
    QAccessible.Role.Link,
    QAccessible.Role.ButtonMenu,
}


@pytest.fixture
def gallery(qtbot: QtBot) -> Iterator[GalleryWindow]:
    window = GalleryWindow()
    qtbot.addWidget(window)
    window.show_whole()
    QCoreApplication.processEvents()
    yield window
    theme().set_scale(1.0)
    theme().set_colour_vision(False)


def faces(face: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    yield face
    for number in range(face.childCount()):
        child: QAccessibleInterface | None = face.child(number)
        if child is not None and child.isValid():
            yield from faces(child)


def test_nothing_that_can_be_used_is_without_a_name(gallery: GalleryWindow) -> None:
    root = QAccessible.queryAccessibleInterface(gallery)
    used = [face for face in faces(root) if face.role() in ACTIVE]
    assert len(used) > 40
    unnamed = [
        f"{face.object().metaObject().className()} {face.object().objectName()}"
        for face in used
        if not face.text(QAccessible.Text.Name)
        and not face.object().objectName().startswith("qt_")  # parts of a spin field of Qt's
    ]
    assert not unnamed


def test_painted_parts_say_what_they_show(gallery: GalleryWindow) -> None:
    mute = [
        type(each).__name__
        for each in gallery.findChildren(QWidget)
        if type(each).__module__.startswith("brokerdesk.ui.widgets")
        and type(each).__name__ not in {"Picture", "Hairline", "Splitter", "PaneHead", "KeyValues",
                                        "FocusRing", "FieldRow", "_Handle"}
        and not each.accessibleName()
        and not getattr(each, "text", lambda: "")()
        and each.isVisible()
    ]  # fmt: skip
    assert not mute


def test_controls_are_large_enough_to_be_hit(gallery: GalleryWindow) -> None:
    from PySide6.QtWidgets import QAbstractButton

    small = [
        f"{each.accessibleName()} {each.size().toTuple()}"
        for each in gallery.findChildren(QAbstractButton)
        if each.isVisible() and (each.height() < 24 or each.width() < 24)
    ]
    assert not small


def test_every_component_is_in_the_gallery(gallery: GalleryWindow) -> None:
    there = {type(each).__name__ for each in gallery.findChildren(QWidget)}
    missing = []
    for module in MODULES:
        loaded = import_module(f"brokerdesk.ui.widgets.{module}")
        for name, kind in inspect.getmembers(loaded, inspect.isclass):
            own = kind.__module__ == loaded.__name__ and not name.startswith("_")
            if own and issubclass(kind, QWidget) and name not in OVERLAYS:
                missing += [name] if name not in there else []
    assert not missing


def test_nothing_opens_as_a_window_of_its_own(gallery: GalleryWindow) -> None:
    seen = [each for each in QApplication.topLevelWidgets() if each.isVisible()]
    assert seen == [gallery]


def test_looks_sizes_and_directions_change_while_it_is_open(gallery: GalleryWindow) -> None:
    def picture() -> QImage:
        QCoreApplication.processEvents()
        return gallery.grab().toImage()

    seen = [picture()]
    changes: tuple[Callable[[], object], ...] = (
        lambda: theme().apply("dark"),
        lambda: theme().set_colour_vision(True),
        lambda: theme().set_scale(1.25),
        lambda: gallery.turn(True),
        lambda: privacy().set(True),
    )
    for change in changes:
        change()
        now = picture()
        assert now != seen[-1]
        seen.append(now)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_command_saves_a_picture(tmp_path: Path, name: str) -> None:
    target = tmp_path / "gallery.png"
    assert main(["gallery", "--save", str(target), "--theme", name, "--scale", "1.1"]) == 0
    image = QImage(str(target))
    theme().set_scale(1.0)
    assert image.width() > 1200
    corner = image.pixelColor(4, 4).name().upper()
    assert corner == theme().tokens.colours[name]["surface"]


def test_the_command_refuses_what_it_cannot_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gallery", "--scale", "9"]) == 2
    assert main(["gallery", "--save", str(tmp_path / "none" / "x.png")]) == 2
    said = capsys.readouterr().err
    assert "between 0.9 and 1.5" in said
    assert "cannot be written" in said
