"""The desktop package: from pictures to a full int8 detector with its card. Nothing here runs on the device."""
