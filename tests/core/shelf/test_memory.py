import cv2
import numpy as np

from device.core.shelf.light import expect
from device.core.shelf.memory import Look, Memory
from device.core.shelf.settings import ShelfSettings
from device.core.shelf.view import Cells

SHAPE = (48, 64)


def swung(cells: Cells, x: float, y: float) -> Cells:
    """The same from a camera that moved."""
    move = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
    return np.asarray(cv2.warpAffine(cells, move, SHAPE[::-1], borderMode=cv2.BORDER_REPLICATE), dtype=np.float32)


def drawn_goods(brightest: int = 160) -> Cells:
    """Something with structure everywhere."""
    rough = np.random.default_rng(3).normal(128, 90, (*SHAPE, 3)).astype(np.float32)
    return np.clip(cv2.GaussianBlur(rough, (0, 0), 1.5), 20, brightest).astype(np.float32)


def error_behind_somebody(goods: Cells, lit: Cells) -> float:
    """How far off, in grey levels, what is expected is where somebody stood for a minute before a shaking camera.

    ``goods`` is the first picture, ``lit`` the same in the light of all others.
    """
    memory, swings = Memory(goods, 0.0, ShelfSettings()), np.random.default_rng(5)
    hidden = np.zeros(SHAPE, dtype=np.bool_)
    hidden[8:40, 24:48] = True
    somebody = lit.copy()
    somebody[hidden] = 90.0
    for step in range(1, 241):
        memory.look(swung(somebody, *swings.uniform(-0.9, 0.9, 2)), 0.25 * step, hidden, hidden)
    look = memory.look(lit, 60.25)
    assert look is not None
    return float(np.abs(look.expected - lit)[hidden].mean())


def test_what_is_hidden_before_a_shaking_camera_stays_sharp() -> None:
    """However often the camera swings while somebody stands there, the goods behind are remembered as they are."""
    goods = drawn_goods(230)
    assert error_behind_somebody(goods, goods) < 3.0


def test_what_is_hidden_in_another_light_before_a_shaking_camera_does_not_pale() -> None:
    """The light is learned once, of what is seen and of what is hidden alike, not again at each look."""
    goods = drawn_goods(230)
    dim = ((goods - 128.0) * 0.6 + 118.0).astype(np.float32)
    assert error_behind_somebody(goods, dim) < 3.0


def test_a_camera_that_was_nudged_hangs_there() -> None:
    """Seen aside for long, it is expected there: no stripes grow, and the fit has no swing left to find."""
    goods, noise = drawn_goods(), np.random.default_rng(7)
    memory, nudged = Memory(goods, 0.0, ShelfSettings()), swung(goods, 0.3, 1.2)
    for step in range(1, 361):
        memory.look(nudged + noise.normal(0.0, 1.0, nudged.shape).astype(np.float32), 0.25 * step)
    look = memory.look(nudged, 90.25)
    assert look is not None
    assert float(np.abs(look.expected - nudged)[4:-4, 4:-4].mean()) < 1.5
    found = expect(memory._reference, nudged, np.ones(SHAPE, dtype=np.bool_))
    assert found is not None
    assert float(np.abs(found.swing).max()) < 0.25


def test_a_rim_that_swings_in_what_is_expected_does_not_move() -> None:
    """Where a thing has gone, the camera that shakes moves what is expected there, not what is seen."""
    floor = (128.0 + 0.3 * (drawn_goods() - 90.0)).astype(np.float32)
    stood = floor.copy()
    stood[20:28, 36:44] = (30.0, 90.0, 160.0)
    memory = Memory(stood, 0.0, ShelfSettings())
    for step in range(1, 41):
        look = memory.look(swung(floor, 0.22 * (step // 3 % 2), 0.0), 0.25 * step)
    assert look is not None
    assert look.changed[21:27, 37:43].all()
    assert float(look.still_s[19:29, 35:45].min()) > 5.0


def test_what_has_just_come_does_not_last() -> None:
    """Of somebody who walks by, cells that pass for other light do not move; they have not differed for long."""
    picture, mask = np.zeros((1, 4, 3), dtype=np.float32), np.ones((1, 4), dtype=np.bool_)
    still_s, since = np.array([[300.0, 300.0, 2.0, 300.0]]), np.array([[239.0, 299.75, 200.0, np.inf]])
    look = Look(300.0, picture, picture, mask, mask, still_s, since)
    assert look.lasts(60.0).tolist() == [[True, False, False, False]]


def test_of_what_nearly_has_the_colour_of_the_boards_few_cells_move() -> None:
    """Where three cells of ten moved, that is when it was touched; a cell or two are noise."""
    picture, mask = np.zeros((1, 10, 3), dtype=np.float32), np.ones((1, 10), dtype=np.bool_)
    since = np.full((1, 10), 297.0)
    for moving, moved in ((4, 298.0), (1, 0.0)):
        still_s = np.full((1, 10), 300.0)
        still_s[0, :moving] = 2.0
        assert Look(300.0, picture, picture, mask, mask, still_s, since).moved(mask) == moved
