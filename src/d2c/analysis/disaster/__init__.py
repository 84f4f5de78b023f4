"""Message delivery after a disaster over a loaded network, and its sensitivity to assumed parameters."""
