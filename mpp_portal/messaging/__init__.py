"""Messages in the admin: what left and what did not, the texts, what it costs."""
