"""Questions that take several scenarios or results: explanation, comparison, sensitivity, sizing, disaster."""
