"""What is accumulated per cell, per step and per beam, and how two time windows merge."""
