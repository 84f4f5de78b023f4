"""How tables, calendars and colours are written."""
