"""The exit code of an answer that is a no: a failed check, a difference, a target that nothing meets."""

NOT_MET = 3
