"""The installed fonts that have the characters of a figure, such as those of Chinese names."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from matplotlib import font_manager
from matplotlib.font_manager import FontEntry, fontManager, get_font

# It comes with matplotlib, and has Latin, Greek and Cyrillic letters.
BASE = "DejaVu Sans"
# Families that were made for many scripts are tried first: a system may have thousands of fonts.
PREFERRED = (
    "Noto Sans CJK", "Noto Sans", "Source Han Sans", "WenQuanYi", "PingFang", "Hiragino", "Heiti",
    "Microsoft YaHei", "SimHei", "Yu Gothic", "Malgun", "Apple SD Gothic", "Arial Unicode",
    "Segoe UI", "Droid Sans", "Unifont",
)  # fmt: skip
# Its boxes stand for characters that no font has, so it seems to have all of them.
LAST_RESORT = "Last Resort"
NORMAL_WEIGHTS = (400, "normal", "regular", "book", 350, 500, "medium")
# The package of Debian and Ubuntu that has the characters with such names.
PACKAGES = {
    ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "FULLWIDTH"): "fonts-noto-cjk",
    (): "fonts-noto-core",
}


class FontChoice(NamedTuple):
    """Families for matplotlib, each used for what those before it lack; what all of them lack."""

    families: tuple[str, ...]
    missing: str = ""


def font_choice(texts: Iterable[str]) -> FontChoice:
    """The fonts that draw these texts."""
    needed = {c for text in texts for c in text if not c.isspace()}
    left = needed - _characters(fontManager.findfont(BASE), 0)
    families = [BASE]
    covered = {entry.name: left & _of(entry) for entry in _candidates(left)} if left else {}
    while left and covered:
        family = max(covered, key=lambda name: len(covered[name] & left))
        if not covered[family] & left:
            break
        families.append(family)
        left -= covered[family]
    return FontChoice(tuple(families), "".join(sorted(left)))


def package_for(characters: str) -> str:
    """The package of Debian and Ubuntu with a font that has these characters."""
    name = unicodedata.name(characters[0], "")
    return next(package for scripts, package in PACKAGES.items() if _begins(name, scripts))


def _begins(name: str, scripts: tuple[str, ...]) -> bool:
    return not scripts or name.startswith(scripts)


def _candidates(wanted: set[str]) -> Iterator[FontEntry]:
    """The upright fonts of normal weight, until one of them has all wanted characters."""
    _add_new_fonts()
    upright = (
        entry
        for entry in fontManager.ttflist
        if entry.style == "normal"
        and entry.weight in NORMAL_WEIGHTS
        and not entry.name.startswith(LAST_RESORT)
    )
    for entry in sorted(upright, key=lambda entry: (_rank(entry.name), entry.name, entry.fname)):
        yield entry
        if wanted <= _of(entry):
            return


def _rank(family: str) -> int:
    places = (i for i, name in enumerate(PREFERRED) if family.startswith(name))
    return next(places, len(PREFERRED))


def _of(entry: FontEntry) -> set[str]:
    return _characters(entry.fname, getattr(entry, "index", 0))


def _characters(file: str, index: int) -> set[str]:
    """The characters of a font; none where it cannot be read."""
    # Older versions of matplotlib know only the first font of a collection.
    path = font_manager.FontPath(file, index) if hasattr(font_manager, "FontPath") else file
    try:
        return set(map(chr, get_font(path).get_charmap()))
    except (OSError, RuntimeError, ValueError):
        return set()


def _add_new_fonts() -> None:
    """Add the fonts that were installed after matplotlib had written its list of fonts."""
    known = {entry.fname for entry in fontManager.ttflist}
    for file in font_manager.findSystemFonts():
        if file not in known:
            try:
                fontManager.addfont(file)
            except (OSError, RuntimeError, ValueError):
                continue  # a damaged font, or one of a kind that matplotlib cannot use
