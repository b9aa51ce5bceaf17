"""The names in an archive, which someone else wrote."""

from __future__ import annotations

CP437 = "cp437"


def relative_name(name: str) -> str | None:
    """The name below the archive, `cats/1.jpg`; None for one that climbs out of it.

    Some programs for Windows write `\\` between the parts. A drive, such as `C:`, climbs out.
    """
    name = name.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    climbs = name.startswith("/") or ".." in parts or (parts and parts[0][1:] == ":")
    return None if climbs else "/".join(parts)


def as_utf8(name: str) -> str:
    """A name that zipfile read as CP437, in UTF-8 where its bytes are that.

    Programs on Linux and macOS write UTF-8, and do not all say so.
    """
    try:
        return name.encode(CP437).decode()
    except UnicodeError:
        return name
