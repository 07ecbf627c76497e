"""The command line: one module for each noun.

``parser`` knows every command and imports nothing of the mail system, so that help and wrong usage
are answered at once; ``main`` then imports the one module that the command needs. Exit status: 0
done, 1 refused or failed (one sentence on standard error), 2 wrong usage.
"""
