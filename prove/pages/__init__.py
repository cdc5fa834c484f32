"""Every page, looked at in every way: widths, schemes, forced colours, large letters, letter spacing, the keyboard."""
