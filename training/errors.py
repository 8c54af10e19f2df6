"""The errors of the training tools, beside those of the device. Does not decide exit statuses.

::

    ShopwardenError
    |-- UsageError             device.errors: the call is wrong (exit status 2)
    |   |-- DataError          pictures or labels that cannot be used
    |   `-- RecipeError        a recipe that cannot be used
    `-- TrainingError          it failed while running (exit status 1)
        |-- FetchError         a base network could not be fetched or is not the expected one
        `-- ExportError        the int8 model breaks a promise: a float op, lost accuracy
"""

from device.errors import ShopwardenError, UsageError


class DataError(UsageError):
    """Pictures or labels cannot be used; the message names the file."""


class RecipeError(UsageError):
    """A recipe is wrong; the message names the file and the key."""


class TrainingError(ShopwardenError):
    """It failed while running."""


class FetchError(TrainingError):
    """A base network could not be fetched, or is not the expected one."""


class ExportError(TrainingError):
    """The exported model breaks a promise."""
