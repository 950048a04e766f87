"""The first run: from an empty installation to a mall that gives numbers, in the browser."""
