"""How long until everybody in an area has sent a message."""
