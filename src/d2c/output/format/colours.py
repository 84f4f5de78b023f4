"""Palette that distinguishes satellites on maps and pages."""

# From Paul Tol's notes on colour schemes (2021): "muted", and the colours of "vibrant" and "light" unlike it.
SATELLITE_COLOURS = (
    *("#332288", "#ee7733", "#44aa99", "#cc6677", "#88ccee", "#aa4499"),
    *("#117733", "#ddcc77", "#882255", "#0077bb", "#999933", "#ee3377"),
    *("#bbbbbb", "#cc3311", "#ffaabb"),
)
