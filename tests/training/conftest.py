"""What tests of the training tools share; without the training environment they are passed over."""

from pathlib import Path

import pytest

from tests.training.sets import write_set


@pytest.fixture
def coco_folder(tmp_path: Path) -> Path:
    """A folder with ``instances.json`` and ``images/``: two pictures, three boxes, two categories."""
    write_set(tmp_path)
    return tmp_path
