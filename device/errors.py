"""Every error that Shopwarden raises on purpose; vendors' exceptions are translated to these at the border.

::

    ShopwardenError            one line: what, where, what to do
    |-- UsageError             the call or the configuration is wrong (exit status 2)
    |   `-- ConfigError        the configuration file
    |-- CameraError            a source of pictures
    |   `-- EndOfStream        the recording is over; not a fault
    |-- ModelError             a model file or its card
    |-- StoreError             the state directory or the database in it
    `-- SinkError              whoever is told
        |-- TransientSinkError try again later
        `-- FatalSinkError     trying again will not help: a refused password
"""


class ShopwardenError(Exception):
    """Something that a person can act on; the message says what, where and what to do, in one line."""


class UsageError(ShopwardenError):
    """The call is wrong."""


class ConfigError(UsageError):
    """The configuration is wrong; the message names file, line and key."""


class CameraError(ShopwardenError):
    """A source cannot be opened or has failed."""


class EndOfStream(CameraError):  # noqa: N818 - an end is no error
    """The recording is over."""


class ModelError(ShopwardenError):
    """A model file is damaged, is no TFLite file, or does not match its card."""


class StoreError(ShopwardenError):
    """The state directory or its database cannot be read or written."""


class SinkError(ShopwardenError):
    """A sink could not be told."""


class TransientSinkError(SinkError):
    """It may work later."""


class FatalSinkError(SinkError):
    """It will not work until somebody changes something."""
