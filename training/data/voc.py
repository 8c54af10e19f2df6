"""Reads Pascal VOC: an XML file a picture. Does not judge boxes."""

from pathlib import Path
from xml.etree import ElementTree

from training.data.labelled import Found, RawBox, RawSample
from training.data.pictures import SUFFIXES
from training.data.sample import Problem

_MAX_BYTES = 8 * 1024 * 1024


def annotation_files(folder: Path) -> list[Path]:
    """The XML files below a folder, by path."""
    return sorted(path for path in folder.rglob("*.xml") if path.is_file())


def read(folder: Path) -> Found:
    """Read every XML file below a folder; classes by name."""
    problems: list[Problem] = []
    trees = [(path, tree) for path in annotation_files(folder) if (tree := _parse(path, problems)) is not None]
    labels = sorted({_text(thing, "name") for _, tree in trees for thing in tree.iter("object")} - {""})
    places = {label: place for place, label in enumerate(labels)}
    splits = _given_splits(folder)
    raw = tuple(_sample(folder, path, tree, places, splits, problems) for path, tree in trees)
    return Found(folder, raw, tuple(labels), tuple(problems))


def _parse(path: Path, problems: list[Problem]) -> ElementTree.Element | None:
    """The root of a file, or None with a problem."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
        if len(content) > _MAX_BYTES or "<!" in text.replace("<!--", ""):
            problems.append(Problem(path, "", "declares a DOCTYPE or is huge", "save it again without"))
            return None
        tree = ElementTree.fromstring(text)  # noqa: S314 - see above
    except (OSError, ValueError, ElementTree.ParseError) as error:
        problems.append(Problem(path, "", f"not XML ({error})", "export it again"))
        return None
    if tree.tag != "annotation":
        problems.append(Problem(path, "", f"is <{tree.tag}>, not <annotation>", "remove it or export it again"))
        return None
    return tree


def _sample(
    folder: Path,
    path: Path,
    tree: ElementTree.Element,
    places: dict[str, int],
    splits: dict[str, str],
    problems: list[Problem],
) -> RawSample:
    boxes = []
    for index, thing in enumerate(tree.iter("object")):
        place = f"object {index + 1}"
        sides = _sides(thing)
        if sides is None:
            problems.append(Problem(path, place, "no bndbox of four numbers", "label it again or delete it"))
        elif not _text(thing, "name"):
            problems.append(Problem(path, place, "has no name", "give it a class or delete it"))
        else:
            boxes.append(RawBox(sides, places[_text(thing, "name")], path, place))
    picture = _picture(folder, path, _text(tree, "filename"))
    return RawSample(picture, tuple(boxes), said_size=_size(tree), given_split=splits.get(path.stem, ""))


def _sides(thing: ElementTree.Element) -> tuple[float, float, float, float] | None:
    """The bounds as edges between pixels, as the tools of today write them."""
    box = thing.find("bndbox")
    if box is None:
        return None
    try:
        left, top, right, bottom = (float(_text(box, name)) for name in ("xmin", "ymin", "xmax", "ymax"))
    except ValueError:
        return None
    return (left, top, right, bottom)


def _size(tree: ElementTree.Element) -> tuple[int, int] | None:
    size = tree.find("size")
    if size is None:
        return None
    width, height = _text(size, "width"), _text(size, "height")
    # Tools that never opened the picture write zeros.
    return (int(width), int(height)) if width.isdigit() and height.isdigit() and int(width) and int(height) else None


def _picture(folder: Path, path: Path, name: str) -> Path:
    """The picture of an XML file: by the name inside it, else by its own, in the usual folders."""
    name = Path(name.replace("\\", "/")).name
    names = ([name] if name else []) + [f"{path.stem}{suffix}" for suffix in sorted(SUFFIXES)]
    below = path.parent.relative_to(folder)
    sibling = folder.joinpath(*("JPEGImages" if part == "Annotations" else part for part in below.parts))
    folders = [path.parent, sibling, folder / "JPEGImages", folder / "images", path.parent.parent / "images", folder]
    tried = [place / candidate for candidate in names for place in folders]
    return next((picture for picture in tried if picture.is_file()), folders[2] / names[0])


def _given_splits(folder: Path) -> dict[str, str]:
    """The split of each stem, from ImageSets/Main/{train,val,test}.txt where they are."""
    found = {}
    for split in ("train", "val", "test"):
        listing = folder / "ImageSets" / "Main" / f"{split}.txt"
        if listing.is_file():
            found.update({line.split()[0]: split for line in listing.read_text().splitlines() if line.strip()})
    return found


def _text(element: ElementTree.Element, name: str) -> str:
    return (element.findtext(name) or "").strip()
