"""Studies over results and scenarios: comparison, disaster, size, sensitivity, trade-off and verification."""
