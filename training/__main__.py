"""``python -m training``, the same as ``shopwarden-train``. Holds nothing else."""

import sys

from training.cli import main

sys.exit(main())
