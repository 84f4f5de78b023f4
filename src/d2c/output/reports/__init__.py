"""Reports as terminal text, JSON, CSV, Markdown and HTML."""
