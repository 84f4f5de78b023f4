"""Studies over several runs: explanation, cross-check, comparison, sensitivity, trade-off, sizing, disaster."""
