"""Reads a JSON object field by field, with errors that name the place. Does not know what it is about."""

from typing import Any


class Fields:
    """One JSON object, read field by field with errors that name the place."""

    def __init__(self, raw: Any, place: str) -> None:
        if not isinstance(raw, dict):
            raise ValueError(f"{place} is not a JSON object")
        self.raw: dict[str, Any] = raw
        self._place = place

    def child(self, key: str) -> "Fields":
        """The object under a key."""
        return Fields(self.get(key), f"{self._place}.{key}")

    def optional(self, key: str) -> dict[str, Any]:
        """The same, empty where there is none."""
        return Fields(self.raw.get(key, {}), f"{self._place}.{key}").raw

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self.get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, "a text")
        return value

    def texts(self, key: str, most: int) -> tuple[str, ...]:
        """Different texts."""
        value = self.get(key)
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self._wrong(key, "a list of texts")
        if not 1 <= len(value) <= most or len(set(value)) != len(value):
            raise self._wrong(key, f"a list of 1 to {most} different texts")
        return tuple(value)

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        """One of some texts."""
        value = self.text(key)
        if value not in choices:
            raise self._wrong(key, " or ".join(choices))
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        """A whole number of a range."""
        value = self.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self._wrong(key, f"a whole number from {low} to {high}")
        return value

    def number(self, key: str, low: float, high: float) -> float:
        """A number of a range."""
        value = self.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self._wrong(key, f"a number from {low:g} to {high:g}")
        return float(value)

    def numbers(self, key: str, count: int | None, low: float, high: float) -> list[float]:
        """Numbers of a range, so many of them or any."""
        value = self.get(key)
        if not isinstance(value, list) or not value or (count is not None and len(value) != count):
            raise self._wrong(key, f"a list of {count or 'some'} numbers")
        items = Fields({str(index): item for index, item in enumerate(value)}, f"{self._place}.{key}")
        return [items.number(str(index), low, high) for index in range(len(value))]

    def get(self, key: str) -> Any:
        """What is under a key."""
        if key not in self.raw:
            raise ValueError(f"{self._place}.{key} is missing")
        return self.raw[key]

    def _wrong(self, key: str, expected: str) -> ValueError:
        return ValueError(f"{self._place}.{key} is not {expected}: {str(self.raw[key])[:60]}")
