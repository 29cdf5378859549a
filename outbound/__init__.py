"""Requests that an operator can aim: one guarded client for all of them.

Whoever may enter a URL can make this process call whatever it reaches: a cloud's metadata, its own
loopback, a database without a password. So scheme, name and address are checked here, the address
when it is connected to, and nothing of an answer gets into an error.
"""
