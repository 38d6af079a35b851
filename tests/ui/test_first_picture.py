"""The picture before the window: the same figures at the same places, or no picture at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QRect, QSettings
from PySide6.QtGui import QImage
from support.desk import sample_figures
from support.ui import NOW

from brokerdesk.ui.first.view import FirstPicture, Wishes, first_picture
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel
from brokerdesk.ui.viewmodels.state import Figures

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

UNSEEN = 40
"""A difference of colour that nobody sees."""


def quiet_figures(**changes: object) -> Figures:
    """The sample without what needs the user and without simulated money."""
    found = sample_figures()
    accounts = tuple(row for row in found.accounts if row.environment == "live")
    return replace(
        found,
        accounts=accounts,
        totals=tuple(row for row in found.totals if row.environment == "live"),
        connections=tuple(
            row for row in found.connections if row.environment == "live" and not row.needs_sign_in
        ),
        messages=(),
        **changes,  # type: ignore[arg-type]
    )


def narrowed(count: int) -> Figures:
    """The first accounts of the sample alone."""
    found = quiet_figures()
    some = found.accounts[:count]
    scope = tuple(row.key for row in some)
    return replace(found, accounts=some, everyone=found.accounts, scope=scope)


def model_of(
    figures: Figures, *, offline: bool = False, practice: bool = False
) -> PortfolioViewModel:
    model = PortfolioViewModel(lambda: NOW, offline=offline, practice=practice)
    model.show(figures)
    return model


@pytest.fixture(autouse=True)
def _usual_look(qapp: QApplication) -> Iterator[None]:
    yield
    for widget in qapp.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    qapp.processEvents()
    theme().set_scale(1.0)
    theme().set_compact(False)


Grab = Callable[[MainWindow], QImage]


@pytest.fixture
def grab(qapp: QApplication) -> Grab:
    def grab(window: MainWindow) -> QImage:
        window.show()
        for _ in range(6):  # columns widen after their first paint
            qapp.processEvents()
        if (focused := window.focusWidget()) is not None:
            focused.clearFocus()  # the picture has none: its window is not active yet
        qapp.processEvents()
        return window.grab().toImage()

    return grab


def differing(one: QImage, other: QImage, part: QRect) -> float:
    """The share of points in a part whose colours differ for the eye."""
    count = 0
    for y in range(part.top(), part.bottom() + 1):
        for x in range(part.left(), part.right() + 1):
            a, b = one.pixelColor(x, y), other.pixelColor(x, y)
            gap = max(abs(a.red() - b.red()), abs(a.green() - b.green()), abs(a.blue() - b.blue()))
            count += gap > UNSEEN
    return count / (part.width() * part.height())


@pytest.mark.parametrize(
    ("size", "look", "scale", "private", "scope"),
    [
        ((1440, 900), "light", 1.0, False, 0),
        ((1440, 900), "dark", 1.0, True, 0),
        ((1700, 1000), "light", 1.0, False, 0),
        ((1800, 1200), "light", 1.25, False, 0),
        ((1440, 900), "light", 1.0, False, 1),
        ((1440, 900), "light", 1.0, False, 3),
    ],
)
def test_picture_and_window_are_alike(
    qapp: QApplication,
    grab: Grab,
    size: tuple[int, int],
    look: str,
    scale: float,
    private: bool,
    scope: int,
) -> None:
    theme().set_scale(scale)
    theme().apply(look)
    privacy().set(private)
    model = model_of(narrowed(scope) if scope else quiet_figures(), offline=True)
    window = MainWindow(model)
    window.resize(*size)
    real = grab(window)
    drawn = first_picture(model.state, None, *size)
    assert drawn is not None
    drawn.resize(*size)
    drawn._icons = True
    picture = drawn.grab().toImage()
    page: Any = window.page
    seen = (
        page.main.hero,
        page.main.movers,
        page.main.accounts,
        page.side,
        window.top,
        window.rail,
    )
    parts = {part: QRect(part.mapTo(window, part.rect().topLeft()), part.size()) for part in seen}
    for part, place in parts.items():
        share = differing(real, picture, place)
        # Equal pieces, and words on a button, may be one point off where lengths are rounded.
        least = 0.03 if part in (page.main.movers, window.top) else 0.012
        assert share < least, f"{type(part).__name__}: {share:.2%} differ"
    blank = QImage(picture.size(), picture.format())
    blank.fill(theme().colour("surface"))
    assert (
        differing(real, blank, parts[page.main.accounts]) > 0.03
    )  # the measure sees what is missing
    window.close()


def test_the_window_takes_the_place_of_its_picture(qapp: QApplication, grab: Grab) -> None:
    model = model_of(quiet_figures())
    window = MainWindow(model, later=True)
    window.resize(1440, 900)
    picture = first_picture(model.state, None, window.width(), window.height())
    assert picture is not None
    window.setCentralWidget(picture)
    seen: list[bool] = []
    window.painted.connect(lambda: seen.append(True))
    grab(window)
    place = window.geometry()
    assert seen
    assert [window.furnished] == [False]
    picture.add_icons()
    window.furnish()
    qapp.processEvents()
    assert window.furnished
    assert window.geometry() == place
    assert window.rows_shown == len(model.state.figures.accounts)
    window.close()


def test_a_window_is_closed_before_it_is_furnished(qapp: QApplication) -> None:
    window = MainWindow(model_of(quiet_figures()), later=True)
    window.show()
    qapp.processEvents()
    assert window.close()


@pytest.mark.parametrize(
    "what", ["notices", "practice", "nothing", "narrow", "low", "page", "rail", "side"]
)
def test_what_the_picture_cannot_show_is_left_to_the_window(
    tmp_path: Path, qapp: QApplication, what: str
) -> None:
    figures, memory = (
        quiet_figures(),
        QSettings(str(tmp_path / "w.ini"), QSettings.Format.IniFormat),
    )
    width, height = {"narrow": (1150, 900), "low": (1440, 560)}.get(what, (1440, 900))
    if what == "notices":
        figures = replace(figures, messages=sample_figures().messages)
    if what == "nothing":
        figures = Figures()
    kept = {
        "page": ("shell/page", "positions"),
        "rail": ("shell/rail", "narrow"),
        "side": ("overview/side", "hidden"),
    }
    if what in kept:
        memory.setValue(*kept[what])
    state = model_of(figures, practice=what == "practice").state
    assert first_picture(state, memory, width, height) is None
    assert first_picture(model_of(quiet_figures()).state, None, 1440, 900) is not None


def test_a_picture_in_another_size_shows_nothing_rather_than_something_else(
    qapp: QApplication,
) -> None:
    model = model_of(quiet_figures())
    picture = first_picture(model.state, None, 1440, 900)
    assert picture is not None
    picture.resize(900, 500)
    image = picture.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(0, 900, 9) for y in range(0, 500, 5)}
    assert colours == {theme().colour("canvas").name()}


def test_the_remembered_side_pane_has_its_width(qapp: QApplication, tmp_path: Path) -> None:
    memory = QSettings(str(tmp_path / "w.ini"), QSettings.Format.IniFormat)
    model = model_of(quiet_figures())
    window = MainWindow(model, memory)
    window.resize(1440, 900)
    window.show()
    qapp.processEvents()
    page: Any = window.page
    page._split.setSizes([800, 458])
    page.remember()
    assert Wishes(memory).side == page.side.width()
    memory.setValue("overview/splitter", "nonsense")
    assert Wishes(memory).side is None
    window.close()


def test_hidden_amounts_are_nowhere_in_it(qapp: QApplication) -> None:
    privacy().set(True)
    picture = FirstPicture(model_of(quiet_figures()).state, Wishes(None))
    assert picture._hero is not None
    assert DOTS in picture._hero.whole + picture._hero.cents
