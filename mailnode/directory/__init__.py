"""Who lives here: domains, users, aliases, passwords and logging in.

``models`` are the tables, ``lookup`` answers questions on the path of every message, ``edit`` makes
changes and holds all rules about them, ``login`` lets people in.
"""
