"""The device pages: a person enters the code that a device shows, sees who asks for what, and decides
(RFC 8628 §3.3, §5.4; rulings X).

Entering a code claims it: nobody else can decide afterwards. A code that came in a link is never enough by itself.
"""
