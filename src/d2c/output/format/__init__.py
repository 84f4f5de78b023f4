"""Text tables, iCalendar files and the satellite palette."""
