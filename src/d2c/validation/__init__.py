"""Every figure of a document that d2c can be held to, and the check that holds it."""
