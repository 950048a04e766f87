"""A bare Django project that writes the same rows: what the portal's POST is measured against."""
