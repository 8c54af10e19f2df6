"""Pure decisions: values and functions of values. No I/O, clock, thread or log; time is an argument."""
