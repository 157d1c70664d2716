"""A new plugin that works, with a test, to be changed into what it should be."""

import keyword
from pathlib import Path

from apps.plugins.discovery import NAME
from apps.plugins.errors import NotAPlugin

SKELETON = Path(__file__).parent / "skeleton"


def write(name: str, folder: Path, package: str | None) -> list[Path]:
    """Write a plugin below a folder; returns the files. Raises NotAPlugin, and writes nothing.

    With `package`, the dotted name of the folder, it is a bundled one; without, it is a project of
    its own that names itself by entry point.
    """
    if not NAME.match(name) or keyword.iskeyword(name):
        raise NotAPlugin(
            f"{name!r} is no name: use small letters, digits, underscores; 40 at most."
        )
    home = folder / name
    if home.exists():
        raise NotAPlugin(f"{home} is there already. Choose another name, or another folder.")
    dotted = f"{package}.{name}" if package else name
    inside = home if package else home / name
    texts = {"PACKAGE": dotted, "NAME": name, "TITLE": name.replace("_", " ").capitalize()}
    made = [_write(path, inside, texts) for path in _sources() if path.name != "pyproject.toml.txt"]
    for package_folder in (inside, inside / "tests"):
        made.append(package_folder / "__init__.py")
        made[-1].touch()
    if not package:
        made.append(_write(SKELETON / "pyproject.toml.txt", home, texts))
    return made


def _sources() -> list[Path]:
    return sorted(SKELETON.rglob("*.txt"))


def _write(source: Path, inside: Path, texts: dict[str, str]) -> Path:
    text, place = source.read_text(), source.relative_to(SKELETON).with_suffix("")
    if place.parts[0] == "templates":
        place = Path("templates", texts["NAME"], place.name)
    for word, instead in texts.items():
        text = text.replace(word, instead)
    path = inside / str(place).replace("NAME", texts["NAME"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path
