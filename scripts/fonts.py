"""Cut the program's typeface from the variable font of the package ``fontpkg-inter``.

Qt draws every weight of a variable font as Regular, so that four static cuts are made. They bear a
family name of their own: an installed Inter would otherwise be mixed in. Only the letters and signs
of European languages and the figures' own are kept; the system's fonts draw all others.

Needs ``fontpkg-inter`` and ``fonttools``. ``dev.py`` runs it once, packaging takes the result.
``resources/fonts`` is never committed, and without it the program uses the system's font.
"""

from __future__ import annotations

import sys
from pathlib import Path

import fontpkg_inter
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "resources" / "fonts"
SOURCE = Path(fontpkg_inter.ROOT) / "files" / "Inter[opsz,wght].ttf"
FAMILY = "BrokerDesk Sans"
CUTS = {400: "Regular", 500: "Medium", 600: "SemiBold", 700: "Bold"}
OPTICAL_SIZE = 14
RANGES = (
    *((0x20, 0x7E), (0xA0, 0x24F), (0x2B0, 0x36F)),  # Latin, modifiers, accents
    *((0x370, 0x3FF), (0x400, 0x52F), (0x1E00, 0x1EFF)),  # Greek, Cyrillic, more Latin
    *((0x2000, 0x206F), (0x2070, 0x209F), (0x20A0, 0x20CF)),  # punctuation, raised, currencies
    *((0x2100, 0x218F), (0x2190, 0x21FF), (0x2200, 0x22FF)),  # letterlike, arrows, mathematics
    *((0x2300, 0x23FF), (0x25A0, 0x25FF), (0x2700, 0x27BF)),  # keys, shapes, ticks
)
NEEDED = "0123456789+-−×≈±%$€£¥¢.,:;…—–•·▲▼✓“”‘’→←↑↓\u2009\u2002\u00a0"
FEATURES = ("calt", "ccmp", "kern", "liga", "locl", "mark", "mkmk", "tnum")


def letters() -> set[int]:
    """What is kept."""
    return {code for first, last in RANGES for code in range(first, last + 1)}


def narrowed(source: Path) -> TTFont:
    """The variable font with the kept letters alone."""
    options = subset.Options(
        layout_features=list(FEATURES), hinting=False, notdef_outline=True, name_IDs=["*"]
    )
    font = subset.load_font(str(source), options)
    made = subset.Subsetter(options)
    made.populate(unicodes=letters())
    made.subset(font)
    missing = [sign for sign in NEEDED if ord(sign) not in font.getBestCmap()]
    if missing:
        raise SystemExit(f"{source.name} lacks {missing}")
    return font


def cut(font: TTFont, weight: int, style: str) -> TTFont:
    """One static cut under our own name."""
    made = instancer.instantiateVariableFont(font, {"wght": weight, "opsz": OPTICAL_SIZE})
    made["OS/2"].usWeightClass = weight
    bold = weight == 700
    made["OS/2"].fsSelection = (made["OS/2"].fsSelection & ~0x61) | (0x20 if bold else 0x40)
    made["head"].macStyle = 1 if bold else 0
    plain = style in ("Regular", "Bold")  # the only styles that the oldest name records know
    names = {
        1: FAMILY if plain else f"{FAMILY} {style}",
        2: style if plain else "Regular",
        3: f"{FAMILY} {style}",
        4: f"{FAMILY} {style}",
        6: f"{FAMILY.replace(' ', '')}-{style}",
        16: FAMILY,
        17: style,
    }
    table = made["name"]
    kept = (0, 5, 8, 9, 11, 13, 14)  # copyright, version, makers, licence
    table.names = [each for each in table.names if each.nameID in kept and each.platformID == 3]
    for number, text in names.items():
        table.setName(text, number, 3, 1, 0x409)
    if "STAT" in made:
        del made["STAT"]
    return made


def main() -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    source = narrowed(SOURCE)
    for weight, style in CUTS.items():
        path = TARGET / f"{FAMILY.replace(' ', '')}-{style}.ttf"
        unfinished = path.with_suffix(".new")
        cut(source, weight, style).save(unfinished)
        unfinished.replace(path)  # never half a font under the final name
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
