"""Number formats, UTC time formats and text files of results."""
