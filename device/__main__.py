"""``python -m device`` is the command ``shopwarden``."""

import sys

from device.cli import main

sys.exit(main())
