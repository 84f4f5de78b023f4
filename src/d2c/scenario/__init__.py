"""What the user asks for: scenarios and the library of systems."""
