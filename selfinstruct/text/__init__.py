"""Text on its way in and out: encodings, templates, archives, what is secret, what a terminal is shown."""
