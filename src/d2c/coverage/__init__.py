"""Many satellites, many cells, one day: windows, kernels and statistics."""
