"""H.264 as a stream of bytes with start codes: what a packet holds. Pure; decodes nothing."""

_PARAMETER_SET = 7
"""nal_unit_type of a sequence parameter set, ITU-T H.264 table 7-1."""

_PICTURE_SET = 8
"""nal_unit_type of a picture parameter set."""


def parameter_sets(data: bytes) -> list[bytes]:
    """The parameter sets that stand before the first picture of a packet, in order, without start codes."""
    found: list[bytes] = []
    place = data.find(b"\0\0\1")
    while 0 <= place < len(data) - 3:
        kind, following = data[place + 3] & 0x1F, data.find(b"\0\0\1", place + 3)
        if kind in {1, 5}:  # a picture
            break
        if kind in {_PARAMETER_SET, _PICTURE_SET}:
            # Zeros before the next start code belong to it, or fill up.
            found.append(data[place + 3 : following if following >= 0 else len(data)].rstrip(b"\0"))
        place = following
    return found


def has_parameter_sets(data: bytes) -> bool:
    """Whether a packet brings what a decoder must know before its picture."""
    place = data.find(b"\0\0\1")
    while 0 <= place < len(data) - 3:
        if data[place + 3] & 0x1F == _PARAMETER_SET:
            return True
        if data[place + 3] & 0x1F in {1, 5}:  # a picture: parameter sets would stand before it
            return False
        place = data.find(b"\0\0\1", place + 3)
    return False


def with_parameter_sets(data: bytes, sets: bytes) -> bytes:
    """A keyframe that a decoder can begin with; ``sets`` come with start codes, or not at all."""
    if has_parameter_sets(data) or not sets.startswith((b"\0\0\1", b"\0\0\0\1")):
        return data
    return sets + data
