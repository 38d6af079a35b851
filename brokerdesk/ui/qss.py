"""The one style sheet, written from the tokens.

Only what QSS does well: buttons, fields, menus, scroll bars, tool tips. Fonts and colours of labels
come from ``text.py`` and tables are painted by their delegate, because a rule here would win over
both. Selectors use the properties ``kind`` and ``role``, never names that Qt uses itself.
"""

from __future__ import annotations

from string import Template

from brokerdesk.paths import resource
from brokerdesk.ui.tokens import Tokens

_SHEET = Template("""
QMainWindow, QDialog { background: $canvas; }
QMenuBar { background: $canvas; color: $text2; border: 0; }
QMenuBar::item { padding: 5px 9px; background: transparent; border-radius: 4px; }
QMenuBar::item:selected { background: $inset; color: $text; }
QMenu { background: $raised; color: $text; border: 1px solid $line2; padding: 4px 0; }
QMenu::item { padding: 6px 28px 6px 14px; }
QMenu::item:selected { background: $inset; }
QMenu::item:disabled { color: $text3; }
QMenu::separator { height: 1px; background: $line; margin: 4px 0; }
QMenu::indicator { width: 14px; height: 14px; left: 6px; }
QToolTip { background: $raised; color: $text; border: 1px solid $line2; padding: 5px 7px; }
QStatusBar { background: $canvas; color: $text3; border: 0; }
QStatusBar::item { border: 0; }
QSplitter::handle { background: $line; }

QFrame[role="sheet"], QWidget[role="sheet"] { background: $surface; }
QFrame[role="rail"], QWidget[role="rail"] { background: $canvas; }
QFrame[role="card"] { background: $surface; border: 1px solid $line2; border-radius: 8px; }
QFrame[role="note"] { background: $alt; border: 1px solid $line; border-radius: 6px; }
QFrame[role="banner-info"] { background: $accentSoft; border: 0; border-radius: 6px; }
QFrame[role="banner-warn"] {
  background: $warnSoft; border: 1px solid $warnLine; border-radius: 6px; }
QFrame[role="banner-error"] { background: $lossSoft; border: 1px solid $loss; border-radius: 6px; }
QScrollArea { background: transparent; border: 0; }
QScrollArea > QWidget > QWidget[role="page"] { background: $surface; }

QPushButton {
  background: $raised; color: $text; border: 1px solid $line2; border-radius: 6px;
  min-height: 28px; max-height: 28px; padding: 0 11px; font-weight: 500; }
QPushButton:hover { background: $alt; }
QPushButton:pressed { background: $inset; }
QPushButton:disabled { background: $inset; color: $text3; border-color: $line; }
QPushButton[kind="primary"] {
  background: $accent; color: $onAccent; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $accentHover; border-color: $accentHover; }
QPushButton[kind="primary"]:pressed { background: $accentHover; }
QPushButton[kind="primary"]:disabled {
  background: $inset; color: $text3; border-color: $line; font-weight: 500; }
QPushButton[kind="ghost"] { background: transparent; border-color: transparent; color: $text2; }
QPushButton[kind="ghost"]:hover { background: $alt; color: $text; }
QPushButton[kind="ghost"]:disabled { color: $text3; }
QPushButton[kind="link"] {
  background: transparent; border: 0; color: $accent; padding: 0 2px; min-width: 0; }
QPushButton[kind="link"]:hover { color: $accentHover; text-decoration: underline; }
QPushButton[kind="link"]:disabled { color: $text3; }
QPushButton[sz="small"] { min-height: 24px; max-height: 24px; padding: 0 9px; }
QPushButton[kind="segment"] {
  background: transparent; border: 1px solid transparent; border-radius: 5px; color: $text2;
  min-height: 24px; max-height: 24px; padding: 0 10px; min-width: 0; }
QPushButton[kind="segment"]:checked {
  background: $raised; border-color: $line2; color: $text; font-weight: 600; }
QFrame[role="segments"] { background: $inset; border: 1px solid $line2; border-radius: 6px; }

QLineEdit, QPlainTextEdit {
  background: $surface; color: $text; border: 1px solid $ctl; border-radius: 6px;
  padding: 0 9px; min-height: 28px;
  selection-background-color: $accent; selection-color: $onAccent; }
QLineEdit { max-height: 28px; }
QPlainTextEdit { padding: 6px 8px; }
QLineEdit:focus {
  border: 2px solid $accent; padding: 0 8px; min-height: 26px; max-height: 26px; }
QPlainTextEdit:focus { border: 2px solid $accent; padding: 5px 7px; min-height: 26px; }
QLineEdit[problem="true"] {
  border: 2px solid $loss; padding: 0 8px; min-height: 26px; max-height: 26px; }
QLineEdit:disabled { background: $inset; color: $text3; border-color: $line; }
QLineEdit:read-only { background: $alt; }

QCheckBox { spacing: 8px; color: $text; min-height: 24px; }
QCheckBox:disabled { color: $text3; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid $ctl; border-radius: 4px;
  background: $surface; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($check); }
QCheckBox::indicator:disabled { background: $inset; border-color: $line2; }
QCheckBox:focus { color: $accent; }

QTreeView { background: $surface; border: 0; outline: 0; color: $text; }
QTreeView::branch { background: transparent; }
QHeaderView { background: $surface; border: 0; }

QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line2; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $ctl; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")


def style_sheet(tokens: Tokens, name: str) -> str:
    """The style sheet of theme ``name``."""
    check = resource(f"icons/check-{name}.svg").as_posix()
    return _SHEET.substitute(tokens.colours[name], check=f'"{check}"')
