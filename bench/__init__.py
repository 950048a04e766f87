"""The portal's figures beside floors measured in the same run: `python -m bench`."""
