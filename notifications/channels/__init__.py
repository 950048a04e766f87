"""Ways to reach a person. Each module here is one; base.py says what a way must do."""
