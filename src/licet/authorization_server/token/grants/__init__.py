"""The grant types, one file each. ``app.py`` wires them; metadata reads them off."""
