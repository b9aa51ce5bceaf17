"""Sentences for the user about Python files of his own."""

from __future__ import annotations

from collections.abc import Sequence

from engine.text import PIP, examples, harmless


def unreadable(file: object, why: str) -> str:
    return f"the file {harmless(str(file))} cannot be read: {harmless(why)}; check the path."


def fails(file: str, where: str, error: str) -> str:
    return f"{harmless(file)} fails: {harmless(error)} ({harmless(where)}); repair the file."


def needs_package(file: str, where: str, package: str) -> str:
    return (
        f"{harmless(file)} needs {harmless(package)}, which is not installed ({harmless(where)}): "
        f"install it with `{PIP} install NAME`, where NAME is what its pages call it, often "
        f"{harmless(package.replace('_', '-'))}."
    )


def exits(where: str) -> str:
    return (
        f"the file ends the program when it is loaded ({harmless(where)}): put what only a script "
        'needs, such as argparse, under `if __name__ == "__main__":`.'
    )


def data_file_missing(file: str, where: str, missing: str) -> str:
    return (
        f"{harmless(file)} opens {harmless(missing)}, which is not there ({harmless(where)}): "
        "a run keeps Python files alone, so put the file back or name it by its whole path."
    )


def lacks_name(file: str, name: str, known: Sequence[str], nearest: str) -> str:
    shown, wanted = harmless(file), harmless(name)
    if not known:
        return f"{shown} has no {wanted}, and defines nothing else: define {wanted} there."
    return f"{shown} has no {wanted}, it has {examples(known)}: type {shown}:{harmless(nearest)}."


def damaged(file: object) -> str:
    return (
        f"{harmless(str(file))} is damaged, which says what code the run keeps: delete it to use "
        "the file beside it alone, or start a new run."
    )


def no_package(file: str, where: str, folder: str) -> str:
    shown = harmless(folder)
    return (
        f"{harmless(file)} imports relative to its package ({harmless(where)}), and its folder "
        f"{shown} is none: give it an __init__.py and a name of letters, digits and _."
    )


def package_name_taken(package: str, place: str) -> str:
    return (
        f"the package {harmless(package)} of your file has the name of another one that is loaded "
        f"already ({harmless(place)}): rename its folder."
    )


def not_kept(package: str, size: str, limit: str) -> str:
    return (
        f"The Python files of {harmless(package)} have {size}, more than the {limit} that a run "
        "keeps: it keeps their digest, and a resume says whether they have changed."
    )


def changed_since(package: str) -> str:
    return (
        f"The Python files of {harmless(package)} have changed since the run began, which keeps "
        "only their digest: the network may be another one."
    )
