"""The composition root: what is built of the parts, in which processes, and how it starts and ends.

``installation`` makes the data folder, schema and certificate; ``supervisor`` starts the processes and
restarts what dies; ``worker`` and ``doors`` are what runs inside them.
"""
