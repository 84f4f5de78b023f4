"""Propagation models: losses of the Earth-space path, one module per Recommendation or report."""
