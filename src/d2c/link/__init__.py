"""Link budget of one satellite and one handset: geometry, antennas, G/T, losses, PFD, C/N, margins and bit rates."""
