"""What the watch over a shelf says of its findings, for a person to read. Decides nothing."""

from device.core.geometry import Box
from device.core.shelf.change import Verdict
from device.core.shelf.contact import Contact

VERB: dict[Verdict, str] = {"taken": "an item left:", "returned": "an item came:"}


def told(box: Box) -> str:
    """Where a place is, fractions of the picture."""
    return f"({box[0]:.2f}, {box[1]:.2f})-({box[2]:.2f}, {box[3]:.2f})"


def place_told(box: Box, slot: int | None, since: float, clear: float) -> str:
    """What was covered from when to when, s."""
    return (
        f"place {told(box)}{'' if slot is None else f', slot {slot}'} covered at {since:.1f} s, clear at {clear:.1f} s"
    )


def facts_told(facts: dict[str, float]) -> str:
    """How much more there was before than there is now, by what is looked at."""
    return ", ".join(f"{name} {value:+.2f}" for name, value in facts.items())


def who_told(contact: Contact | None) -> str:
    """Whose hand it may have been."""
    if contact is None:
        return "nobody whose hand could reach it was seen: an arm alone"
    return f"person {contact.track} could reach it in {contact.frac:.0%} of that time"
