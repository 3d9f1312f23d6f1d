"""Makes, of the variable typefaces in `core/ui/fonts`, the static ones that the chapbook's PDF is set in.

The typesetter reads neither WOFF2 nor a weight along an axis. By hand, where those change: `pip install fonttools
brotli` and `python tests/make_faces.py`. Their licence asks for no other name and lies beside them.
"""

from pathlib import Path

FOLDER = Path(__file__).parent.parent / "core" / "ui" / "fonts"
# file: (of which, weight, family, style)
FACES = {
    "literata-regular": ("literata", 400, "Literata", "Regular"),
    "literata-italic": ("literata-italic", 400, "Literata", "Italic"),
    "literata-display": ("literata-display", 500, "Literata Display", "Medium"),
    "figtree-regular": ("figtree", 400, "Figtree", "Regular"),
    "figtree-semibold": ("figtree", 600, "Figtree", "SemiBold"),
}


def make(name: str) -> None:
    """Writes one static typeface as TrueType, with the names that a typesetter knows it by."""
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    source, weight, family, style = FACES[name]
    face = instantiateVariableFont(TTFont(FOLDER / f"{source}.woff2"), {"wght": weight})
    face.flavor = None
    face["OS/2"].usWeightClass = weight
    told = {1: family, 2: style, 4: f"{family} {style}", 6: f"{family}-{style}".replace(" ", ""), 16: family, 17: style}
    for number in (3, 21, 22, 25):
        face["name"].removeNames(nameID=number)
    for number, text in told.items():
        face["name"].setName(text, number, 3, 1, 0x409)
    (FOLDER / "static").mkdir(exist_ok=True)
    face.save(FOLDER / "static" / f"{name}.ttf")


if __name__ == "__main__":
    for one in FACES:
        make(one)
