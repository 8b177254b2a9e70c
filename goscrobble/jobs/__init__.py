"""Background work: `runner` does what is due, `schedule` says what recurs, `handlers` say how each kind is done."""
