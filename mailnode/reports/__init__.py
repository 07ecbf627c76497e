"""What others report about our domains: taken in, read, kept for a time, and shown."""
