"""The one style sheet, written from the colours of a theme and the text scale.

Only what QSS does well: buttons, fields, menus, scroll bars, tool tips. Fonts and colours of labels
come from ``text.py`` and tables are painted by their delegate, because a rule here would win over
both. Selectors use the properties ``kind`` and ``role``, never names that Qt uses itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Template

from brokerdesk.paths import resource

_PIXELS = re.compile(r"\b(\d+)px")
_PICTURES = ("check", "minus", "chevron-down", "chevron-up")

_SHEET = Template("""
QMainWindow, QDialog { background: $canvas; }
QMenuBar { background: $canvas; color: $text2; border: 0; font-size: 12px; }
QMenuBar::item { padding: 5px 9px; background: transparent; border-radius: 4px; }
QMenuBar::item:selected { background: $inset; color: $text; }
QMenu { background: $raised; color: $text; border: 1px solid $line2; padding: 4px 0; }
QMenu::item { padding: 6px 28px 6px 30px; }
QMenu::item:selected { background: $inset; }
QMenu::item:disabled { color: $text3; }
QMenu::separator { height: 1px; background: $line; margin: 4px 0; }
QMenu::icon { left: 9px; }
QMenu::indicator { width: 14px; height: 14px; left: 9px; }
QMenu::indicator:checked { image: url($checkmark); }
QToolTip { background: $raised; color: $text; border: 1px solid $line2; padding: 5px 7px; }
QStatusBar { background: $canvas; color: $text3; border: 0; }
QStatusBar::item { border: 0; }
QSplitter::handle { background: $line; }

QFrame[role="sheet"], QWidget[role="sheet"] { background: $surface; }
QFrame[role="rail"], QWidget[role="rail"] { background: $canvas; }
QFrame[role="card"] { background: $surface; border: 1px solid $line2; border-radius: 8px; }
QFrame[role="float"] { background: $raised; border: 1px solid $line2; border-radius: 8px; }
QFrame[role="note"] { background: $alt; border: 1px solid $line; border-radius: 6px; }
QFrame[role="banner-info"] {
  background: $accentSoft; border: 1px solid $infoLine; border-radius: 6px; }
QFrame[role="banner-warn"] {
  background: $warnSoft; border: 1px solid $warnLine; border-radius: 6px; }
QFrame[role="banner-error"] { background: $lossSoft; border: 1px solid $loss; border-radius: 6px; }
QFrame[role="bar-info"] { background: $accentSoft; border: 0; border-bottom: 1px solid $infoLine; }
QFrame[role="bar-warn"] { background: $warnSoft; border: 0; border-bottom: 1px solid $warnLine; }
QFrame[role="bar-error"] { background: $lossSoft; border: 0; border-bottom: 1px solid $loss; }
QScrollArea { background: transparent; border: 0; }
QScrollArea > QWidget > QWidget[role="page"] { background: $surface; }

QPushButton {
  background: $raised; color: $text; border: 1px solid $line2; border-radius: 6px;
  min-height: 28px; max-height: 28px; padding: 0 11px; font-weight: 500; }
QPushButton, QCheckBox, QRadioButton, QComboBox { outline: 0; }
QPushButton:hover { background: $alt; }
QPushButton:pressed { background: $inset; }
QPushButton:checked { background: $inset; }
QPushButton:disabled { background: $inset; color: $text3; border-color: $line; }
QPushButton::menu-indicator { image: none; width: 0; }
QPushButton[kind="primary"] {
  background: $accent; color: $onAccent; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $accentHover; border-color: $accentHover; }
QPushButton[kind="primary"]:pressed { background: $accentHover; }
QPushButton[kind="primary"]:disabled {
  background: $inset; color: $text3; border-color: $line; font-weight: 500; }
QPushButton[kind="sell"] {
  background: $sell; color: $onSell; border-color: $sell; font-weight: 600; }
QPushButton[kind="sell"]:disabled {
  background: $inset; color: $text3; border-color: $line; font-weight: 500; }
QPushButton[kind="ghost"] { background: transparent; border-color: transparent; color: $text2; }
QPushButton[kind="ghost"]:hover { background: $alt; color: $text; }
QPushButton[kind="ghost"]:pressed { background: $inset; }
QPushButton[kind="ghost"]:checked { background: $inset; color: $text; }
QPushButton[kind="ghost"]:disabled { background: transparent; color: $text3; }
QPushButton[kind="icon"] {
  background: transparent; border-color: transparent; color: $text2; padding: 0;
  min-width: 28px; max-width: 28px; }
QPushButton[kind="icon"]:hover { background: $alt; }
QPushButton[kind="icon"]:pressed, QPushButton[kind="icon"]:checked { background: $inset; }
QPushButton[kind="icon"]:disabled { background: transparent; }
QPushButton[kind="link"] {
  background: transparent; border: 0; color: $accent; padding: 0 2px; }
QPushButton[kind="link"]:hover { color: $accentHover; text-decoration: underline; }
QPushButton[kind="link"]:disabled { color: $text3; }
QPushButton[kind="status"] {
  background: transparent; border: 0; color: $warn; padding: 0 4px; font-size: 12px;
  min-height: 24px; max-height: 24px; }
QPushButton[kind="status"]:hover { text-decoration: underline; }
QPushButton[sz="small"] { min-height: 24px; max-height: 24px; padding: 0 9px; font-size: 12px; }
QPushButton[kind="icon"][sz="small"] { min-width: 24px; max-width: 24px; padding: 0; }
QPushButton[sz="large"] { min-height: 34px; max-height: 34px; padding: 0 14px; }

QPushButton[kind="segment"] {
  background: transparent; border: 1px solid transparent; border-radius: 5px; color: $text2;
  min-height: 22px; max-height: 22px; padding: 0 9px; min-width: 0; font-size: 12px; }
QPushButton[kind="segment"]:hover { color: $text; }
QPushButton[kind="segment"]:checked {
  background: $raised; border-color: $line2; color: $text; font-weight: 600; }
QPushButton[kind="segment"]:disabled { background: transparent; color: $dim; }
QPushButton[kind="segment"][sz="form"] { min-height: 24px; max-height: 24px; }
QPushButton[kind="segment"][sz="large"] {
  min-height: 30px; max-height: 30px; font-size: 13px; padding: 0 12px; }
QPushButton[kind="segment"][tone="buy"]:checked, QPushButton[tone="buy"]:checked:disabled {
  background: $buy; border-color: $buy; color: $onAccent; }
QPushButton[kind="segment"][tone="sell"]:checked, QPushButton[tone="sell"]:checked:disabled {
  background: $sell; border-color: $sell; color: $onSell; }
QFrame[role="segments"] { background: $inset; border: 1px solid $line2; border-radius: 6px; }
QPushButton[kind="chip"] {
  background: transparent; border: 0; border-radius: 5px; color: $text2; font-size: 12px;
  min-height: 24px; max-height: 24px; padding: 0 8px; min-width: 0; }
QPushButton[kind="chip"]:hover { background: $alt; }
QPushButton[kind="chip"]:checked { background: $inset; color: $text; font-weight: 600; }
QPushButton[kind="chip"]:disabled { background: transparent; color: $dim; }

QLineEdit, QPlainTextEdit, QAbstractSpinBox, QComboBox {
  background: $surface; color: $text; border: 1px solid $ctl; border-radius: 6px;
  padding: 0 9px; min-height: 28px;
  selection-background-color: $accent; selection-color: $onAccent; }
QLineEdit, QAbstractSpinBox, QComboBox { max-height: 28px; }
QPlainTextEdit { padding: 6px 8px; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QComboBox:on {
  border: 2px solid $accent; padding: 0 8px; min-height: 26px; max-height: 26px; }
QPlainTextEdit:focus { border: 2px solid $accent; padding: 5px 7px; min-height: 26px; }
QLineEdit[problem="true"], QAbstractSpinBox[problem="true"], QComboBox[problem="true"] {
  border: 2px solid $loss; padding: 0 8px; min-height: 26px; max-height: 26px; }
QLineEdit:disabled, QPlainTextEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {
  background: $inset; color: $text3; border-color: $line; }
QLineEdit:read-only { background: $alt; }
QLineEdit[kind="search"] { border-color: $line2; padding-left: 6px; }
QLineEdit[kind="search"]:focus { border-color: $accent; padding-left: 5px; }
QLineEdit[sz="small"], QComboBox[sz="small"] { min-height: 24px; max-height: 24px; }
QLineEdit[sz="small"]:focus, QComboBox[sz="small"]:focus, QComboBox[sz="small"]:on {
  min-height: 22px; max-height: 22px; }

QComboBox { background: $raised; border-color: $line2; padding-right: 4px; }
QComboBox:hover { background: $alt; }
QComboBox:focus, QComboBox:on { padding-right: 3px; }
QComboBox::drop-down { border: 0; width: 20px; }
QComboBox::down-arrow { image: url($down); width: 14px; height: 14px; }
QComboBox QAbstractItemView {
  background: $raised; color: $text; border: 1px solid $line2; padding: 4px 0; outline: 0;
  selection-background-color: $inset; selection-color: $text; }
QComboBox QAbstractItemView::item { min-height: 26px; padding: 0 10px; }
QComboBox QAbstractItemView::item:selected { background: $inset; color: $text; }
QComboBox QAbstractItemView::item:disabled { color: $text3; }

QAbstractSpinBox QLineEdit, QComboBox QLineEdit {
  border: 0; border-radius: 0; background: transparent; padding: 0; min-height: 0; }
QAbstractSpinBox { padding-right: 2px; }
QAbstractSpinBox:focus { padding-right: 1px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
  background: transparent; border: 0; width: 20px; subcontrol-origin: border; }
QAbstractSpinBox::up-button { subcontrol-position: top right; margin-top: 2px; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin-bottom: 2px; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $inset; }
QAbstractSpinBox::up-arrow { image: url($up); width: 12px; height: 12px; }
QAbstractSpinBox::down-arrow { image: url($down); width: 12px; height: 12px; }
QAbstractSpinBox::up-arrow:off, QAbstractSpinBox::down-arrow:off { image: none; }
QDateEdit::drop-down { border: 0; width: 22px; subcontrol-origin: border;
  subcontrol-position: center right; background: transparent; }
QDateEdit::down-arrow { image: url($down); width: 14px; height: 14px; }

QCheckBox, QRadioButton { spacing: 8px; color: $text; min-height: 24px; }
QCheckBox:disabled, QRadioButton:disabled { color: $text3; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid $ctl; border-radius: 4px;
  background: $surface; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $text2; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($check); }
QCheckBox::indicator:indeterminate {
  background: $accent; border-color: $accent; image: url($minus); }
QCheckBox::indicator:disabled { background: $inset; border-color: $line2; }
QCheckBox::indicator:checked:disabled, QCheckBox::indicator:indeterminate:disabled {
  background: $ctl; border-color: $ctl; }
QRadioButton::indicator:disabled { background: $inset; border-color: $line2; }
QRadioButton::indicator:checked:disabled { border-color: $ctl; background: $surface; }

QTreeView { background: $surface; border: 0; outline: 0; color: $text; }
QTreeView::branch { background: transparent; }
QHeaderView { background: $surface; border: 0; }
QListView { background: $raised; border: 0; outline: 0; color: $text; }
QAbstractItemView QLineEdit { border-radius: 0; }

QSlider:horizontal { min-height: 20px; }
QSlider::groove:horizontal { height: 4px; background: $inset; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal:focus { background: $accent; }
QSlider::handle:horizontal:disabled { border-color: $line2; background: $inset; }
QSlider::sub-page:horizontal:disabled { background: $line2; }
QProgressBar { background: $inset; border: 0; border-radius: 2px; max-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line2; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $ctl; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")


_ROUND = Template("""
QRadioButton::indicator { width: ${side}px; height: ${side}px; border: 1px solid $ctl;
  border-radius: ${half}px; background: $surface; }
QRadioButton::indicator:checked { width: ${inner}px; height: ${inner}px;
  border: ${rim}px solid $accent; }
QSlider::handle:horizontal { width: ${knob}px; height: ${knob}px; margin: -${over}px 0;
  border: 1px solid $accent; border-radius: ${knobHalf}px; background: $raised; }
""")
"""A radius of more than half makes Qt draw a square: these lengths must fit each other exactly."""


def _round_parts(colours: Mapping[str, str], scale: float) -> str:
    side, rim, knob = 2 * round(8 * scale), round(5 * scale), 2 * round(7 * scale)
    groove = round(4 * scale)
    return _ROUND.substitute(
        colours,
        side=side,
        half=side // 2 + 1,
        rim=rim,
        inner=side + 2 - 2 * rim,
        knob=knob,
        knobHalf=knob // 2 + 1,
        over=(knob + 2 - groove) // 2,
    )


def style_sheet(colours: Mapping[str, str], name: str, scale: float = 1.0) -> str:
    """The style sheet of theme ``name`` in these colours; lengths follow the text scale."""
    folder = resource("icons").as_posix()
    files = {picture: f'"{folder}/{picture}-{name}.svg"' for picture in _PICTURES}
    ink = "light" if name == "dark" else "dark"  # menus have no accent fill behind their tick
    sheet = _SHEET.substitute(
        colours,
        check=files["check"],
        checkmark=f'"{folder}/check-{ink}.svg"',
        minus=files["minus"],
        down=files["chevron-down"],
        up=files["chevron-up"],
        dim=colours["ctl"],
    )
    if scale != 1:
        sheet = _PIXELS.sub(lambda found: _scaled(found, scale), sheet)
    # First, so that the states that follow in the sheet win.
    return _round_parts(colours, scale) + sheet


def _scaled(found: re.Match[str], scale: float) -> str:
    """Lines of one and two pixels stay what they are."""
    length = int(found[1])
    return f"{length if length <= 2 else round(length * scale)}px"
