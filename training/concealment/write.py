"""Writes fitted classifiers as the module of the device that ships them. Fits nothing."""

from device.core.concealment.signs import BAG_SIGNS, HAND_SIGNS
from device.core.concealment.weigh import Classifier, Classifiers

_DIGITS = 5


def as_module(classifiers: Classifiers, note: str) -> str:
    """The text of ``device/core/concealment/fitted.py``.

    Args:
        classifiers: what was fitted.
        note: one line on what it was fitted to.
    """
    pocket, bag = classifiers.pocket, classifiers.bag
    return (
        '"""The coefficients that ship, as `shopwarden-train fit-concealment` wrote them. Decides nothing.\n\n'
        f"{note}\n"
        "They hold no picture and no person: how far wrists are from hips, and how surely a bag is at a hand.\n"
        '"""\n\n'
        "from device.core.concealment.weigh import Classifier, Classifiers\n\n"
        "FITTED = Classifiers(\n"
        f"    # {', '.join(HAND_SIGNS)}\n"
        f"{_classifier('pocket', pocket)}"
        f"    # {', '.join(BAG_SIGNS)}\n"
        f"{_classifier('bag', bag)}"
        ")\n"
    )


def _classifier(name: str, classifier: Classifier) -> str:
    rows = ("mean", "spread", "weights")
    lines = [f"        {row}=({', '.join(_number(v) for v in getattr(classifier, row))}),\n" for row in rows]
    return f"    {name}=Classifier(\n{''.join(lines)}        bias={_number(classifier.bias)},\n    ),\n"


def _number(value: float) -> str:
    return repr(round(value, _DIGITS))
