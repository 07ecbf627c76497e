"""The user's own filter: learns from what users put into Junk and take out of it, and judges their new mail.

`tokens` says what a message is known by, `model` counts and weighs it, `lessons` finds in the change journal what was
taught, `teaching` keeps a model for each user, `judging` asks it at delivery.
"""
