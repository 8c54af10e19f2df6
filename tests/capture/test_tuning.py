import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.capture.tuning import limited_tuning
from tests.capture.picamera_stand_in import TUNING

OLD = {"rpi.agc": {"exposure_modes": {"short": {"shutter": [100, 5000], "gain": [1.0, 6.0]}}}, "version": 1.0}
CHANNELS = {
    "algorithms": [
        {"rpi.alsc": {"n_iter": 100}},
        {"rpi.agc": {"channels": [{"exposure_modes": {"long": {"shutter": [100, 9000], "gain": [1.0, 16.0]}}}]}},
    ]
}


def mode(tuning: dict[str, Any], name: str) -> dict[str, Any]:
    """An exposure mode, wherever the layout keeps it."""
    agc = tuning["rpi.agc"] if "rpi.agc" in tuning else tuning["algorithms"][-1]["rpi.agc"]
    modes = agc["channels"][0] if "channels" in agc else agc
    found: dict[str, Any] = modes["exposure_modes"][name]
    return found


def test_exposure_and_gain_end_at_their_limits() -> None:
    """The steps below stay as they are; the file that was read is not changed."""
    before = copy.deepcopy(TUNING)
    limited = limited_tuning(TUNING, 0.02, 6.0)
    assert mode(limited, "normal") == {"shutter": [100, 10000, 20000, 20000], "gain": [1.0, 2.0, 4.0, 6.0]}
    assert before == TUNING


@pytest.mark.parametrize(("tuning", "name"), [(OLD, "short"), (CHANNELS, "long"), (TUNING, "normal")])
def test_every_layout_of_the_file_is_understood(tuning: dict[str, Any], name: str) -> None:
    """Bookworm's first one, the algorithms' list, and the channels of a Pi 5."""
    limited = limited_tuning(tuning, 0.001, None)
    assert max(mode(limited, name)["shutter"]) == 1000
    assert mode(limited, name)["gain"] == mode(tuning, name)["gain"]


@given(st.floats(1e-4, 1.0), st.floats(1.0, 64.0))
def test_no_step_is_over_a_limit_nor_changed_below_it(exposure_s: float, gain: float) -> None:
    """For every limit; and limiting twice is limiting once."""
    limited = limited_tuning(TUNING, exposure_s, gain)
    for name, most in (("shutter", exposure_s * 1e6), ("gain", gain)):
        steps, before = mode(limited, "normal")[name], mode(TUNING, "normal")[name]
        assert steps == [min(step, most) for step in before]
    assert limited_tuning(limited, exposure_s, gain) == limited


@pytest.mark.parametrize("tuning", [{}, {"algorithms": [{"rpi.agc": {"exposure_modes": {}}}]}])
def test_a_tuning_without_exposure_modes_is_refused(tuning: dict[str, Any]) -> None:
    """A limit that would not hold is worse than none."""
    with pytest.raises(ValueError, match="no exposure modes"):
        limited_tuning(tuning, 0.01, None)


def test_falling_steps_are_refused() -> None:
    """Libcamera would refuse them too, but without a word that a person sees."""
    with pytest.raises(ValueError, match="that fall"):
        limited_tuning({"m": {"shutter": [200, 100], "gain": [1.0, 2.0]}}, 1.0, None)
