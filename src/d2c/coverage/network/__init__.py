"""A network of hopping beams: association, levels and services, footprints, and the columns that follow."""
